"""The run that experiments receive as `_run`."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from forge.records.status import Status
from forge.run.checkpointing import Checkpointing
from forge.run.exactness import NO_DATA
from forge.run.scalars import RESERVED, Unfetched, are_plain, merged, plain, whole
from forge.run.stopping import Stopping, Terminated
from forge.run.tracking import Watching, check_stop, steps, unwatched


# Scripts write `_run: forge.Run` in signatures, so every command of theirs imports
# this module: what only a run needs is imported when there is one.
if TYPE_CHECKING:
    import logging
    from pathlib import Path

    from forge.configuration.values import Config
    from forge.observers.base import Take
    from forge.observers.dispatch import Dispatcher
    from forge.records.layout import RunLayout
    from forge.run.exactness import Level
    from forge.run.place import Place

T = TypeVar("T")


class Run:
    """One execution of an experiment; injected as `_run`.

    Attributes:
        name: The experiment's name.
        number: Its number among the experiment's runs; None when nothing is recorded.
        dir: The run directory; None when nothing is recorded.
        config: The frozen configuration.
        seed: The seed that every other seed of the run comes from.
        info: A dict of your own, kept as JSON in the run directory.
        notes: Remarks of the resolver and of `note`.
        injected: Value and origin of each input; at the end, those of run.json only.
        status: How far the run has come.
        result: What the experiment returned.
        step: The last step that was tracked, or restored.
    """

    def __init__(
        self,
        name: str,
        config: "Config",
        *,
        dispatcher: "Dispatcher",
        layout: "RunLayout | None" = None,
        number: int | None = None,
        checkpoints: Checkpointing | None = None,
        before: float = 0.0,
        stopping: Stopping | None = None,
        watching: Watching = unwatched,
    ) -> None:
        from forge.run.fetching import Fetching  # noqa: PLC0415

        self.name = name
        self.number = number
        self.config = config
        self.dir = layout.folder if layout else None
        self.seed: int = config["seed"]
        self.info: dict[str, Any] = {}
        self.notes: list[str] = list(config.notes)
        self.injected: dict[str, Any] = {}
        self.status = Status.RUNNING
        self.result: Any = None
        self.step = 0
        self._send = self._dispatch = dispatcher.send
        self._log = dispatcher.log
        self._stopping = stopping or Stopping()
        self._fetching = Fetching(dispatcher, self._stopping)
        self._watching = watching
        self._checkpoints = checkpoints or Checkpointing(None, config=config)
        self._checkpoints.on_failure = self._raise_on_log
        self._named = 0
        self._clock = time.monotonic
        # A resumed run's clock goes on where its last session ended.
        self._began = time.monotonic() - before

    def __repr__(self) -> str:
        return f"<forge.Run {self.id} {self.status}>"

    @property
    def id(self) -> str:
        """The experiment's name and the number, such as `train/3`."""
        return self.name if self.number is None else f"{self.name}/{self.number}"

    @property
    def rng(self) -> Any:
        """A numpy generator of the run's own, seeded from the run's seed."""
        from forge.run.seeding import path_seed  # noqa: PLC0415

        seed = path_seed(self.seed, "_rng")
        return self._checkpoints.state.generator("_rng", seed)

    @property
    def logger(self) -> "logging.Logger":
        """The logger of the experiment."""
        import logging  # noqa: PLC0415

        return logging.getLogger(self.name)

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to end after the present step.

        `track` and `log` do so by themselves. A body that calls neither may ask, and
        return: the run is INTERRUPTED then, with its last state saved.
        """
        asked = self._stopping.asked is not None
        self._stopping.seen |= asked
        return asked

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock() - self._began

    def log(
        self,
        metrics: Mapping[str, Any] | None = None,
        /,
        *,
        step: int | None = None,
        **scalars: Any,
    ) -> None:
        """Log metrics, all at one step.

        What was logged is on disk when the call returns; a number that an accelerator
        still computes is so with the next call, or within half a second.

        Args:
            metrics: Scalars by name; a mapping inside nests with `/`.
            step: Where they were measured; left out, it counts per metric.
            **scalars: Further scalars by name.

        Raises:
            ForgeError: `bad-metric` for what has no name or is no number, `bad-step`.
        """
        log: Take = self._log
        if metrics is not None:
            scalars = merged(metrics, scalars)
            if not are_plain(scalars):
                log, scalars = self._unusual(scalars)
        else:
            for name in scalars:  # pairs take longer
                kind = type(scalars[name])
                if (kind is not float and kind is not int) or name in RESERVED:
                    log, scalars = self._unusual(scalars)
                    break
        if step is not None:
            if type(step) is not int:
                step = whole(step, "log")
            self._named = step
        clock = self._clock  # calling it where it is looked up takes longer
        log(step, clock() - self._began, scalars)

    def log_scalar(self, name: str, value: Any, step: int | None = None) -> None:
        """Log one metric.

        Args:
            name: Its name.
            value: The number.
            step: Where it was measured; left out, it counts per metric.

        Raises:
            ForgeError: `bad-metric` for what is no number.
        """
        self.log({name: value}, step=step)

    def track(
        self, iterable: Iterable[T], *, stop: int | None = None
    ) -> Iterator[tuple[int, T]]:
        """Go through batches, counting steps over the whole run.

        A second call and a resumed run go on where the last step was.

        Args:
            iterable: What to go through; it begins again when it ends before `stop`.
            stop: The last step; None goes through the iterable once.

        Yields:
            The step and the item, the first step being 1.

        Raises:
            ForgeError: `bad-step`; `exhausted` when nothing is left before `stop`.
        """
        check_stop(stop)
        self.check_restored()
        with self._stopping.tracking(), self._watching(self, iterable, stop):
            yield from steps(self, iterable, stop)

    @property
    def place(self) -> "Place":
        """Where the run stands in the data that it tracks."""
        return self._checkpoints.state.place

    def between_steps(self) -> None:
        """Act on a request to stop that came during the step.

        Raises:
            Terminated: The run was asked to end.
        """
        self._stopping.tracked = self._clock()
        if self._stopping.asked is not None:
            self._stopping.act()

    def ask(self, request: Terminated) -> None:
        """Ask the run to end after the present step.

        Args:
            request: What to end it with.
        """
        self._attend()
        self._stopping.ask(request, self.dir)

    def fetch(self) -> None:
        """Send what was logged and held back, because its numbers were not there."""
        self._fetching.fetch()

    def _unusual(self, scalars: Mapping[str, Any]) -> "tuple[Take, dict[str, Any]]":
        """Convert metrics, and find where those go that are still being computed."""
        if isinstance(numbers := plain(scalars), Unfetched):
            self._attend()
            return self._fetching.hold, numbers
        return self._log, numbers

    def _attend(self) -> None:
        """Do more at each event from now on, which costs nothing before."""
        self._send, self._log = self._fetching.send, self._fetching.log

    def _raise_on_log(self) -> None:
        """Let the next `log` raise what failed in the background."""
        self._stopping.overdue = self._checkpoints.check
        self._attend()

    def checkpoint(
        self,
        *,
        step: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        background: bool = False,
        pinned: bool = False,
        **objects: Any,
    ) -> "Path | None":
        """Save objects, all together or none.

        Args:
            step: The step; by default the last one tracked, logged or saved.
            metrics: Metrics to judge the checkpoint by.
            background: Whether another thread writes copies; at most one waits.
            pinned: Whether to keep it whatever `keep_last` and the others say.
            **objects: What to save, by name. None means the objects of the last
                `restore` or `checkpoint`, else every built component with state.

        Returns:
            The checkpoint's folder; None when nothing is recorded.

        Raises:
            ForgeError: The step is saved already, or an object cannot be, or the disk
                is full; earlier ones are intact. In the background, it comes later.
        """
        chosen = self._checkpoints.chosen(objects)
        self.check_restored()
        if not background:
            self.fetch()  # what was logged before belongs to what is saved
        reached = self.last_step
        if step is not None:
            step = whole(step, "checkpoint")
        folder = self._checkpoints.save(
            step,
            chosen,
            metrics=metrics,
            reached=reached,
            tracked=self.step,
            background=background,
            pinned=pinned,
            # Beside the body, nothing that it logged is waited for.
            send=self._dispatch if background else self._send,
        )
        self._named = reached if step is None else step
        return folder

    def restore(self, *, partial: bool = False, **objects: Any) -> int:
        """Put the newest checkpoint back into objects, if the run is resumed.

        Args:
            partial: Whether to restore what fits, and leave the rest as it is.
            **objects: What to restore, by name; `checkpoint()` saves it from now on.

        Returns:
            The last finished step; 0 on a fresh run. With `partial` its `differences`
            say, by the name of the object, what was restored and what was not.

        Raises:
            ForgeError: The checkpoint does not fit, and nothing is changed.
        """
        tell = self._tell_level
        restored = self._checkpoints.restore(objects, partial=partial, tell=tell)
        for note in self._checkpoints.notes:
            self.remark(note)
        if restored:
            self._named = int(restored)
            self.step = self._checkpoints.state.reached.tracked or self._named
        return restored

    def take_up(self, step: int) -> None:
        """Go on from a checkpoint that the body restores by means of its own.

        Args:
            step: The last finished step.
        """
        self._checkpoints.unrestored = False
        self.step = self._named = step

    def artifact(self, source: Any, name: str | None = None) -> None:
        """Keep a file that the run made.

        Args:
            source: A path; or bytes, or what JSON can say, arrays too; with a name.
            name: What to call it in the run directory.

        Raises:
            ForgeError: `bad-artifact` when there is no such file, or no name.
        """
        from forge.run.artifacts import artifact  # noqa: PLC0415

        self._send(artifact(source, name))

    def resource(self, path: "str | Path") -> "Path":
        """Note a file that the run reads, with its size and hash.

        Args:
            path: The file; `~` is expanded.

        Returns:
            The path, to be opened.
        """
        from pathlib import Path  # noqa: PLC0415

        from forge.observers.base import Added  # noqa: PLC0415

        found = Path(path).expanduser()
        self._send(Added("resource", str(path), found))
        return found

    def note(self, text: str) -> None:
        """Keep a remark with the run."""
        self._tell("note", text)

    def tag(self, *tags: str) -> None:
        """Give the run tags, each of them a word."""
        from forge.records.annotations import tags_in  # noqa: PLC0415

        self._tell("tag", tags_in(tags))

    @property
    def untouched(self) -> bool:
        """Whether it is resumed, and its body has changed nothing so far."""
        return self._checkpoints.unrestored

    @property
    def last_step(self) -> int:
        """The last step that was tracked, or named by `log` or `checkpoint`."""
        return max(self.step, self._named)

    def check_restored(self) -> None:
        """Begin anew with a body that counts, saves or ends before it restores."""
        if self._checkpoints.unrestored:
            self.remark(self._checkpoints.set_aside())
            self.go_on()

    def go_on(self) -> None:
        """Tell what a resumed run goes on from."""
        self._tell("superseded", self._checkpoints.last_kept)
        self._tell("resumed", self._checkpoints.resumed or 0)

    def remark(self, text: str) -> None:
        """Note what Forge itself has to say of the run."""
        self.notes.append(text)
        self._tell("notes", text)

    def _tell_level(self, level: "Level", reason: str) -> None:
        """Tell how exactly a resumed run goes on."""
        self._tell("level", (level, reason))
        if level != "exact" and NO_DATA not in reason:
            self.remark(f"goes on by its {level}, not bit for bit: {reason}")

    def _tell(self, what: Any, value: Any) -> None:
        """Send a fact about the run."""
        from forge.observers.base import Noted  # noqa: PLC0415

        self._send(Noted(what, value, time=self.elapsed))
