"""Which checkpoints to keep."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from forge.checkpoints.manifest import Manifest
from forge.errors import ForgeError


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules; what one of them keeps stays, and the newest and the pinned always."""

    #: How many of the newest; None keeps all.
    keep_last: int | None = 3
    #: How many of the best by `best_metric`.
    keep_best: int = 0
    #: The metric that says which is best.
    best_metric: str | None = None
    #: Whether larger is better.
    best_mode: Literal["max", "min"] = "max"
    #: Every step divisible by this, or the first one of each such time.
    keep_every: int | timedelta | None = None

    def __post_init__(self) -> None:
        if self.keep_best and not self.best_metric:
            raise ForgeError(
                "no-best-metric",
                f"keep_best={self.keep_best} needs a metric to compare checkpoints"
                f" by, such as best_metric='accuracy'.",
            )

    def keep(self, manifests: Mapping[int, Manifest]) -> set[int]:
        """Choose the checkpoints that stay.

        Args:
            manifests: All there are, by step.

        Returns:
            The steps to keep.
        """
        steps = sorted(manifests)
        if self.keep_last is None:
            return set(steps)
        kept = set(steps[-max(self.keep_last, 1) :])
        kept |= {step for step in steps if manifests[step].pinned}
        if self.best_metric:
            metric, mode = self.best_metric, self.best_mode
            kept |= set(ranked(manifests, metric, mode)[: self.keep_best])
        if isinstance(self.keep_every, timedelta):
            kept |= _first_of_each(manifests, self.keep_every)
        elif self.keep_every:
            kept |= {s for s in steps if s % self.keep_every == 0}
        return kept


def ranked(manifests: Mapping[int, Manifest], metric: str, mode: str) -> list[int]:
    """Order checkpoints by a metric.

    Args:
        manifests: The checkpoints by step.
        metric: The name of the metric.
        mode: `max` when larger is better, else `min`.

    Returns:
        The steps that have the metric, best first, the later one first among equals;
        one that is NaN is not among them.
    """
    sign = -1.0 if mode == "max" else 1.0
    values = {s: m.metric(metric) for s, m in manifests.items()}
    having = [s for s, v in values.items() if not math.isnan(v)]
    return sorted(having, key=lambda s: (sign * values[s], -s))


def _first_of_each(manifests: Mapping[int, Manifest], every: timedelta) -> set[int]:
    """Find the first checkpoint of each stretch of time."""
    kept: set[int] = set()
    due: datetime | None = None
    for step in sorted(manifests):
        saved = datetime.fromisoformat(manifests[step].time)
        if due is None or saved >= due:
            kept.add(step)
            due = saved + every
    return kept
