"""The place of a run in the data that it tracks: saved, and found again."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final


#: What has the same items in the same order whenever it is gone through.
_FIXED: Final = (list, tuple, range, dict, str, bytes, bytearray)
_END: Final[Any] = object()

#: What the modules of a user's own code begin with that have no name of their own.
_OWN: Final = re.compile(r"^(?:__main__|forge\._runs\.[^.]+)\.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a resumed run is to go on in its data."""

    #: What was saved; None where the checkpoint says nothing of it.
    place: Mapping[str, Any] | None
    #: The random states of the checkpoint.
    random: Mapping[str, Any]
    #: What the body has restored itself, and is where it was already.
    objects: Sequence[Any]
    #: Takes why the data may not go on where they were; nothing where they do.
    tell: Callable[[str], None]


class Place:
    """Where a run stands in its data.

    Attributes:
        items: How many of the present epoch were taken.
        last: The item that was taken last.
        is_one_shot: Whether what is gone through cannot begin again.
    """

    def __init__(self) -> None:
        self.items = 0
        self.last: Any = None
        self.is_one_shot = False
        self._calls = self._left = 0
        self._epoch = 0
        self._stop: int | None = None
        self._ended = False
        self._source: Any = None
        self._iterator: Any = None
        self._beginning: dict[str, Any] | None = None
        self._traits: int | None = None
        self._changes = False
        self._wanted: Wanted | None = None

    def want(self, wanted: Wanted) -> None:
        """Go on from a place when data are gone through the next time.

        Args:
            wanted: Where.
        """
        self._wanted = wanted

    def enter(self, stop: int | None) -> int:
        """Count a call of `track`.

        Args:
            stop: Its last step.

        Returns:
            Its number.
        """
        self._calls += 1
        self._stop = stop
        return self._calls

    def iterate(self, source: Iterable[Any]) -> Iterator[Any]:
        """Begin to go through data, or go on where a resumed run was.

        Args:
            source: The data.

        Returns:
            The items.
        """
        wanted, self._wanted = self._wanted, None
        return self._begin(source) if wanted is None else self._go_on(source, wanted)

    def end(self) -> None:
        """Note that the epoch has no more items."""
        self._ended = True

    def leave(self, call: int) -> None:
        """Note that a loop over data was left.

        Args:
            call: The number of the call of `track`, which another may have followed.
        """
        self._left = call

    def let_go(self) -> None:
        """Hold no data any more: who keeps the run keeps no batch, and no loader.

        Where it stands in them is not to be told from then on.
        """
        self.last = self._source = self._iterator = self._wanted = None

    def saved(self, *, cut_short: bool = False) -> dict[str, Any] | None:
        """Tell the place, for a checkpoint.

        Args:
            cut_short: Whether the body may have left its loop because it had to: it
                goes on in it then.

        Returns:
            A tree of plain values and arrays; None before anything was tracked.
        """
        if self._wanted is not None:
            place = self._wanted.place
            return None if place is None else dict(place)
        if not self._epoch:
            return None
        from forge.checkpoints.iterations import iteration_state  # noqa: PLC0415
        from forge.checkpoints.marks import mark  # noqa: PLC0415

        fixed = self._beginning is None
        state = None
        ended = self._ended or (self._is_left() and not cut_short)
        if not (fixed or ended):
            state = iteration_state(self._source, self._iterator)
        return {
            "call": self._calls,
            "stop": self._stop,
            "kind": _kind(self._source),
            "epoch": self._epoch,
            "items": self.items,
            "ended": ended,
            "beginning": self._now() if ended else self._beginning,
            "state": state,
            "mark": mark(self.last) if self.items else None,
            "ordered": _is_ordered(self._source),
            "changes": self._changes,
        }

    def _is_left(self) -> bool:
        """Tell whether the body goes no further in a pass that has no end of its own.

        The next pass begins anew, unless it is given an iterator, which goes on.
        """
        left = self._left == self._calls
        return left and self._stop is None and not self.is_one_shot

    def _now(self) -> dict[str, Any] | None:
        """The states that the next epoch will begin with."""
        from forge.run.replay import beginning_of  # noqa: PLC0415

        return None if self._beginning is None else beginning_of(self._source)

    def _begin(self, source: Iterable[Any], epoch: int | None = None) -> Iterator[Any]:
        """Begin an epoch."""
        self._enter(source, self._epoch + 1 if epoch is None else epoch)
        if type(source) not in _FIXED:
            from forge.run.replay import beginning_of  # noqa: PLC0415

            self._note_traits(source)
            self._beginning = beginning_of(source)
        iterator = iter(source)
        self._iterate(iterator)
        return iterator

    def _iterate(self, iterator: Iterator[Any]) -> None:
        """Remember what gives the items of the epoch."""
        self._iterator = iterator
        self.is_one_shot = iterator is self._source

    def _enter(self, source: Any, epoch: int) -> None:
        """Stand before the first item of an epoch."""
        self._epoch, self.items, self.last = epoch, 0, None
        self._ended, self._source = False, source
        self._beginning = None

    def _note_traits(self, source: Any) -> None:
        """See whether what is gone through changes from epoch to epoch."""
        from forge.checkpoints.marks import traits  # noqa: PLC0415

        before, self._traits = self._traits, traits(source)
        if getattr(source, "persistent_workers", False):
            # Processes that live on keep generators of their own.
            self._traits = self._epoch
        self._changes |= before is not None and before != self._traits

    def _go_on(self, source: Iterable[Any], wanted: Wanted) -> Iterator[Any]:
        """Go on where a resumed run was, and tell whether it is so."""
        from forge.checkpoints.randomness import set_random_states  # noqa: PLC0415

        place = wanted.place
        if place is None or any(source is one for one in wanted.objects):
            why = "its checkpoint does not say where the data were"
            wanted.tell(why if place is None else _of_restored(source))
            iterator = self._begin(source)
            set_random_states(wanted.random)
            return iterator
        self._epoch, self._changes = place["epoch"], place["changes"]
        other = self._other(source, place)
        if other or place["ended"] or self._is_later(place):
            if place["ended"] and not other:
                self._draw_again(source, place)
            set_random_states(wanted.random)
            wanted.tell(other or self._why_changed(place))
            return self._begin(source)
        return self._replay(source, wanted, place)

    def _replay(
        self, source: Iterable[Any], wanted: Wanted, place: Mapping[str, Any]
    ) -> Iterator[Any]:
        """Go to where the epoch was left."""
        from forge.checkpoints.randomness import set_random_states  # noqa: PLC0415
        from forge.run.replay import replayed  # noqa: PLC0415

        self._enter(source, place["epoch"])
        iterator, why = replayed(source, place, wanted.random)
        set_random_states(wanted.random)
        wanted.tell(self._why_changed(place) or why)
        self._iterate(iterator)
        self._beginning = place["beginning"]
        self.items = place["items"]
        if self._stop is not None:
            return iterator
        # To be given nothing is what nobody wants who goes on with an epoch.
        first = next(iterator, _END)
        return self._begin(source) if first is _END else chain([first], iterator)

    def _is_later(self, place: Mapping[str, Any]) -> bool:
        """Tell whether this call of `track` comes after the one that was saved."""
        return place["stop"] is not None and self._calls > place["call"]

    def _other(self, source: Any, place: Mapping[str, Any]) -> str:
        """Say why what is gone through is not what was gone through."""
        if place["stop"] is not None and self._calls < place["call"]:
            return (
                f"it was in its track call number {place['call']}, and goes on in "
                f"number {self._calls}"
            )
        if self._is_later(place) or _are_alike(place["kind"], _kind(source)):
            return ""
        return f"its data were a {place['kind']}, and are a {_kind(source)}"

    def _draw_again(self, source: Any, place: Mapping[str, Any]) -> None:
        """Let a source draw for the next epoch what it would have drawn."""
        from forge.checkpoints.iterations import (  # noqa: PLC0415
            is_tensorflow,
            pass_over,
        )
        from forge.run.replay import set_generators  # noqa: PLC0415

        if place["beginning"] is not None:
            set_generators(source, place["beginning"]["inner"])
        if is_tensorflow(source):
            pass_over(source, place["epoch"])

    def _why_changed(self, place: Mapping[str, Any]) -> str:
        """Say that a source which changes itself cannot be made as it was."""
        if not place["changes"] or place["state"] is not None:
            return ""
        return (
            f"its data, a {place['kind']}, change from epoch to epoch; with state_dict "
            f"and load_state_dict they could say where they are"
        )


def _of_restored(source: Any) -> str:
    """Say why an iterator that the body restored may not be where it was."""
    from forge.checkpoints.iterations import dataset_of, is_exact  # noqa: PLC0415

    dataset = dataset_of(source)
    if dataset is None or is_exact(dataset):
        return ""
    return (
        "TensorFlow's saved iterators of shuffled data may draw another order from the "
        "next epoch on; give _run.track the dataset instead"
    )


def _kind(source: Any) -> str:
    """Name the type of what is gone through."""
    kind = type(source)
    # Pipelines of TensorFlow have types of many names, none of them public.
    if kind.__module__.startswith("tensorflow.") and hasattr(source, "element_spec"):
        return "tf.data"
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _are_alike(one: str, other: str) -> bool:
    """Tell whether two names of types are of the same one.

    A script that is run is a module of another name than one that is imported, or
    that is taken from a run.
    """
    one, other = _OWN.sub("", one), _OWN.sub("", other)
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _is_ordered(source: Any) -> bool:
    """Tell whether the order of items is drawn before the first: PyTorch's samplers."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    data = torch.utils.data
    return isinstance(source, data.DataLoader) and isinstance(
        source.sampler, data.RandomSampler | data.SequentialSampler
    )
