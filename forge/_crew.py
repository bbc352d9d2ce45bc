"""Threads for what goes on beside a run, kept for the next one of the process."""

import os
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final


#: Seconds that a thread without work stays.
IDLE_SECONDS: Final = 10.0

#: The threads without work, each by the place where it waits for some.
_idle: "list[SimpleQueue[Work]]" = []


class Work:
    """Something that another thread does, and that can be waited for.

    Args:
        action: What to do; it should not raise.
    """

    __slots__ = ("_action", "_ended", "_pid")

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self._pid = os.getpid()
        self._ended = threading.Lock()
        self._ended.acquire()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of it.

        Args:
            timeout: How many seconds at most; None for as long as it takes.

        Returns:
            Whether it is over; a child made by fork has no thread that could go on.
        """
        if os.getpid() != self._pid:
            return True
        over = self._ended.acquire(timeout=-1 if timeout is None else timeout)
        if over:
            self._ended.release()
        return over

    def act(self) -> None:
        """Do it, in the thread that has taken it."""
        # Who keeps this may be what the action belongs to, and would hold itself.
        action, self._action = self._action, _nothing
        action()

    def end(self) -> None:
        """Let those go on who wait; it is over, however it ended."""
        self._ended.release()


def _nothing() -> None:
    """Do what is left to do of what is done."""


def beside(action: Callable[[], object]) -> Work:
    """Do something in a thread that does not keep the process from ending.

    Starting a thread takes as long as much of what short runs have to do, so one that
    has become free is taken.

    Args:
        action: What to do; it should not raise.

    Returns:
        What can be waited for.

    Raises:
        RuntimeError: No thread can be started: there are too many, or the interpreter
            is about to end.
    """
    if sys.is_finalizing():
        raise RuntimeError("threads do nothing any more")
    work = Work(action)
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = SimpleQueue()
        threading.Thread(
            target=_serve, args=(inbox,), name="forge-beside", daemon=True
        ).start()
    inbox.put(work)
    return work


def _serve(inbox: "SimpleQueue[Work]") -> None:
    """Do what comes, until nothing has come for some time."""
    while True:
        try:
            work = inbox.get(timeout=IDLE_SECONDS)
        except Empty:
            try:
                _idle.remove(inbox)
            except ValueError:
                continue  # somebody has just taken it: there will be work
            return
        try:
            work.act()
            # First, so that whoever waited for it finds this thread free.
            _idle.append(inbox)
        finally:
            work.end()
        # Whatever it holds is not to be kept until the next one comes.
        del work


# No thread goes on in a child made by fork.
os.register_at_fork(after_in_child=_idle.clear)
