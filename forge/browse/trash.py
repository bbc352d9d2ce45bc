"""Runs deleted so that they can be had back, until the trash is emptied."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from forge._text import visible
from forge.browse.places import homes
from forge.errors import ForgeError, together
from forge.records.layout import RunLayout
from forge.records.liveness import is_alive
from forge.records.numbers import TRASH, is_number
from forge.records.record import Record
from forge.records.status import Status


_UNFINISHED: Final = frozenset({Status.RUNNING, Status.QUEUED})


def discard(folders: Sequence[Path], roots: Sequence[Path]) -> list[Path]:
    """Move runs to the trash of their results folder.

    Args:
        folders: The run folders.
        roots: The results folders; a run elsewhere goes to a trash beside its
            experiment.

    Returns:
        Where each of them is now.

    Raises:
        ForgeError: `run-alive` if one of them still runs, or may do so on another
            machine: none of them is moved then. `not-moved` if one cannot be.
    """
    refused = [error for folder in folders if (error := _refusal(folder)) is not None]
    if refused:
        raise together(refused)
    moved = []
    for folder in folders:
        moved.append(_move(folder, _trash_of(folder, roots)))
        _keep_number(folder, moved[-1])
    return moved


def restore(folders: Sequence[Path]) -> list[Path]:
    """Move runs back from the trash.

    Args:
        folders: Their folders in the trash.

    Returns:
        Where each of them is now.

    Raises:
        ForgeError: `not-moved` if one cannot be, because its place is taken for
            example.
    """
    return [_move(folder, _home_of(folder)) for folder in folders]


def purge(folders: Sequence[Path]) -> None:
    """Delete runs in the trash for good.

    Args:
        folders: Their folders in the trash.

    Raises:
        ForgeError: `not-moved` if one cannot be deleted.
    """
    for folder in folders:
        # Whatever the words were: nothing outside of a trash is ever deleted.
        if TRASH not in folder.parts:
            raise _not_moved(folder, "it is not in the trash")
        try:
            shutil.rmtree(folder)
            # The number stays taken, although it may have been the last one.
            folder.touch()
        except OSError as error:
            raise _not_moved(folder, error.strerror or str(error)) from error


def trashed(roots: Sequence[Path]) -> dict[str, list[Path]]:
    """List the runs in the trash.

    Args:
        roots: The results folders.

    Returns:
        The folders by id, such as `train/2`.
    """
    found: dict[str, list[Path]] = {}
    for root in roots:
        for home in homes(root / TRASH):
            for entry in home.runs:
                place = Path(entry.path)
                found.setdefault(f"{home.name}/{entry.name}", []).append(place)
    return found


def _refusal(folder: Path) -> ForgeError | None:
    """Say why a run cannot be deleted; nothing if it can."""
    alive = is_alive(RunLayout(folder))
    try:
        record = Record.read(folder)
        alive = alive or record.status in _UNFINISHED
        doubt = record.doubt
    except ForgeError:
        doubt = ""
    if not alive:
        return None
    why = f" ({doubt})" if doubt else ""
    return ForgeError(
        "run-alive",
        f"{visible(str(folder))} is not deleted: it still runs{why}.\n"
        "  Nothing was deleted. Stop it first, or leave it out.",
        path=folder,
    )


def _trash_of(folder: Path, roots: Sequence[Path]) -> Path:
    """Find the place of a run in the trash."""
    for root in roots:
        try:
            inside = folder.relative_to(root)
        except ValueError:
            continue
        if len(inside.parts) > 1:
            return root / TRASH / inside
    return folder.parent.parent / TRASH / folder.parent.name / folder.name


def _keep_number(folder: Path, moved: Path) -> None:
    """Leave a mark where the next run looks, if the trash is further up than that."""
    home = folder.parent
    if moved.parent != home.parent / TRASH / home.name:
        # The run is moved already, and a full disk is no reason to say otherwise.
        with suppress(OSError):
            (home / TRASH).mkdir(exist_ok=True)
            (home / TRASH / folder.name).touch()


def _home_of(folder: Path) -> Path:
    """Find the place that a run in the trash came from."""
    parts = list(folder.parts)
    at = len(parts) - 1 - parts[::-1].index(TRASH)
    return Path(*parts[:at], *parts[at + 1 :])


def _move(folder: Path, target: Path) -> Path:
    """Move a folder where nothing is."""
    if not is_number(folder.name):
        raise _not_moved(folder, "its name is no number, so it is no run of Forge")
    if os.path.lexists(target):
        raise _not_moved(folder, f"{visible(str(target))} is there already")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(target)
    except OSError as error:
        raise _not_moved(folder, error.strerror or str(error)) from error
    return target


def _not_moved(folder: Path, reason: str) -> ForgeError:
    """Make the error for a folder that stays where it is."""
    return ForgeError(
        "not-moved",
        f"{visible(str(folder))} cannot be moved: {visible(reason)}.\n"
        "  It is where it was; those before it have been moved.",
        path=folder,
        reason=reason,
    )
