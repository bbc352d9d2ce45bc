"""Acts that are due in some time, and that most of those who ask for them call off."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from typing import Final

from forge._crew import IDLE_SECONDS, beside


class Appointment:
    """Something that is done later unless it is called off.

    Args:
        due: When, as `time.monotonic` tells it.
        action: What to do.
    """

    __slots__ = ("_action", "due")

    def __init__(self, due: float, action: Callable[[], object]) -> None:
        self.due = due
        self._action: Callable[[], object] | None = action

    def __lt__(self, other: "Appointment") -> bool:
        """Tell whether it is due before another one."""
        return self.due < other.due

    def call_off(self) -> None:
        """Do not do it, unless that has begun."""
        # What it holds is not to be kept until it would have been due.
        self._action = None

    def keep(self) -> None:
        """Have a thread begin with it, unless it was called off."""
        action = self._action
        if action is not None:
            with suppress(RuntimeError):  # no thread can be started any more
                beside(action)


class Clock:
    """Has things done when they are due, from one thread for all of them.

    That thread is not woken for what is due after something else, nor for what is
    called off: runs that are over in milliseconds have it sleep on.
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew, with nothing to do and without a thread."""
        self._changed = threading.Condition(threading.Lock())
        self._waiting: list[Appointment] = []
        self._runs = False

    def after(self, seconds: float, action: Callable[[], object]) -> Appointment:
        """Have something done in another thread in some time.

        Args:
            seconds: In how many seconds.
            action: What to do; it should not raise.

        Returns:
            What can be called off.

        Raises:
            RuntimeError: No thread can be started.
        """
        made = Appointment(time.monotonic() + seconds, action)
        with self._changed:
            if not self._runs:
                threading.Thread(
                    target=self._serve, name="forge-clock", daemon=True
                ).start()
                self._runs = True
            heappush(self._waiting, made)
            if self._waiting[0] is made:
                self._changed.notify()
        return made

    def _serve(self) -> None:
        """Wait for what is due, until nothing has been for some time."""
        with self._changed:
            while self._waiting or self._changed.wait(IDLE_SECONDS):
                while self._waiting:
                    seconds = self._waiting[0].due - time.monotonic()
                    if seconds <= 0:
                        heappop(self._waiting).keep()
                    else:
                        self._changed.wait(seconds)
            self._runs = False


#: That of this process.
clock: Final = Clock()

# No thread goes on in a child made by fork, and the lock may have been held.
os.register_at_fork(after_in_child=clock.renew)
