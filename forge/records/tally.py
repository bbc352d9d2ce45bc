"""The extremes, mean and last point of one metric, counted block by block."""

import math
from collections.abc import Sequence

from msgspec import Struct


class MetricSummary(Struct, frozen=True, kw_only=True):
    """What lists show of one metric.

    NaN is neither the least nor the greatest and no part of the mean; a metric that was
    never anything else has none of the three. A whole number beyond every float is
    infinite here.

    Attributes:
        last: The number that was logged last, which may be NaN.
        step: The step of it.
        min: The least number.
        min_step: Where it was reached first.
        max: The greatest number.
        max_step: Where it was reached first.
        mean: The mean of all numbers.
        n: How many points there are, NaN included.
    """

    last: int | float
    step: int
    min: int | float | None = None
    min_step: int | None = None
    max: int | float | None = None
    max_step: int | None = None
    mean: float | None = None
    n: int = 0


class Tally:
    """Counts the points of one metric, which come in blocks.

    A resume supersedes the points after its checkpoint. The steps of the checkpoints of
    all resumes that are still to come in the file are therefore known beforehand, as
    limits: the first is none at all, and each further one is the least `from` of that
    many resumes. A point counts if it stays below the last limit.

    Args:
        levels: How many limits there are.
    """

    def __init__(self, levels: int) -> None:
        # For each limit the step of the newest point below it: where counting goes on
        # after so many resumes, for points that were logged without a step.
        self._tails = [0] * levels
        self._n = self._numbers = 0
        self._last = self._mean = math.nan
        self._step = 0
        self._least: tuple[float, int] | None = None
        self._greatest: tuple[float, int] | None = None

    def next_steps(self, count: int) -> range:
        """Number points that were logged without a step.

        Args:
            count: How many.

        Returns:
            The steps after that of the point before.
        """
        first = self._tails[0] + 1
        return range(first, first + count)

    def resume(self) -> None:
        """Go on after a resume."""
        del self._tails[0]

    def add(
        self, steps: Sequence[int], values: Sequence[float], limits: Sequence[float]
    ) -> None:
        """Count points.

        Args:
            steps: Their steps.
            values: Their numbers, as many.
            limits: The limits, as many as levels are left.
        """
        for level, limit in enumerate(limits):
            kept = next((step for step in reversed(steps) if step <= limit), None)
            if kept is not None:
                self._tails[level] = kept
        if len(limits) > 1:
            steps, values = _below(limits[-1], steps, values)
        if not values:
            return
        self._n += len(values)
        self._last, self._step = values[-1], steps[-1]
        mean = mean_of(values)
        # A NaN in there, or infinities of both signs.
        if math.isnan(mean):
            steps, values = _numbers(steps, values)
            if not values:
                return
            mean = mean_of(values)
        self._merge(mean, len(values))
        self._compare(steps, values)

    def summary(self) -> MetricSummary | None:
        """Return what was counted; nothing if every point is superseded."""
        if not self._n:
            return None
        least, greatest = self._least, self._greatest
        if least is None or greatest is None:
            return MetricSummary(last=self._last, step=self._step, n=self._n)
        low, high = within_float(least[0]), within_float(greatest[0])
        return MetricSummary(
            last=within_float(self._last),
            step=self._step,
            min=low,
            min_step=least[1],
            max=high,
            max_step=greatest[1],
            # Rounding must not put it beside the numbers that it is the mean of.
            mean=min(max(self._mean, low), high),
            n=self._n,
        )

    def _merge(self, mean: float, count: int) -> None:
        """Take the mean of further numbers into the mean of all."""
        before, self._numbers = self._numbers, self._numbers + count
        if before:
            # Weighted rather than summed up: a sum could overflow.
            share = count / self._numbers
            self._mean = self._mean * (before / self._numbers) + mean * share
        else:
            self._mean = mean

    def _compare(self, steps: Sequence[int], values: Sequence[float]) -> None:
        """Look for new extremes among numbers that are no NaN."""
        low, high = min(values), max(values)
        if self._least is None or low < self._least[0]:
            self._least = low, steps[values.index(low)]
        if self._greatest is None or high > self._greatest[0]:
            self._greatest = high, steps[values.index(high)]


def _below(
    limit: float, steps: Sequence[int], values: Sequence[float]
) -> tuple[list[int], list[float]]:
    """Leave out the points after a step."""
    kept = [i for i, step in enumerate(steps) if step <= limit]
    return [steps[i] for i in kept], [values[i] for i in kept]


def _numbers(
    steps: Sequence[int], values: Sequence[float]
) -> tuple[list[int], list[float]]:
    """Leave out the points that are NaN."""
    kept = [i for i, value in enumerate(values) if not math.isnan(within_float(value))]
    return [steps[i] for i in kept], [values[i] for i in kept]


def within_float(value: float) -> float:
    """Take a whole number that no float has room for as infinite.

    Args:
        value: Any number.

    Returns:
        The same, or an infinity of its sign.
    """
    if type(value) is int:
        try:
            float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def mean_of(values: Sequence[float]) -> float:
    """Take the mean of numbers, however great they are.

    Args:
        values: At least one number.

    Returns:
        The mean; NaN for infinities of both signs.
    """
    count = len(values)
    try:
        return math.fsum(values) / count
    except ValueError:
        return math.nan
    except OverflowError:
        pass
    try:
        return math.fsum(within_float(value) / count for value in values)
    except ValueError:
        return math.nan
