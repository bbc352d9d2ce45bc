"""Processes told apart, across their whole life and from those that come after."""

import os
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final


_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE: Final = "/proc/self/ns/pid"

# Counted from what follows the name of the program: the state, and the start in clock
# ticks since the boot, which no later process with the same number shares.
_STATE: Final = 0
_START: Final = 19
_GONE: Final = frozenset({b"Z", b"X", b"x"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as another one can find it again.

    Attributes:
        pid: Its number.
        started: When it started, in the system's own units; None if unknown.
        boot: The boot of the machine; None where boots have no name.
        namespace: The namespace of its number; None where there are none.
        host: The name of the machine.
    """

    pid: int | None
    started: float | None = None
    boot: str | None = None
    namespace: str | None = None
    host: str | None = None

    def is_elsewhere(self) -> bool:
        """Tell whether the process belongs to another machine."""
        # A container has a name of its own, and the boot of its machine.
        if self.boot is not None and self.boot == _boot():
            return False
        return bool(self.host) and self.host != _host()

    def is_of_another_boot(self) -> bool:
        """Tell whether this machine was started anew since."""
        now = _boot()
        return self.boot is not None and now is not None and self.boot != now

    def is_of_another_namespace(self) -> bool:
        """Tell whether its number means nothing here, as with containers."""
        return self.namespace is not None and self.namespace != _namespace()

    def is_this_one(self) -> bool:
        """Tell whether it is the process that asks."""
        return self.pid == os.getpid() and self.exists()

    def exists(self) -> bool:
        """Tell whether this machine still runs it; a zombie is not run any more."""
        if self.pid is None or self.pid <= 0:
            return False
        try:
            state, started = _facts(self.pid)
        except (OSError, ValueError, IndexError):
            return _answers(self.pid)
        if state in _GONE:
            return False
        return self.started is None or started == self.started


def this_process() -> Process:
    """Describe the process that asks.

    Returns:
        What tells it from every other one.
    """
    return _own(os.getpid())


# Asked several times at each start of a run; a child made by fork asks anew.
@lru_cache(maxsize=1)
def _own(pid: int) -> Process:
    """Describe this process."""
    try:
        _, started = _facts(pid)
    except (OSError, ValueError, IndexError):
        return Process(pid=pid, host=_host())
    return Process(
        pid=pid, started=started, boot=_boot(), namespace=_namespace(), host=_host()
    )


def _facts(pid: int) -> tuple[bytes, float]:
    """Read state and start of a process of this machine."""
    # The name of the program stands in parentheses and may contain anything.
    text = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return text[_STATE], float(text[_START])


def _answers(pid: int) -> bool:
    """Tell whether there is any process of that number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # somebody else's
    return True


@cache
def _boot() -> str | None:
    """Read the name of the present boot."""
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except (OSError, ValueError):
        return None


def _namespace() -> str | None:
    """Read which namespace numbers of processes belong to here."""
    try:
        return os.readlink(_NAMESPACE)  # noqa: PTH115 - it leads to no file
    except OSError:
        return None


def _host() -> str:
    """Read the name of the machine."""
    return os.uname().nodename
