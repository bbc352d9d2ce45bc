"""Steps counted over a whole run, resumes included."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeAlias, TypeVar

from forge._text import brief
from forge.errors import ForgeError
from forge.run.place import Place


T = TypeVar("T")


class Position(Protocol):
    """Who remembers the last step."""

    #: The last step that was tracked.
    step: int

    @property
    def place(self) -> Place:
        """Where it stands in the data."""
        ...

    def between_steps(self) -> None:
        """Act on what happened during the step."""
        ...


#: Shows a loop: who counts its steps, what it goes through, the last step if known.
Watching: TypeAlias = Callable[
    [Position, Iterable[Any], int | None], AbstractContextManager[None]
]


def unwatched(
    position: Position, items: Iterable[Any], stop: int | None
) -> AbstractContextManager[None]:
    """Show nothing of a loop.

    Args:
        position: Who counts its steps.
        items: What it goes through.
        stop: The last step.

    Returns:
        A context that does nothing.
    """
    del position, items, stop
    return nullcontext()


def check_stop(stop: Any) -> None:
    """Refuse a last step that steps cannot be compared with.

    Args:
        stop: What was given; None, or a number of any library.

    Raises:
        ForgeError: `bad-step`.
    """
    if stop is None or _can_be_compared(stop):
        return
    raise ForgeError(
        "bad-step",
        f"track(..., stop={brief(stop)}): the last step is a whole number, or None "
        f"to go through everything once.",
        step=stop,
    )


def steps(
    position: Position, items: Iterable[T], stop: int | None
) -> Iterator[tuple[int, T]]:
    """Count items as steps, from the last step on.

    Args:
        position: Where the run stands.
        items: What to go through, once more whenever it ends before `stop`.
        stop: The last step; None goes through the items once.

    Yields:
        The step and the item.

    Raises:
        ForgeError: `exhausted` when an iterator that cannot begin again ends before
            `stop`, or when there are no items at all.
    """
    place = position.place
    call = place.enter(stop)
    while stop is None or position.step < stop:
        for item in place.iterate(items):
            position.step += 1
            place.items += 1
            place.last = item
            try:
                yield position.step, item
            except GeneratorExit:  # the body has left its loop
                place.leave(call)
                raise
            position.between_steps()
            if stop is not None and position.step >= stop:
                return
        place.end()
        if stop is None:
            return
        if place.is_one_shot or not place.items:
            if place.is_one_shot:
                what = _ended(position.step, empty=not place.items)
            else:
                what = _empty(items)
            raise ForgeError(
                "exhausted",
                f"track(..., stop={stop}): {what}",
                step=position.step,
                stop=stop,
            )


def _can_be_compared(stop: Any) -> bool:
    """Tell whether steps can be compared with something."""
    try:
        _ = stop > 0
    except TypeError:
        return False
    return True


def _ended(step: int, *, empty: bool) -> str:
    """Say that an iterator ended before the last step."""
    what = "has no items" if empty and step == 0 else f"ended after step {step}"
    return (
        f"the iterator {what}, and cannot begin again. Pass something that can be gone "
        f"through repeatedly, such as a list or a dataset, or a generator that goes on "
        f"for ever."
    )


def _empty(items: Iterable[Any]) -> str:
    """Say that there is nothing to go through."""
    return (
        f"the {type(items).__name__} has no items, so there is no step to make. "
        f"Look at what the dataset returns."
    )
