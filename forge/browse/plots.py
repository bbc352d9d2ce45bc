"""Curves of several runs in one picture of matplotlib."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from forge.browse.groups import statistic
from forge.records.metrics import Series, import_pyplot


class Band(NamedTuple):
    """What several runs reached at each step.

    Attributes:
        steps: The steps that at least two of them have; of a single run all.
        means: The mean at each step.
        deviations: The standard deviation at each step.
    """

    steps: tuple[int, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]


def band(members: Sequence[Series]) -> Band:
    """Fold the curves of runs that differ in their seeds.

    Args:
        members: The series of one metric.

    Returns:
        Mean and deviation. Where runs have ended early, those that go on count.
    """
    values: dict[int, list[float]] = {}
    for one in members:
        # Of a step that was logged twice the last value counts.
        for step, value in dict(zip(one.steps, one.values, strict=True)).items():
            values.setdefault(step, []).append(value)
    least = min(2, len(members))
    found = {
        step: statistic(some) for step, some in values.items() if len(some) >= least
    }
    points = [(step, found[step]) for step in sorted(found)]
    return Band(
        tuple(step for step, _ in points),
        tuple(math.nan if one.mean is None else one.mean for _, one in points),
        tuple(one.deviation or 0.0 for _, one in points),
    )


def draw(metric: str, curves: Mapping[str, Sequence[Series]], ax: Any = None) -> Any:
    """Draw curves, those of several runs as mean with a band.

    Args:
        metric: What the vertical axis is called.
        curves: The series of each line by its label.
        ax: The axes of matplotlib; by default the current ones.

    Returns:
        The axes.

    Raises:
        ModuleNotFoundError: If matplotlib is missing: `pip install matplotlib`.
    """
    if ax is None:
        ax = import_pyplot().gca()
    for label, members in curves.items():
        line = band(members)
        ax.plot(line.steps, line.means, label=label)
        if len(members) > 1:
            pairs = list(zip(line.means, line.deviations, strict=True))
            below, above = [m - d for m, d in pairs], [m + d for m, d in pairs]
            ax.fill_between(line.steps, below, above, alpha=0.25)
    ax.set_xlabel("step")
    ax.set_ylabel(metric)
    ax.legend()
    return ax
