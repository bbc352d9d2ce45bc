"""The user's own key, with which runs are signed."""

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.records.disk import fsync_path
from forge.records.durable import temporary_in, write_all


#: Names another place for the key, such as one that several machines share.
VARIABLE: Final = "FORGE_KEY_FILE"

#: What a key has at least, and what Forge makes.
_BYTES: Final = 32

#: A larger file is something else.
_LARGEST: Final = 4096

#: What others must not have on the file.
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def key_path() -> Path:
    """Name the file of the user's key.

    Returns:
        `$FORGE_KEY_FILE`, else `forge/key` in `$XDG_STATE_HOME`, else in
        `~/.local/state`.

    Raises:
        OSError: The user has no home.
    """
    named = os.environ.get(VARIABLE)
    try:
        return Path(named).expanduser() if named else state_folder() / "key"
    except RuntimeError as error:
        raise FileNotFoundError(str(error)) from error


def state_folder() -> Path:
    """Name the folder of what Forge remembers for a user.

    Returns:
        `forge` in `$XDG_STATE_HOME`, else in `~/.local/state`.

    Raises:
        OSError: The user has no home.
    """
    state = os.environ.get("XDG_STATE_HOME", "")
    # A relative one is to be passed over, says the rule that defines it.
    home = state if os.path.isabs(state) else os.path.expanduser("~/.local/state")  # noqa: PTH111, PTH117 - each run asks
    if home.startswith("~"):
        raise FileNotFoundError("the user has no home folder")
    return Path(home, "forge")


def read_key() -> bytes:
    """Read the user's key.

    A key that others may read is refused rather than repaired: they may have read it,
    and what it signed would prove nothing.

    Returns:
        Its bytes.

    Raises:
        OSError: There is none, or it cannot be read.
        ForgeError: `key-refused` if it is too short or too long, no
            regular file, or open to others.
    """
    path = key_path()
    # Without O_NONBLOCK, opening a pipe that nobody writes to never returns.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(fd)
        mode = stat.S_IMODE(facts.st_mode)
        if not stat.S_ISREG(facts.st_mode):
            raise _refused(path, "is no regular file.")
        if mode & _OTHERS:
            raise _refused(
                path,
                f"is open to other users (mode {mode:04o}).\n"
                f"  Make it yours alone with chmod 600; or delete it, if they may have "
                f"read it, and a new one is made.",
            )
        key = os.read(fd, _LARGEST + 1)
    finally:
        os.close(fd)
    if not _BYTES <= len(key) <= _LARGEST:
        raise _refused(
            path,
            f"has not the length of a key, {_BYTES} to {_LARGEST} bytes.\n"
            f"  Delete it, and a new one is made.",
        )
    return key


def own_key() -> bytes:
    """Read the user's key; make it if there is none yet.

    Of processes that do so at once, one makes it and all get the same.

    Returns:
        Its bytes.

    Raises:
        OSError: It can neither be read nor made.
        ForgeError: `key-refused` for one that proves nothing.
    """
    try:
        return read_key()
    except FileNotFoundError:
        _make(key_path())
        return read_key()


def _make(path: Path) -> None:
    """Make a key, unless another process is first."""
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    temporary = temporary_in(path.parent)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            # Whatever the user's umask takes away.
            os.fchmod(fd, 0o600)
            write_all(fd, secrets.token_bytes(_BYTES))
            os.fsync(fd)
        finally:
            os.close(fd)
        # Unlike a rename, a link never takes the place of a key that is in use.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_path(path.parent)


def _refused(path: Path, why: str) -> ForgeError:
    """Refuse a file as a key."""
    return ForgeError("key-refused", f"the key {path} is not used: it {why}", path=path)
