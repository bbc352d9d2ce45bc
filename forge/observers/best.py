"""The best value of the metric that decides which run is best."""

import math
from collections.abc import Mapping
from pathlib import Path

from forge.records.goals import Goal
from forge.records.reading import read_metrics


class Best:
    """The best value so far.

    Args:
        goal: The metric, and which end of it is best.

    Attributes:
        name: The metric.
        value: The best value; NaN as long as there is none.
        step: Its step; None where it was left out, and is for readers to count.
    """

    def __init__(self, goal: Goal) -> None:
        self.name = goal.metric
        self.value = math.nan
        self.step: int | None = None
        self._sign = -1.0 if goal.mode == "min" else 1.0

    def read(self, path: Path) -> None:
        """Begin with what counts of the metrics of a run that goes on.

        Args:
            path: Its metrics.

        Raises:
            OSError: They cannot be read.
        """
        self.value, self.step = math.nan, None
        found = read_metrics(path).get(self.name)
        for step, value in zip(found.steps, found.values, strict=True) if found else ():
            self.see({self.name: value}, step)

    def see(self, metrics: Mapping[str, float], step: int | None) -> None:
        """Take the metrics of a step into account.

        Args:
            metrics: The numbers by name.
            step: The step.
        """
        value = metrics.get(self.name, math.nan)
        # Written so that a NaN is never the best, and anything beats the NaN before.
        if value == value and not value * self._sign <= self.value * self._sign:  # noqa: PLR0124
            self.value, self.step = value, step
