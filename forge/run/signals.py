"""Signals that ask a run to end, and what becomes of them."""

import _thread
import os
import signal
import sys
import threading
import time

# What `signal` wraps: a run asks twenty times, and up to Python 3.11 each answer is
# looked for among the members of an enumeration first.
from _signal import getsignal  # type: ignore[import-not-found]
from _signal import signal as set_handler
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from types import CodeType, FrameType
from typing import Any, Final, TypeAlias

from forge.run.stopping import Stopping, Terminated


#: What schedulers and terminals send before they kill.
ASKING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)

#: Requests that come closer together count as one: some programs send two kinds at
#: once, or one kind to the process and to its group.
_AT_ONCE: Final = 0.1

_PERIOD: Final = 0.05
_PATIENCE: Final = 2


#: Asks a run to end after the present step.
Ask: TypeAlias = Callable[[Terminated], None]


class Signals:
    """Asks a run to end when a signal asks the process to.

    The first signal is only a request: the run ends after the present step. A body that
    never gets there, because it waits or is busy elsewhere, is interrupted where it
    is, at its next line of Python; one that stays in C code cannot be. A second signal
    ends the process at once.

    What was ignored at the start stays ignored, a function of the user's is called
    first, and whoever catches a signal in C keeps it. A child made by fork is as if
    there were no run.

    Args:
        stopping: What becomes of a request; runs within this run share it.
        ask: Asks the run to end.
        body: The code in which an exception may be raised.
        calm: Code called from there that is never interrupted.
        leave: Called at a second signal, before the process is gone.
    """

    def __init__(
        self,
        stopping: Stopping,
        ask: Ask,
        *,
        body: CodeType,
        calm: Collection[CodeType],
        leave: Callable[[Terminated], None],
    ) -> None:
        self._stopping = stopping
        self._ask = ask
        self._inner: list[Ask] = []
        self._body = body
        self._calm = frozenset(calm)
        self._leave = leave
        self._before: dict[int, Any] = {}
        self._outer: Signals | None = None
        self._asked = 0.0
        self._nudged = self._ended = False
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if _active:
            # A run within a run: one request is for both.
            self._outer = _active[-1]
            self._outer.join(self._ask)
            return
        caught = _caught_in_c()
        _active.append(self)
        for number in ASKING:
            before = getsignal(number)
            free = number not in caught and before == signal.SIG_DFL
            if callable(before) or free:
                self._before[number] = before
                set_handler(number, self._receive)

    def __exit__(self, *details: object) -> None:
        if self._outer is not None:
            self._outer.part(self._ask)
            return
        with self._lock:
            self._ended = True
        if self._stopping.asked is not None:
            # On return from any system call, what the watching thread sent has arrived.
            time.sleep(0)
        self.restore()
        with suppress(ValueError):
            _active.remove(self)

    def restore(self) -> None:
        """Put everything back that somebody else has not replaced."""
        for number, before in self._before.items():
            if getsignal(number) == self._receive:
                set_handler(number, before)
        self._before = {}

    def renew(self) -> None:
        """Take no notice of a thread that held the lock when the process forked."""
        self._lock = threading.Lock()

    def join(self, ask: Ask) -> None:
        """Ask another run as well, which goes on inside this one."""
        self._inner.append(ask)
        if self._stopping.asked is not None:
            ask(self._stopping.asked)

    def part(self, ask: Ask) -> None:
        """Forget a run that went on inside this one."""
        self._inner.remove(ask)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: from outside, or from the watching thread."""
        if self._nudged:
            self._nudged = False
            self._act(frame)
            return
        before = self._before.get(number)
        try:
            if callable(before):
                before(number, frame)
        finally:
            self._take(Terminated(number))
        self._act(frame)

    def _take(self, request: Terminated) -> None:
        """Make a request of the first signal; let go at a second one."""
        now = time.monotonic()
        if self._stopping.asked is None:
            self._asked = now
            for ask in (self._ask, *self._inner):
                ask(request)
            # Not by `threading`, whose locks the interrupted line may be holding.
            _thread.start_new_thread(self._watch, (request.signal,))
        elif now - self._asked > _AT_ONCE:
            try:
                self._leave(request)
            finally:
                os._exit(int(str(request.code)))

    def _act(self, frame: FrameType | None) -> None:
        """End the body if its time is over and this is a place to end it."""
        stop = self._stopping
        if stop.is_due() and self._may_end(frame):
            stop.act()

    def _may_end(self, frame: FrameType | None) -> bool:
        """Tell whether an exception raised here ends the body, and nothing else."""
        while frame is not None:
            if frame.f_code in self._calm:
                return False
            if frame.f_code is self._body:
                return True
            frame = frame.f_back
        return False

    def _watch(self, number: int) -> None:
        """Interrupt the main thread when the time of the body is over."""
        main = threading.main_thread().ident or 0
        stop = self._stopping
        while not (stop.acted or self._ended):
            # A signal in vain would still end system calls of the user's early.
            if stop.is_due() and self._may_end(sys._current_frames().get(main)):  # noqa: SLF001
                with self._lock:
                    if not self._ended:
                        self._nudged = True
                        signal.pthread_kill(main, number)
            time.sleep(_PERIOD)


class Patience:
    """Keeps Ctrl-C waiting while a run begins and while its end is written.

    In between, Ctrl-C is what it always is. Pressed a third time, it no longer waits.
    """

    def __init__(self) -> None:
        self._pressed = 0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Keep Ctrl-C waiting, unless somebody else takes care of it."""
        usual = signal.default_int_handler
        is_main = threading.current_thread() is threading.main_thread()
        if not is_main or getsignal(signal.SIGINT) is not usual:
            yield
            return
        set_handler(signal.SIGINT, self._press)
        try:
            yield
        finally:
            if getsignal(signal.SIGINT) == self._press:
                set_handler(signal.SIGINT, usual)

    def end(self) -> None:
        """Raise what has waited.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile.
        """
        if self._pressed:
            self._pressed = 0
            raise KeyboardInterrupt

    def _press(self, number: int, frame: FrameType | None) -> None:
        """Remember Ctrl-C until it may be acted on."""
        self._pressed += 1
        if self._pressed > _PATIENCE:
            raise KeyboardInterrupt


_active: list[Signals] = []


def _caught_in_c() -> frozenset[int]:
    """List the signals that this process catches, in Python or in C."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as file:  # noqa: PTH123
            status = file.read()
        mask = int(status.partition(b"SigCgt:")[2].split(maxsplit=1)[0], 16)
    except (OSError, ValueError, IndexError):
        return frozenset()
    return frozenset(number for number in ASKING if mask >> (number - 1) & 1)


def _forget() -> None:
    """Let a child made by fork be ended as if there were no run."""
    for signals in _active:
        signals.renew()
        signals.restore()
    _active.clear()


os.register_at_fork(after_in_child=_forget)
