"""Whose turn it is to send: one thread at a time, and mostly the same one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident


#: Seconds between two looks at whether the keeper is done, at first and at most.
_SOON = 0.0001
_SELDOM = 0.01


class Turn:
    """Lets one thread at a time do something, and one of them without a lock.

    The thread that made this is its keeper. It says that the turn is `taken`, and looks
    then whether it is still `kept`; another thread has the lock, says that it is not
    kept, and looks then whether it is taken. Whoever comes first, one of the two sees
    the other: Kawachiya, Koseki and Onodera, "Lock Reservation: Java Locks Can Mostly
    Do Without Atomic Operations", OOPSLA 2002.

    Attributes:
        lock: Held for a turn by all others, and by the keeper where speed is of no use.
            It is reentrant: an observer that logs or prints does not wait for itself.
        keeper: The thread that may do without.
        kept: Whether it may at the moment. Who has the lock and finds this true claims
            the turn, and sets this again in the end: without a call, at whose beginning
            Ctrl-C could come.
        taken: Whether it does so at the moment.
        shared: Whether others want the turn as often. It is not kept any more then: to
            have the keeper step aside takes longer than a lock.
    """

    __slots__ = ("keeper", "kept", "lock", "shared", "taken")

    def __init__(self) -> None:
        self.keeper = get_ident()
        self.shared = False
        self.renew()

    def renew(self) -> None:
        """Begin anew in a forked child, where those who had the turn do not exist."""
        self.lock = threading.RLock()
        self.kept = not self.shared
        self.taken = False

    def is_mine(self) -> bool:
        """Tell whether the caller is in the middle of a turn without the lock."""
        return self.taken and get_ident() == self.keeper

    def claim(self, until: float = float("inf")) -> None:
        """Have the keeper step aside; the caller has the lock, and sets `kept` after.

        Args:
            until: How long to wait for it at most, as `time.monotonic` tells it.
        """
        self.kept = False
        pause = _SOON
        while self.taken and time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, _SELDOM)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have all others wait for the end of the context."""
        if self.is_mine():
            yield
            return
        with self.lock:
            # Not kept if it is claimed already, perhaps by a call that a signal handler
            # interrupts while it waits: then it is waited for all the same.
            kept = self.kept
            try:
                self.claim()
                yield
            finally:
                if kept:
                    self.kept = not self.shared

    @contextmanager
    def overtaking(self, seconds: float) -> Iterator[None]:
        """Come after what another thread does just now, unless that takes too long.

        Args:
            seconds: How long to wait for it.
        """
        if self.is_mine():
            yield
            return
        until = time.monotonic() + seconds
        lock = self.lock
        mine = lock.acquire(timeout=seconds)
        kept = mine and self.kept
        try:
            if mine:
                self.claim(until)
            yield
        finally:
            if kept:
                self.kept = not self.shared
            if mine:
                lock.release()
