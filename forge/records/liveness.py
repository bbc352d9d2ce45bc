"""Whether a run is alive: a lock that its process holds for as long as it lives."""

import fcntl
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from forge.errors import ForgeError
from forge.records.layout import RunLayout


#: How long a lock is waited for: a reader may be asking just then.
PATIENCE = 2.0

#: The locks of this process, by device and inode of the file. Closing *any* descriptor
#: of a locked file would drop its lock, so nothing here opens a file listed in it.
_held: dict[tuple[int, int], Path] = {}

#: Between opening a lock file and closing it, no other thread may begin to hold it.
_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Lock:
    """The sign that a run is alive; the system takes it away when the process ends."""

    #: The descriptor of the lock file, kept open.
    fd: int
    #: Whether the file system has locks; without, only the heartbeat tells.
    locked: bool

    def beat(self) -> None:
        """Show that the run is alive where locks cannot be seen, on another machine.

        Raises:
            OSError: If the file system refuses; the lock itself is not affected.
        """
        os.utime(self.fd)

    def release(self) -> None:
        """Let go of the run; a second call does nothing."""
        with _guard:
            try:
                key = _key(os.fstat(self.fd))
            except OSError:
                return
            if _held.pop(key, None) is not None:
                os.close(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def hold(layout: RunLayout) -> Lock:
    """Mark a run as alive for the life of this process.

    Children made by fork do not inherit the lock, so that one of them that outlives
    the run does not make it look alive.

    Args:
        layout: The run, whose folder exists.

    Returns:
        The lock, to be kept.

    Raises:
        ForgeError: `run-alive` if this or another process holds the run.
        OSError: If the lock file cannot be made.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        with _guard:
            if _held_here(layout.lock):
                raise _alive(layout)
            lock = _attempt(layout.lock)
        if lock is not None:
            return lock
        if time.monotonic() > deadline:
            raise _alive(layout)
        time.sleep(0.02)


def is_alive(layout: RunLayout) -> bool:
    """Tell whether a process of this machine holds a run.

    Args:
        layout: The run, which may have no lock file.

    Returns:
        Whether its lock is held, by this process or another.
    """
    with _guard:
        if _held_here(layout.lock):
            return True
        try:
            # Without O_NONBLOCK, opening a planted pipe would never return.
            fd = os.open(layout.lock, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            # Shared, so that two readers do not take each other for the run.
            fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
        except OSError:
            return False
        finally:
            os.close(fd)
    return False


def _attempt(path: Path) -> Lock | None:
    """Take the lock; nothing if another process has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        locked = True
    except (BlockingIOError, PermissionError):
        os.close(fd)
        return None
    except OSError:
        locked = False  # This file system has no locks: do without.
    except BaseException:
        os.close(fd)
        raise
    _held[_key(os.fstat(fd))] = path
    return Lock(fd, locked)


def _held_here(path: Path) -> bool:
    """Tell whether this process holds the lock, without opening the file."""
    try:
        return _key(path.stat()) in _held
    except OSError:
        return False


def _key(facts: os.stat_result) -> tuple[int, int]:
    """Identify a file whatever its path."""
    return facts.st_dev, facts.st_ino


def _alive(layout: RunLayout) -> ForgeError:
    """Make the error for a run that somebody holds."""
    return ForgeError(
        "run-alive",
        f"{layout.folder} is in use by a run that is still alive.\n"
        "  Wait for its end, or stop it first.",
        path=layout.folder,
    )


def _forget() -> None:
    """Begin anew in a child made by fork."""
    # A child made by fork holds no lock of its parent, and asks like any stranger.
    global _guard  # noqa: PLW0603 - another thread may hold it at the fork
    _held.clear()
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_forget)
