"""Folders whose runs are trusted, whoever made them."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.records.durable import read_bounded, replace_file
from forge.records.key import state_folder
from forge.records.plain import from_json, pretty_json


#: Names folders whose runs are trusted, where nobody can be asked.
TRUSTED: Final = "FORGE_TRUST"

#: A larger file is something else.
_LARGEST: Final = 1 << 20

#: What others must not have on the file: they could add folders of their own.
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def list_path() -> Path:
    """Name the file that remembers trusted folders.

    Returns:
        `forge/trusted.json` in `$XDG_STATE_HOME`, else in `~/.local/state`.

    Raises:
        OSError: The user has no home.
    """
    return state_folder() / "trusted.json"


def is_below_trusted(folder: Path) -> bool:
    """Tell whether something lies below a folder that the user trusts.

    Args:
        folder: A run folder, or what is in one; links in it are followed first.

    Returns:
        Whether it does; never raises.
    """
    return any(full(folder).is_relative_to(place) for place in _folders())


def remembered() -> tuple[Path, ...]:
    """List the folders that are trusted from one process to the next.

    Returns:
        Their full paths.

    Raises:
        ForgeError: `trust-list` if the file makes no sense, or others may write it.
        OSError: It cannot be read.
    """
    path = list_path()
    try:
        data = read_bounded(path, _LARGEST)
    except FileNotFoundError:
        return ()
    facts = path.stat()
    if facts.st_mode & _OTHERS or facts.st_uid != os.geteuid():
        raise _refused(path, "may be written by other users", f"chmod 600 {path}")
    try:
        found = from_json(data)
    except ValueError as error:
        raise _refused(path, f"cannot be read: {error}", f"rm {path}") from None
    named = found if isinstance(found, list) else [None]
    if not all(isinstance(one, str) and Path(one).is_absolute() for one in named):
        raise _refused(path, "is no list of folders", f"rm {path}")
    return tuple(map(Path, named))


def remember(folder: Path) -> None:
    """Trust the runs below a folder from now on.

    Args:
        folder: The folder; links are followed.

    Raises:
        ForgeError: `trust-list`.
        OSError: The list cannot be written.
    """
    _write(*remembered(), full(folder))


def forget(folder: Path) -> bool:
    """Trust the runs below a folder no more.

    Args:
        folder: The folder as it was given once; it need not exist any more.

    Returns:
        Whether it was trusted.

    Raises:
        ForgeError: `trust-list`.
        OSError: The list cannot be written.
    """
    before = remembered()
    left = [place for place in before if place != full(folder)]
    if len(left) < len(before):
        _write(*left)
    return len(left) < len(before)


def full(path: Path) -> Path:
    """Follow the links of a path; unlike pathlib, without failing at a loop.

    Args:
        path: Any path.

    Returns:
        The full path.
    """
    return Path(os.path.realpath(path))


def _folders() -> Iterator[Path]:
    """List what is trusted by the environment and by the list."""
    for name in os.environ.get(TRUSTED, "").split(os.pathsep):
        # An empty one would mean the working directory.
        if name:
            yield full(Path(os.path.expanduser(name)))  # noqa: PTH111 - ~unknown
    with contextlib.suppress(ForgeError, OSError):
        # A list that cannot be believed trusts nothing; `forge trust` says why.
        yield from remembered()


def _write(*folders: Path) -> None:
    """Replace the list."""
    path = list_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = [os.fspath(folder) for folder in dict.fromkeys(folders)]
    replace_file(path, pretty_json(named))
    path.chmod(0o600)


def _refused(path: Path, what: str, remedy: str) -> ForgeError:
    """Make the error for a list that trusts nothing."""
    return ForgeError(
        "trust-list",
        f"{path} {what}, so the folders in it are not trusted.\n"
        f"  Mend it with {remedy}, and run forge trust DIR once more.",
        path=path,
    )
