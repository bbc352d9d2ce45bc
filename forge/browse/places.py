"""The folders of runs below a results folder, found without reading any of them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from forge.records.numbers import is_number


#: Experiments may lie in folders of folders, but not deeper than this.
_DEEPEST: Final = 3

#: Folders below an experiment that hold no runs, although they hold numbers.
_OTHERS: Final = frozenset({"sweeps"})


class Home(NamedTuple):
    """The folder of an experiment.

    Attributes:
        name: Its path below the results folder, `/` between its parts.
        folder: Its path.
        runs: The folders of its runs, as the system listed them.
    """

    name: str
    folder: str
    runs: list[os.DirEntry[str]]


def homes(root: Path | str) -> Iterator[Home]:
    """List the experiments of a results folder.

    Args:
        root: The folder. One that holds runs itself is an experiment of its own name.

    Yields:
        Each folder that holds numbered folders. What cannot be listed is passed over.
    """
    yield from _homes(os.fspath(root), "", 0)


def _homes(folder: str, name: str, depth: int) -> Iterator[Home]:
    """List a folder and those below it."""
    folders = _folders(folder)
    runs = [entry for entry in folders if is_number(entry.name)]
    if runs:
        yield Home(name or _own_name(folder), folder, runs)
    if depth == _DEEPEST:
        return
    for other in sorted(entry.name for entry in folders if _may_hold_runs(entry.name)):
        below = f"{name}/{other}" if name else other
        yield from _homes(os.path.join(folder, other), below, depth + 1)  # noqa: PTH118


def _folders(folder: str) -> list[os.DirEntry[str]]:
    """List the folders in a folder; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            # Links are not followed: they lead out of the folder, or round.
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (OSError, ValueError):
        return []


def _may_hold_runs(name: str) -> bool:
    """Tell whether a folder may be an experiment, or hold some."""
    return not name.startswith(".") and name not in _OTHERS and not is_number(name)


def _own_name(folder: str) -> str:
    """Name an experiment whose folder was given for that of the results."""
    return os.path.basename(os.path.abspath(folder)) or "runs"  # noqa: PTH100, PTH119
