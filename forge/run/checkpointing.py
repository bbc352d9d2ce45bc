"""What the body of a run saves, and what it goes on from."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from forge.errors import ForgeError
from forge.run.exactness import Level
from forge.run.objects import Unchanged, replaced, slots_of, stateful
from forge.run.scalars import measured
from forge.run.state import State


# Like the run itself, imported by every command of a script.
if TYPE_CHECKING:
    from pathlib import Path

    from forge.checkpoints.difference import Difference
    from forge.checkpoints.manager import Checkpoints
    from forge.configuration.values import Config
    from forge.observers.base import Saved


_OVER: Final = (
    "checkpoint(): the run is over, and saves nothing any more.\n"
    "  Call it before the experiment returns; what has to be saved whatever happens, "
    "in a\n  `finally`, or in a function with `.after` of the experiment."
)


_UNNAMED: Final = (
    "checkpoint(): step {} is saved already, and nothing has named another one since.\n"
    "  Count with  _run.track(data)  or  _run.log(..., step=step)  or say it:  "
    "_run.checkpoint(step=step)"
)


def _ignore() -> None:
    """Take no notice."""


class Built(Protocol):
    """The objects of a run, as far as they are built."""

    #: Objects by the path of their slot.
    built: dict[str, Any]


class Checkpointing:
    """The checkpoints of one run as its body sees them.

    Args:
        opened: Opens the checkpoints; None when nothing is recorded.
        config: The config of the run.
        objects: The built components.
        resumed: The checkpoint the run goes on from; None on a fresh run.
        again: Whether a resumed run begins again, as none of its checkpoints is whole.
        state: What is saved beside the objects.
    """

    def __init__(
        self,
        opened: "Callable[[], Checkpoints] | None",
        *,
        config: "Config",
        objects: Built | None = None,
        resumed: int | None = None,
        again: bool = False,
        state: State | None = None,
    ) -> None:
        self._opened = opened
        self._config = config
        self._objects = objects
        #: What is saved beside the objects.
        self.state = state or State()
        #: The checkpoint the run goes on from; None on a fresh run.
        self.resumed = resumed
        #: Whether the body has yet to restore what it is to go on from.
        self.unrestored = resumed is not None
        self._again = again
        #: Called by another thread when there is something that `check` raises.
        self.on_failure: Callable[[], None] = _ignore
        #: Called when the body has returned, before its end is saved.
        self.at_end: Callable[[], None] = _ignore
        self._over = False
        #: What has saved in the background.
        self._background: Checkpoints | None = None
        #: What the user should know of the last restore.
        self.notes: tuple[str, ...] = ()
        self._names: dict[str, Any] = {}
        self._unchanged = Unchanged()
        self._saved: int | None = None

    def chosen(self, objects: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what a checkpoint is made of.

        Args:
            objects: What the caller names; from then on it is what is saved.

        Returns:
            These, else those named before, else every built component with state.

        Raises:
            ForgeError: `nothing-to-save` in a recorded run, `run-over` in one that is
                over.
        """
        if self._over and self._opened is not None:
            raise ForgeError("run-over", _OVER)
        if objects:
            self._keep(objects)
        chosen = self._last_chosen()
        if not chosen and self._opened is not None:
            raise ForgeError(
                "nothing-to-save",
                "checkpoint(): there is nothing with state to save. Name the objects:  "
                "_run.checkpoint(model=model)",
            )
        return chosen

    def save(
        self,
        step: int | None,
        objects: Mapping[str, Any],
        *,
        metrics: Mapping[str, Any] | None,
        reached: int,
        tracked: int,
        background: bool,
        pinned: bool = False,
        again: bool = False,
        send: "Callable[[Saved], None]",
    ) -> "Path | None":
        """Save objects, all together or none.

        Args:
            step: The step; None for the last one of the run.
            objects: What to save, by name.
            metrics: Metrics to judge the checkpoint by.
            reached: The last step of the run.
            tracked: The last step that was tracked.
            background: Whether to copy them, and let another thread write.
            pinned: Whether to keep it whatever the rules say.
            again: Whether it takes the place of the checkpoint of that step.
            send: Takes the event of a new checkpoint, once it is complete.

        Returns:
            The checkpoint's folder; None when nothing is recorded.

        Raises:
            ForgeError: The step is saved already, an object cannot be saved, a metric
                is no number, or the disk is full; earlier checkpoints are intact.
        """
        judged = measured(metrics)
        if self._opened is None:
            return None
        checkpoints = self._opened()
        unnamed, step = step is None, reached if step is None else step
        if self._again:
            # Not before: somebody may still mend what is there.
            checkpoints.abandon_after(-1)
            self._again = False
        position = self.state.reached_at(None if unnamed else step, tracked)
        if step == self.resumed == self._saved == reached and not again:
            return checkpoints.folder_of(step)  # of a run that had finished
        if unnamed and step == self._saved:
            raise ForgeError("checkpoint-exists", _UNNAMED.format(step), step=step)

        def saved(folder: "Path") -> None:
            from forge.observers import base  # noqa: PLC0415

            send(base.Saved(step, folder, judged))

        if background:
            checkpoints.on_failure = self.on_failure
            self._background = checkpoints
        folder = checkpoints.save(
            step,
            objects,
            metrics=judged,
            slots=slots_of(objects, self._built),
            state=self.state.saved(position),
            background=background,
            pinned=pinned,
            again=again,
            saved=saved,
        )
        self._saved, self.state.reached = step, position
        self._unchanged.see(objects)
        return folder

    def check(self) -> None:
        """Raise what has failed in the background.

        Raises:
            ForgeError: `checkpoint-failed`.
        """
        if self._background is not None and self._opened is not None:
            try:
                self._opened().check()
            except BaseException:
                self._saved = None
                raise

    def settle(self, error: BaseException | None = None) -> None:
        """Wait until everything is saved that was to be saved in the background.

        Args:
            error: What the body raised; what failed is noted there then.

        Raises:
            ForgeError: `checkpoint-failed`, if the body raised nothing.
        """
        if self._background is None or self._opened is None:
            return
        try:
            self._opened().wait()
        except Exception as failure:
            self._saved = None
            if error is None:
                raise
            error.add_note(f"forge: {failure}")

    def restore(
        self,
        objects: Mapping[str, Any],
        *,
        partial: bool,
        tell: "Callable[[Level, str], None]",
    ) -> int:
        """Put the checkpoint back that the run goes on from.

        Args:
            objects: What to restore, by name; it is what is saved from now on.
            partial: Whether to restore what fits, and leave the rest as it is.
            tell: Takes how exactly the run goes on, and why it is not exact.

        Returns:
            Its step, and where a part may be left out what was restored; 0 on a
            fresh run.

        Raises:
            ForgeError: The checkpoint does not fit, and nothing is changed.
        """
        if self._opened is None or self.resumed is None:
            self.name(objects)
            return _told(0, {}, partial=partial)
        self._keep(objects)
        checkpoints = self._opened()
        found = checkpoints.restored(
            objects, step=self.resumed, partial=partial, in_place=True
        )
        self.unrestored = False
        self._saved = found.step
        self._unchanged.see(objects)
        self.notes = found.notes
        self.state.restored(found, [*objects.values()], tell)
        return _told(found.step, found.differences, partial=partial)

    def name(self, objects: Mapping[str, Any]) -> None:
        """Tell what is saved from now on, as the code that made it left it.

        Args:
            objects: What to save, by name.

        Raises:
            ForgeError: An object could never be restored: not only when it is due.
        """
        self._keep(objects)
        if self._opened is not None:
            self._opened().check_objects(objects)

    @property
    def numbers_itself(self) -> bool:
        """Whether the body numbers what it saves by another count than its steps."""
        return self.state.reached.numbers_itself

    @property
    def last_kept(self) -> int:
        """The last step of the metrics that still counts on a resumed run."""
        from forge.records.generations import NOTHING  # noqa: PLC0415

        if self._opened is None or self.resumed is None:
            return NOTHING
        from forge.checkpoints.tree import read_tree  # noqa: PLC0415
        from forge.checkpoints.writing import STATE  # noqa: PLC0415

        folder = self._opened().folder_of(self.resumed) / STATE
        if not folder.exists():  # of 2018
            return self.resumed
        return self.state.last_kept(self.resumed, read_tree(folder)["state"])

    def peek(self, name: str) -> Any:
        """Read one entry of the checkpoint that the run goes on from.

        Args:
            name: Its name; it holds numbers, text or containers.

        Returns:
            What was saved; None on a fresh run, or where there is no such entry.
        """
        if self._opened is None or self.resumed is None:
            return None
        from forge.checkpoints.tree import read_tree  # noqa: PLC0415

        checkpoints = self._opened()
        entry = checkpoints.manifest(self.resumed).objects.get(name)
        if entry is None or entry.adapter != "plain":
            return None
        return read_tree(checkpoints.folder_of(self.resumed) / name)

    def is_due(self, reached: int, *, interrupted: bool) -> bool:
        """Tell whether the end of the body is to be saved.

        Args:
            reached: The last step of the run.
            interrupted: Whether the body did not return. One that has not restored
                yet what it was to go on from has nothing to save.

        Returns:
            Whether there is something that is not saved.
        """
        if self._opened is None or self._saved == reached or self.numbers_itself:
            return False
        if interrupted and self.unrestored:
            return False
        return bool(self._last_chosen())

    def built(self) -> None:
        """Note what was built, which training may never change."""
        if not self._over:
            self._unchanged.see(self._built)

    @property
    def outdated(self) -> str:
        """Why the end is not to be saved; empty where objects can be what they are."""
        names = replaced(self._names)
        if names:
            return (
                f"what was saved as {', '.join(names)} cannot change, so training has "
                f"replaced it; save a dict that you keep up to date instead"
            )
        names = self._unchanged.among(self._last_chosen())
        if not names:
            return ""
        return (
            f"{', '.join(names)} still holds the arrays of JAX that it held when it "
            f"was built, named or saved last; where training has made others, name "
            f"those in a last _run.checkpoint, or keep the dict up to date"
        )

    def let_go(self) -> None:
        """Save nothing any more, and hold nothing that was saved or could be."""
        self._over = True
        self._objects, self._names = None, {}
        self._unchanged.let_go()
        self.on_failure = self.at_end = _ignore
        if self._background is not None:
            self._background.on_failure = _ignore
        self.state.place.let_go()

    def set_aside(self) -> str:
        """Set aside what a body does not go on from that begins anew.

        Returns:
            What is to be said of it.
        """
        if self._opened is not None:
            self._opened().abandon_after(-1)
        step, self.resumed, self.unrestored = self.resumed, None, False
        return (
            f"the run was resumed from step {step}, but its body never called "
            f"_run.restore, so it began again; the earlier checkpoints are set aside"
        )

    def _keep(self, objects: Mapping[str, Any]) -> None:
        """Remember what is saved from now on, if anything will be."""
        if not self._over:
            self._names = dict(objects)
            if objects:
                self._unchanged.see(objects)

    def _last_chosen(self) -> dict[str, Any]:
        """What was named last, else every built component with state."""
        return self._names or stateful(self._built, self._config)

    @property
    def _built(self) -> dict[str, Any]:
        """The objects that are built so far."""
        return self._objects.built if self._objects else {}


def _told(step: int, differences: "Mapping[str, Difference]", *, partial: bool) -> int:
    """Return a step, and with it what was restored if that may be a part."""
    if not partial:
        return step
    from forge.checkpoints.restoring import RestoredStep  # noqa: PLC0415

    return RestoredStep(step, differences)
