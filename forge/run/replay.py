"""An iteration begun again, and gone through up to where it was."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from forge.checkpoints.generators import (
    generator_state,
    generators_in,
    set_generator_state,
)
from forge.checkpoints.iterations import is_tensorflow, iterator_at, pass_over
from forge.checkpoints.marks import mark
from forge.checkpoints.randomness import random_states, set_random_states


def beginning_of(source: Any) -> dict[str, Any]:
    """Read what it takes to begin an iteration once more.

    Args:
        source: What is about to be gone through.

    Returns:
        The random states of the program, and those of generators that it holds.
    """
    found = {path: generator_state(g) for path, g in generators_in(source).items()}
    return {"random": random_states(), "inner": found}


def set_generators(source: Any, states: Mapping[str, Any]) -> None:
    """Set the generators that a source holds.

    Args:
        source: What is gone through.
        states: Their states by path.
    """
    for path, generator in generators_in(source).items():
        if path in states:
            set_generator_state(generator, states[path])


def replayed(
    source: Iterable[Any], place: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[Iterator[Any], str]:
    """Begin an iteration again, and go to where it was.

    Args:
        source: What is gone through.
        place: What was saved of it.
        now: The random states of the checkpoint, which the caller sets afterwards.

    Returns:
        The iterator, and why it may not be at the same place; nothing where it is.
    """
    if place["state"] is not None:
        return iterator_at(source, place["state"]), ""
    beginning = place["beginning"]
    if beginning is not None:
        set_generators(source, beginning["inner"])
        set_random_states(beginning["random"])
    if is_tensorflow(source):
        pass_over(source, place["epoch"] - 1)
    iterator = iter(source)
    if iterator is source and place["epoch"] > 1:
        # What it was made of may have changed in earlier epochs.
        return _skipped(iterator, place, now)[0], (
            "an iterator that is made anew for each epoch does not say how the "
            "earlier ones changed it; give _run.track what it is made of"
        )
    return _skipped(iterator, place, now)


def _skipped(
    iterator: Iterator[Any], place: Mapping[str, Any], now: Mapping[str, Any]
) -> tuple[Iterator[Any], str]:
    """Go through the items that were seen, and compare the last one."""
    items = place["items"]
    if not items:
        return iterator, ""
    passed = sum(1 for _ in islice(iterator, items - 1))
    before = None if place["beginning"] is None else random_states()
    last = next(iterator, _END)
    if last is _END:
        return iterator, (
            f"the data ended after {passed} items, where {items} had been seen"
        )
    if place["mark"] is not None and mark(last) == place["mark"]:
        return iterator, ""
    after = None if before is None else random_states()
    draws = items > 1 and mark(before) != mark(after)
    if not draws:
        same = place["mark"] is None
        return iterator, "" if same else f"item {items} of the data is another one now"
    # Its content depends on what the body drew meanwhile; the order may not.
    if place["ordered"] or mark(after) == mark(now):
        return iterator, ""
    return iterator, (
        "the data draw random numbers for each item, as the body does; give them a "
        "generator of their own"
    )


_END: Any = object()
