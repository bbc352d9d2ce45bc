"""Observers that installed packages bring along."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from forge._text import close
from forge.distributions import Places, offers
from forge.errors import ForgeError
from forge.observers.base import Observer, check
from forge.observers.warning import warn as warn_on_stderr


if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: The group of entry points under which packages offer observers.
GROUP: Final = "forge.observers"

#: Names those that take part, separated by commas; unset, all do.
CHOICE: Final = "FORGE_OBSERVERS"


def installed(
    warn: Callable[[str], None] = warn_on_stderr, *, among: Places | None = None
) -> list[Observer]:
    """Make the observers that installed packages offer for the next run.

    An entry point of the group `forge.observers` names something that is called without
    arguments: an observer's class, or a function that returns an observer, or None to
    stay out of this run. `FORGE_OBSERVERS=mirror,notify` has only those take part, and
    `FORGE_OBSERVERS=` none.

    Args:
        warn: Told of those that cannot be made; the run does without them.
        among: Where packages are installed; None for where imports look now.

    Returns:
        The observers, by the names of their entry points.
    """
    # Asked for all of them, importlib.metadata reads every file of every package.
    if not offers(GROUP, among):
        _complain(_chosen() or [], [], warn)
        return []
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes 30 ms

    offered = {point.name: point for point in entry_points(group=GROUP)}
    names = _chosen()
    if names is None:
        names = sorted(offered)
    _complain([name for name in names if name not in offered], [*offered], warn)
    made = (_make(offered[name], warn) for name in names if name in offered)
    return [observer for observer in made if observer is not None]


def _chosen() -> list[str] | None:
    """Read the choice; nothing if there is none, so that all take part."""
    text = os.environ.get(CHOICE)
    if text is None:
        return None
    names = (name.strip() for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def _complain(
    names: list[str], offered: list[str], warn: Callable[[str], None]
) -> None:
    """Warn of names that nobody offers."""
    for name in names:
        known = ", ".join(sorted(offered)) or "none"
        similar = close(name, offered)
        hint = f" Did you mean {similar[0]}?" if similar else ""
        warn(
            f"{CHOICE} names {name!r}, which no installed package offers.{hint}\n"
            f"  Offered are: {known}. The run goes on without it."
        )


def _make(point: "EntryPoint", warn: Callable[[str], None]) -> Observer | None:
    """Make one observer; a failure costs the run nothing but that observer."""
    try:
        observer: Observer | None = point.load()()
        if observer is not None:
            check(observer)
    except Exception as error:  # noqa: BLE001 - the package is not ours
        package = point.dist.name if point.dist else point.value
        kind = "" if isinstance(error, ForgeError) else f"{type(error).__name__}: "
        reason = f"{kind}{error}".rstrip(": ")
        warn(
            f"observer {point.name!r} of {package} could not be made: {reason}\n"
            "  The run goes on without it."
        )
        return None
    return observer
