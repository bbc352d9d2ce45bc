"""Signals that ask a run to end, turned into an exception it can be ended by."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final


#: What schedulers and terminals send before they kill.
ASKING: Final = ("SIGTERM", "SIGHUP", "SIGUSR1")


class Terminated(BaseException):
    """A signal asked the process to end.

    Args:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@contextmanager
def terminating() -> Iterator[None]:
    """Raise `Terminated` in the main thread when the process is asked to end.

    Only where nobody else cares: a handler of the user's stays, and a signal that was
    ignored at start, as under `nohup`, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken: dict[int, Any] = {}
    for name in ASKING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            taken[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, before in taken.items():
            if signal.getsignal(number) is _raise:
                signal.signal(number, before)


def _raise(number: int, frame: FrameType | None) -> None:
    # The second one ends the process at once, as it would without Forge.
    signal.signal(number, signal.SIG_DFL)
    raise Terminated(number)
