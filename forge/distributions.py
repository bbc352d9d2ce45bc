"""The distributions that this process could import, found by the names of folders."""

import os
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias


#: The folders in which imports look, and when a name was last added to each or removed.
_Places: TypeAlias = tuple[tuple[str, int], ...]

#: Nanoseconds after which a change has a time of its own, also on file servers.
_COARSE = 2_000_000_000

_SUFFIXES = (".dist-info", ".egg-info")


def metadata_folders() -> tuple[Path, ...]:
    """Find the metadata of everything that is installed as files.

    `importlib.metadata` takes as long to import as a short run to record, and opens
    files for what the names of these folders say.

    Returns:
        Each `name-version.dist-info` and `*.egg-info`, in the order in which imports
        look; the latter may be a file. Archives are passed over.
    """
    return _folders(_places())


def offers(group: str) -> bool:
    """Tell whether anything installed has entry points of a group.

    Args:
        group: The group.

    Returns:
        Whether a file of entry points names it; archives are passed over.
    """
    return _offers(group, _places())


def _places() -> _Places:
    """Look where imports look."""
    return tuple(_each_place())


def _each_place() -> Iterator[tuple[str, int]]:
    """Go through the folders in which imports look."""
    now = time.time_ns()
    for folder in dict.fromkeys(sys.path):
        try:
            # Plain text is 20 times as fast as Path.
            changed = os.stat(folder or ".").st_mtime_ns  # noqa: PTH116
        except OSError:
            continue
        # A second change may have the time of the first: clocks of files are coarse.
        yield folder or ".", changed if now - changed > _COARSE else now


# A process that starts many runs looks only once, unless something is installed.
@lru_cache(maxsize=1)
def _folders(places: _Places) -> tuple[Path, ...]:
    """List the metadata in some folders."""
    return tuple(Path(place, name) for place, _ in places for name in _names(place))


@lru_cache(maxsize=1)
def _offers(group: str, places: _Places) -> bool:
    """Look for a group in what is installed in some folders."""
    return any(f"[{group}]".encode() in text for text in _entry_points(places))


def _names(place: str) -> list[str]:
    """List the names of metadata in one folder."""
    try:
        names = os.listdir(place)  # noqa: PTH208 - a fifth of the time
    except OSError:
        return []
    if place.lower().endswith(".egg"):
        return [name for name in names if name.lower() == "egg-info"]
    return [name for name in names if name.endswith(_SUFFIXES)]


def _entry_points(places: _Places) -> Iterator[bytes]:
    """Read the entry points of everything that is installed in some folders."""
    for folder in _folders(places):
        try:
            yield (folder / "entry_points.txt").read_bytes()
        except OSError:
            continue
