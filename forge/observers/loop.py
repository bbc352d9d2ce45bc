"""A loop over steps that is under way, and how fast it goes."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


#: A speed is that of the last seconds, and of a few steps at least.
_WINDOW_SECONDS = 15.0
_WINDOW_STEPS = 10
#: Seconds between two points that are kept to measure it.
_APART = 1.0


class Position(Protocol):
    """Who knows the last step."""

    #: The last step that was tracked.
    step: int


class Look(Struct, frozen=True):
    """How far a loop had come at one moment.

    Attributes:
        step: The last step.
        start: The step at which nothing of it is done.
        total: The step it will end with; None where nobody knows.
        rate: Steps a second; None before the first one.
        time: Seconds since the loop began.
    """

    step: int
    start: int
    total: int | None
    rate: float | None
    time: float

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1; 0 where nobody knows."""
        if self.total is None:
            return 0.0
        whole = self.total - self.start
        return min(1.0, (self.step - self.start) / whole) if whole > 0 else 1.0

    @property
    def left(self) -> float | None:
        """Seconds until the last step, if that can be told."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.step) / self.rate


class Loop:
    """A loop that can be looked at while it goes on, at no cost to it.

    Args:
        position: Who knows the last step.
        total: The step it will end with; None where nobody knows.
        start: The step at which nothing of it is done: that before the first step of
            one pass, 0 for a loop that a resumed run goes on with.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        position: Position,
        total: int | None,
        *,
        start: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._position = position
        self._total = total
        self._clock = clock
        self._start = start
        self._began = clock()
        self._points = deque([(self._began, position.step)])

    def look(self) -> Look:
        """See how far it has come.

        Returns:
            What is known at this moment.
        """
        now, step = self._clock(), self._position.step
        points = self._points
        if step > points[-1][1] and now - points[-1][0] >= _APART:
            points.append((now, step))
        # The first steps compile and fill caches: they are soon left out.
        while len(points) > 1 and _is_enough(points[1], now, step):
            points.popleft()
        since, before = points[0]
        rate = (step - before) / (now - since) if step > before else None
        return Look(step, self._start, self._total, rate, now - self._began)


def _is_enough(point: tuple[float, int], now: float, step: int) -> bool:
    """Tell whether what came after a point is enough to measure a speed by."""
    return now - point[0] > _WINDOW_SECONDS and step - point[1] >= _WINDOW_STEPS
