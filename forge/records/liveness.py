"""Whether a run is alive: its lock, its process, its heartbeat."""

import fcntl
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from forge._text import plural
from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.processes import Process
from forge.records.runfile import read_runfile
from forge.records.status import Status


#: How long a lock is waited for: a reader may be asking just then.
PATIENCE = 2.0

#: Seconds without a heartbeat, which comes every 10, after which a run is doubted.
SILENCE = 120.0

#: Seconds that a run has to write its first run.json.
STARTING = 60.0

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

        Whoever opens and closes the file in this process, to make an archive of the
        folder, takes the lock away with it: it is taken again.

        Raises:
            OSError: If the file system refuses; the lock itself is not affected.
        """
        if self.locked:
            # A reader may be asking just now; the next time will do.
            with suppress(BlockingIOError, PermissionError):
                fcntl.lockf(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
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


@dataclass(frozen=True, slots=True)
class Life:
    """What a reader can tell of a run whose folder says that it is running.

    Attributes:
        alive: Whether it is; False only where that is certain.
        doubt: Why it may be dead all the same, in a few words; empty without doubt.
    """

    alive: bool
    doubt: str = ""


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
            # A resumed run is not to be judged by its last session's heartbeat.
            with suppress(OSError):
                lock.beat()
            return lock
        if time.monotonic() > deadline:
            raise _alive(layout)
        time.sleep(0.02)


def is_held(path: Path) -> bool:
    """Tell whether a file is the lock of a run of this process.

    It must not be opened then: closing it would take the lock away.

    Args:
        path: Any path.

    Returns:
        Whether it is.
    """
    with _guard:
        return _held_here(path)


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


def life_of(layout: RunLayout, process: Process) -> Life:
    """Judge whether a run that says it is running still does; writes nothing.

    Args:
        layout: The run.
        process: The process that it said it runs in.

    Returns:
        Alive where its lock is held. Otherwise, on this machine, whether the process
        exists; in another container whether its heart still beats; and of another
        machine no more than a doubt, since what is there cannot be seen from here. A
        run that ended in order after it was looked at was alive then.
    """
    if is_alive(layout):
        return Life(alive=True)
    life = _life_of(layout, process)
    if not life.alive and _has_moved_on(layout, process):
        return Life(alive=True)
    return life


def _life_of(layout: RunLayout, process: Process) -> Life:
    """Judge a run whose lock nobody seems to hold."""
    if process.is_elsewhere():
        return Life(alive=True, doubt=_silence(layout, process))
    if process.is_of_another_boot():
        return Life(alive=False)
    if process.is_of_another_namespace():
        return Life(alive=not _silence(layout, process))
    # This process knows its own locks: without one, the run has ended.
    if process.is_this_one() or not process.exists():
        return Life(alive=False)
    return Life(alive=True, doubt=_silence(layout, process))


def _has_moved_on(layout: RunLayout, process: Process) -> bool:
    """Tell whether a run has ended, or goes on in another process, by now."""
    try:
        run = read_runfile(layout.run)
    except (OSError, ForgeError):
        return False
    same = (run.pid, run.pid_started) == (process.pid, process.started)
    return run.status is not Status.RUNNING or not same


def heartbeat(layout: RunLayout) -> float | None:
    """Read when a run last showed that it is alive.

    Args:
        layout: The run.

    Returns:
        Seconds since 1970 by the clock of its file system; None without a lock file.
    """
    try:
        return layout.lock.stat().st_mtime
    except OSError:
        return None


def is_aborted(layout: RunLayout) -> bool:
    """Tell whether a run was given up, or killed, before its start.

    Args:
        layout: The run, whose folder has no readable run.json.

    Returns:
        Whether nobody holds it and it had time enough to write one.
    """
    try:
        made = layout.folder.stat().st_mtime
    except OSError:
        return False
    return _now(layout) - made > STARTING and not is_alive(layout)


def _silence(layout: RunLayout, process: Process) -> str:
    """Say since when nothing was heard of a run; nothing if that is not long."""
    last = heartbeat(layout)
    if last is None:
        return f"no heartbeat on {process.host or 'its machine'}"
    age = _now(layout) - last
    if age <= SILENCE:
        return ""
    minutes = plural(int(age // 60), "minute")
    return f"no heartbeat on {process.host or 'its machine'} for {minutes}"


def _now(layout: RunLayout) -> float:
    """Tell the time by the clock of the file system, as far as reading shows it.

    A file server has a clock of its own. Files of the run that are younger than this
    machine's time show that it is ahead.
    """
    young = [time.time()]
    for path in (layout.run, layout.metrics, layout.output, layout.summary):
        with suppress(OSError):
            young.append(path.stat().st_mtime)
    return max(young)


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
    if not _held:
        return False
    try:
        return _key(os.stat(path)) in _held  # noqa: PTH116 - each run asks
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
