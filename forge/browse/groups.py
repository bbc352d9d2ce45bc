"""Runs that share everything but their seeds, with mean and deviation."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from forge._text import did_you_mean
from forge.browse.cells import GREATEST, dumps
from forge.browse.index import Documents, Row
from forge.records.goals import goal_of
from forge.records.tally import mean_of


class Statistic(NamedTuple):
    """What the runs of a group reached.

    Attributes:
        mean: The mean of those that have a number.
        deviation: The standard deviation of a sample; nothing for a single run.
        n: How many have one.
        missing: How many have none, or one that is not finite.
    """

    mean: float | None
    deviation: float | None
    n: int
    missing: int


class Group(NamedTuple):
    """Some runs that belong together.

    Attributes:
        config: What they share, by parameter; nothing else is in there.
        ids: Experiment and number of each.
        metrics: What they reached last, by metric; before that what they reached at
            best of their goal, as `accuracy.max`.
    """

    config: dict[str, Any]
    ids: tuple[str, ...]
    metrics: dict[str, Statistic]

    @property
    def n(self) -> int:
        """How many runs there are."""
        return len(self.ids)


def is_seed(key: str) -> bool:
    """Tell whether a parameter is a seed.

    Args:
        key: The full key.

    Returns:
        Whether its last part is `seed`, or ends with it.
    """
    last = key.rpartition(".")[2]
    return last == "seed" or last.endswith("_seed")


def grouped(
    rows: Sequence[Row],
    documents: Sequence[Documents],
    by: Sequence[str] | None = None,
) -> Iterator[Group]:
    """Put runs together.

    Args:
        rows: The runs.
        documents: Their documents, as many.
        by: The parameters that those of a group share; by default all but the seeds.
            The experiment is always shared.

    Yields:
        The groups, in the order of their first runs.
    """
    members: dict[str, list[int]] = {}
    for at, (row, found) in enumerate(zip(rows, documents, strict=True)):
        key = dumps([row.attributes["name"], sorted(_shared(found, by).items())])
        members.setdefault(key, []).append(at)
    for places in members.values():
        some = [documents[at] for at in places]
        names = dict.fromkeys(name for found in some for name in found.summary)
        read = {name: (name, "last") for name in names}
        goal = goal_of(rows[places[0]].attributes["goal"])
        if goal is not None:
            metric, mode = goal
            read = {f"{metric}.{mode}": (metric, mode), **read}
        yield Group(
            _shared(some[0], by),
            tuple(rows[at].id for at in places),
            {
                title: statistic([_value(found, *place) for found in some])
                for title, place in read.items()
            },
        )


def unshared(by: Sequence[str], documents: Sequence[Documents]) -> list[str]:
    """Say which names group nothing.

    Args:
        by: The parameters that groups are to share.
        documents: The documents of the runs.

    Returns:
        One sentence for each of them that no run has, with what was probably meant.
    """
    known = dict.fromkeys(key for found in documents for key in found.config)
    return [
        f"no run has a parameter {name!r} to group by.{did_you_mean(name, known)}"
        for name in by
        if name not in known
    ]


def statistic(values: Sequence[Any]) -> Statistic:
    """Sum up what several runs reached.

    Args:
        values: For each run a number, or something else where it has none.

    Returns:
        Mean and deviation.
    """
    numbers = [
        value
        for value in values
        if type(value) in (int, float) and abs(value) < GREATEST
    ]
    missing = len(values) - len(numbers)
    if not numbers:
        return Statistic(None, None, 0, missing)
    mean = mean_of(numbers)
    squares = math.fsum((number - mean) * (number - mean) for number in numbers)
    alone = len(numbers) == 1
    deviation = None if alone else math.sqrt(squares / (len(numbers) - 1))
    return Statistic(mean, deviation, len(numbers), missing)


def _shared(found: Documents, by: Sequence[str] | None) -> dict[str, Any]:
    """Take what the runs of a group share."""
    return {
        key: value
        for key, value in found.config.items()
        if (not is_seed(key) if by is None else key in by)
    }


def _value(found: Documents, metric: str, statistic: str) -> Any:
    """Read what a run reached."""
    return found.summary.get(metric, {}).get(statistic)
