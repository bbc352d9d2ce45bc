"""Runs that share everything but their seeds, with mean and deviation."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from forge._text import did_you_mean
from forge.browse.attributes import ATTRIBUTES
from forge.browse.cells import GREATEST, dumps
from forge.browse.expression import Name
from forge.browse.formats import plain_cell
from forge.browse.index import Documents, Row
from forge.browse.naming import divided, named
from forge.browse.sql import Known
from forge.browse.tables import Column, column_of, named_columns
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
        config: What they share, by parameter; nothing else is in there. Where other
            names were asked for, attributes and metrics by the names that were given.
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
    by: Sequence[Column] | None = None,
) -> Iterator[Group]:
    """Put runs together.

    Args:
        rows: The runs.
        documents: Their documents, as many.
        by: What those of a group share, as `shared_by` returns it; by default all
            parameters but the seeds. The experiment is always shared.

    Yields:
        The groups, in the order of their first runs.
    """
    members: dict[str, list[int]] = {}
    for at, (row, found) in enumerate(zip(rows, documents, strict=True)):
        shared = sorted(_shared(row, found, by).items())
        key = dumps([row.attributes["name"], shared])
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
            _shared(rows[places[0]], some[0], by),
            tuple(rows[at].id for at in places),
            {
                title: statistic([_value(found, *place) for found in some])
                for title, place in read.items()
            },
        )


def shared_by(text: str, documents: Sequence[Documents]) -> list[Column]:
    """Find what runs are grouped by.

    Args:
        text: Names as of columns, commas between them. A name alone stands for the
            parameter, if one of the runs has it.
        documents: The documents of the runs.

    Returns:
        A column for each, under the full key of a parameter, else under the name as it
        was given.

    Raises:
        ForgeError: `bad-filter` for a name after `run.` that no run has.
    """
    known = _known(documents)
    columns = []
    for word in divided(text):
        name = named(word)
        if not name.section and name.name in known.config:
            name = Name("config", name.name)
        else:
            (column,) = named_columns([word], known)
            name = column.name
        is_parameter = name.section == "config"
        columns.append(column_of(name, name.name if is_parameter else word))
    return columns


def unshared(by: Sequence[Column], documents: Sequence[Documents]) -> list[str]:
    """Say which names group nothing.

    Args:
        by: What groups are to share.
        documents: The documents of the runs.

    Returns:
        One sentence for each of them that no run has, with what was probably meant.
    """
    known = _known(documents)
    options = [*known.config, *known.summary, *known.result, *ATTRIBUTES]
    return [
        f"no run has {column.title!r} to group by.{did_you_mean(column.title, options)}"
        for column in by
        for name in (column.name,)
        if name.section != "run"
        and name.name not in getattr(known, name.section)
        # Its parts have names; together they may be a column.
        and not (name == Name("result", "") and known.result)
    ]


def _known(documents: Sequence[Documents]) -> Known:
    """List the names that some of the runs have."""
    return Known(
        *(
            dict.fromkeys(key for found in documents for key in getattr(found, section))
            for section in Known._fields
        )
    )


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


def _shared(row: Row, found: Documents, by: Sequence[Column] | None) -> dict[str, Any]:
    """Take what the runs of a group share."""
    if by is None:
        return {key: value for key, value in found.config.items() if not is_seed(key)}
    shared = {}
    for column in by:
        value = plain_cell(column.look, column.read(row, found))
        # A parameter may be none, which is something to share.
        is_there = column.name.section == "config" and column.name.name in found.config
        if is_there or value is not None:
            shared[column.title] = value
    return shared


def _value(found: Documents, metric: str, statistic: str) -> Any:
    """Read what a run reached."""
    return found.summary.get(metric, {}).get(statistic)
