"""The distributions that this process could import, found by the names of folders."""

import os
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from forge._ages import is_settled


_SUFFIXES = (".dist-info", ".egg-info")
_MOST_PLACES = 64

#: The folders in which imports look, each with the time of its last change.
Places: TypeAlias = tuple[tuple[str, int], ...]


def places() -> Places:
    """List the folders in which imports look, each with the time of its last change.

    Returns:
        Something else whenever something was installed or removed.
    """
    return tuple(_places())


def metadata_folders(among: Places | None = None) -> Iterator[Path]:
    """Find the metadata of everything that is installed as files.

    `importlib.metadata` takes as long to import as a short run to record, and opens
    files for what the names of these folders say.

    Args:
        among: Where to look; None for where imports look now.

    Yields:
        Each `name-version.dist-info` and `*.egg-info`, in the order in which imports
        look; the latter may be a file. Archives are passed over.
    """
    for place, changed in places() if among is None else among:
        yield from _folders(place, changed)


def offers(group: str, among: Places | None = None) -> bool:
    """Tell whether anything installed has entry points of a group.

    Args:
        group: The group.
        among: Where to look; None for where imports look now.

    Returns:
        Whether a file of entry points names it; archives are passed over.
    """
    found = places() if among is None else among
    return any(_offers(group, place, changed) for place, changed in found)


def _places() -> Iterator[tuple[str, int]]:
    """Go through the folders in which imports look, with the time of the last change.

    That is when a name was last added or removed.
    """
    now = time.time_ns()
    for folder in dict.fromkeys(sys.path):
        try:
            # Plain text is 20 times as fast as Path.
            changed = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116
        except OSError:
            continue
        place = folder or os.getcwd()  # noqa: PTH109 - plain text again
        # A second change may have the time of the first.
        yield place, changed if is_settled(changed, now) else now


# A process that starts many runs looks only once, unless something is installed.
@lru_cache(maxsize=_MOST_PLACES)
def _folders(place: str, changed: int) -> tuple[Path, ...]:
    """List the metadata in one folder."""
    try:
        names = os.listdir(place)  # noqa: PTH208 - a fifth of the time
    except OSError:
        return ()
    if place.lower().endswith(".egg"):
        found = [name for name in names if name.lower() == "egg-info"]
    else:
        found = [name for name in names if name.endswith(_SUFFIXES)]
    return tuple(Path(place, name) for name in found)


@lru_cache(maxsize=_MOST_PLACES)
def _offers(group: str, place: str, changed: int) -> bool:
    """Look for a group in what is installed in one folder."""
    for folder in _folders(place, changed):
        try:
            text = (folder / "entry_points.txt").read_bytes()
        except OSError:
            continue
        if f"[{group}]".encode() in text:
            return True
    return False
