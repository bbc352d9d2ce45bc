"""The numbers of runs: which exist, and the next one, taken for good."""

# Plain text is 20 times as fast as Path, and the start of each run waits for it.
# ruff: noqa: PTH102, PTH112, PTH118, PTH208

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forge.errors import ForgeError


#: Where deleted runs wait, below the results and below an experiment.
TRASH = ".trash"

#: Longer names of digits are no run numbers; their successors would be no file names.
_DIGITS = "[1-9][0-9]{0,14}"
_NUMBER = re.compile(_DIGITS).fullmatch
#: The same among names with a slash before and after each.
_NUMBERS = re.compile(f"/({_DIGITS})(?=/)").findall

#: The highest number in folders, by the state that each is in: a process that starts
#: many runs lists them only once, unless another one adds or removes some. The number
#: of a run that comes in the very moment is found to be taken by trying it.
_known: Final[dict[str, tuple[tuple[int, ...], int]]] = {}


def allocate(results_dir: Path, experiment: str) -> tuple[int, Path]:
    """Make the folder of a new run under a number that was never used.

    The folder itself is the claim: of processes that start at once, each gets its own.

    Args:
        results_dir: The folder of all results, made if it is missing.
        experiment: The name of the experiment.

    Returns:
        The number, and the new, empty folder.

    Raises:
        ForgeError: `results-dir` if the folder cannot be made.
    """
    home = results_dir / experiment
    try:
        if not os.path.isdir(home):
            home.mkdir(parents=True, exist_ok=True)
        number = _highest(os.fspath(results_dir), experiment) + 1
        while True:
            folder = home / str(number)
            try:
                os.mkdir(folder)
            except FileExistsError:
                number += 1
            else:
                _note(os.fspath(home), number)
                return number, folder
    except OSError as error:
        raise _refused(home, error) from error


def claim(folder: Path) -> Path:
    """Make the folder of a run whose number somebody else has chosen.

    Args:
        folder: The folder; one that an aborted start has left is taken over.

    Returns:
        The folder.

    Raises:
        ForgeError: `results-dir` if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder.parent, error) from error
    return folder


def existing(results_dir: Path, experiment: str) -> list[int]:
    """List the numbers of the runs that are there.

    Args:
        results_dir: The folder of all results.
        experiment: The name of the experiment.

    Returns:
        The numbers in order; none if the folder is missing or cannot be read.
    """
    home = results_dir / experiment
    return sorted(n for n in _numbers(home) if (home / str(n)).is_dir())


def is_number(name: str) -> bool:
    """Tell whether a file name is the number of a run.

    Args:
        name: The name of a folder, without its path.

    Returns:
        Whether it is a positive integer in its usual spelling.
    """
    return _NUMBER(name) is not None


def _numbers(folder: str | Path) -> Iterator[int]:
    """Go through the numbers that are taken in one folder."""
    try:
        names = os.listdir(folder)
    except (OSError, ValueError):
        return iter(())
    # One search: a call for each of thousands of runs would be waited for.
    return map(int, _NUMBERS(f"/{'/'.join(names)}/"))


def _highest(results_dir: str, experiment: str) -> int:
    """Find the highest number that was used, the trash included; 0 if none was."""
    home = os.path.join(results_dir, experiment)
    trashes = os.path.join(home, TRASH), os.path.join(results_dir, TRASH, experiment)
    return max(map(_highest_in, (home, *trashes)))


def _highest_in(folder: str) -> int:
    """Find the highest number in one folder, or remember it."""
    state = _state(folder)
    if state is None:
        return 0
    known = _known.get(folder)
    if known is None or known[0] != state:
        known = _known[folder] = state, max(_numbers(folder), default=0)
    return known[1]


def _note(folder: str, highest: int) -> None:
    """Remember the highest number of a folder in which a run was just made."""
    if state := _state(folder):
        _known[folder] = state, highest


def _state(folder: str) -> tuple[int, ...] | None:
    """Tell a folder in which names came or went from the same one before."""
    try:
        # Opened, which has a file server asked anew.
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(fd)
    finally:
        os.close(fd)
    # Two changes may have one time; most file systems count the folders inside, or the
    # bytes of the names.
    count = facts.st_nlink, facts.st_size
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, *count


def _refused(home: Path, error: OSError) -> ForgeError:
    """Make the error for a results folder that cannot be written."""
    reason = error.strerror or str(error)
    return ForgeError(
        "results-dir",
        f"no run folder can be made in {home}: {reason}.\n"
        "  Choose a folder that you may write to with --results-dir DIR or"
        " FORGE_RESULTS_DIR=DIR, or run without a record: --no-record.",
        path=home,
        reason=reason,
    )
