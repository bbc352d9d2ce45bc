"""A request that a run end, from the signal to the moment it is acted on."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from forge.records.layout import RunLayout


#: Seconds that a run which was asked to end has for its present step.
GRACE: Final = 5.0

_BASE: Final = 128


class Terminated(SystemExit):
    """A signal asked the process to end; its exit status is 128 and the signal.

    Args:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_BASE + number)
        self.signal = number

    def __str__(self) -> str:
        return signal.Signals(self.signal).name

    def again(self) -> "Terminated":
        """Make another one, to be raised: this one is kept for longer.

        Returns:
            The same request. What is raised holds the frames that it goes through, and
            all that is in them.
        """
        return Terminated(self.signal)


def _nothing() -> None:
    """Raise nothing."""


class Stopping:
    """Whether a run was asked to end, and what has come of it.

    Attributes:
        asked: The request; None as long as there is none.
        begun: Whether the body has begun. Before, nothing is lost by ending at once.
        acted: Whether the request was raised in the body.
        seen: Whether the body asked for it, and so may have ended by itself.
        tracked: When the body last tracked a step, by the monotonic clock.
        overdue: Raises what has failed beside the body, if something has.
    """

    def __init__(self) -> None:
        self.asked: Terminated | None = None
        self.begun = False
        self.acted = False
        self.seen = False
        self.tracked = -math.inf
        self.overdue: Callable[[], None] = _nothing
        self._tracks = 0
        self._deadline = 0.0

    @property
    def heeded(self) -> bool:
        """Whether the body ended because it was asked to."""
        return self.acted or self.seen

    @contextmanager
    def tracking(self) -> Iterator[None]:
        """Know that a step is not over before it is tracked."""
        self._tracks += 1
        try:
            yield
        finally:
            self._tracks -= 1

    def ask(self, request: Terminated, folder: Path | None) -> None:
        """Ask the run to end; further requests change nothing.

        Args:
            request: What to end it with.
            folder: The run folder.
        """
        if self.asked is None:
            self.asked = request
            # Ten seconds without a step in all, five of them since the request: who
            # was heard of a moment ago is most likely in the middle of a step.
            quiet = min(time.monotonic() - self.tracked, _since_log(folder))
            self._deadline = time.monotonic() + GRACE + max(0.0, GRACE - quiet)

    def is_due(self) -> bool:
        """Tell whether the body has had its time."""
        return self.asked is not None and (
            not self.begun or time.monotonic() >= self._deadline
        )

    def act(self) -> None:
        """End the body here and now, unless that was done before.

        Raises:
            Terminated: In the main thread, once.
        """
        if self.asked is None or self.acted:
            return
        # Another thread's end would not be the end of the body.
        if threading.current_thread() is threading.main_thread():
            self.acted = True
            raise self.asked.again()

    def act_on_log(self) -> None:
        """End the body after it has logged, which within `track` is not yet a step.

        Raises:
            Terminated: In the main thread, once.
            ForgeError: What is overdue.
        """
        self.overdue()
        if not self._tracks or self.is_due():
            self.act()


def _since_log(folder: Path | None) -> float:
    """Seconds since the run last logged."""
    if folder is not None:
        with suppress(OSError):
            # The file system remembers it, so that `log` need not.
            facts = RunLayout(folder).metrics.stat()
            if facts.st_size:
                return max(0.0, time.time() - facts.st_mtime)
    return math.inf
