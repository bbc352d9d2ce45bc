"""Runs side by side: what differs, and what groups of them reached."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from forge.browse.expression import Name
from forge.browse.groups import Group, Statistic
from forge.browse.index import Documents, Row
from forge.browse.tables import Column, Table, column_of, varying
from forge.browse.wording import NOTHING, Look, short


#: More runs than this do not fit next to each other.
MOST: Final = 50

#: Attributes that are worth a line where they differ.
_ATTRIBUTES: Final = (
    *("status", "started", "duration", "label", "command", "host", "gpu", "user"),
    *("python", "commit", "branch", "dirty", "error", "tags", "note"),
)


def side_by_side(
    rows: Sequence[Row],
    documents: Sequence[Documents],
    write: Callable[[Look, Any], Any],
    *,
    every: bool = False,
) -> Table:
    """Compare runs: one line for each thing that differs, one column for each run.

    Args:
        rows: The runs.
        documents: Their documents, as many.
        write: Turns a value into what stands in the table.
        every: Whether what is the same is shown too.

    Returns:
        The table.
    """
    pairs = list(zip(rows, documents, strict=True))
    lines = []
    for column in _compared(documents, every=every):
        values = [column.read(row, found) for row, found in pairs]
        if _is_shown(values, every=every):
            lines.append((column.title, *(write(column.look, v) for v in values)))
    return Table(
        tuple(_head(title) for title in ("key", *(row.id for row in rows))),
        tuple(lines),
    )


def of_groups(
    groups: Sequence[Group], by: Sequence[Column] | None = None, *, people: bool
) -> Table:
    """Show groups: what tells them apart, how many runs, what they reached.

    Args:
        groups: The groups.
        by: What was asked for, which is shown in any case; by default the parameters
            that differ.
        people: Whether a person reads it: `0.986 ± 0.001` in one column, and `!1`
            where one run of the group has no value. Programs get a column for each.

    Returns:
        The table.
    """
    configs = [Documents(group.config, {}, {}) for group in groups]
    keys = varying(configs) if by is None else [column.title for column in by]
    metrics = list(dict.fromkeys(name for group in groups for name in group.metrics))
    parts = ("",) if people else (".mean", ".std", ".n")
    counted = ["n", *(f"{name}{part}" for name in metrics for part in parts)]
    # A parameter may be called as a metric, or as the number of runs.
    named = [f"config.{key}" if key in counted else key for key in keys]
    heads = [*named, *counted]
    lines = []
    for group in groups:
        cells: list[Any] = []
        for one in map(group.metrics.get, metrics):
            cells += [_together(one)] if people else _apart(one)
        lines.append((*map(group.config.get, keys), group.n, *cells))
    return Table(tuple(map(_head, heads)), tuple(lines))


def _compared(documents: Sequence[Documents], *, every: bool) -> list[Column]:
    """List what is compared."""
    keys = dict.fromkeys(key for found in documents for key in found.config)
    metrics = dict.fromkeys(name for found in documents for name in found.summary)
    results = dict.fromkeys(key for found in documents for key in found.result)
    return [
        *(
            column_of(Name("config", key), f"config.{key}")
            for key in (keys if every else varying(documents))
        ),
        *(column_of(Name("summary", name), f"summary.{name}") for name in metrics),
        *(
            column_of(Name("result", key), f"result.{key}" if key else "result")
            for key in results
        ),
        *(column_of(Name("run", name)) for name in _ATTRIBUTES),
    ]


def _is_shown(values: Sequence[Any], *, every: bool) -> bool:
    """Leave out what no run has, and what all have the same."""
    if all(value is None for value in values):
        return False
    return every or any(repr(value) != repr(values[0]) for value in values)


def _together(one: Statistic | None) -> str:
    """Write mean, deviation and what is missing in one cell."""
    if one is None or one.mean is None:
        return NOTHING
    text = short(one.mean)
    if one.deviation is not None:
        text = f"{text} ± {one.deviation:.2g}"
    return f"{text} !{one.missing}" if one.missing else text


def _apart(one: Statistic | None) -> tuple[Any, Any, int]:
    """Give mean, deviation and number a cell each."""
    return (None, None, 0) if one is None else (one.mean, one.deviation, one.n)


def _head(title: str) -> Column:
    """Make the head of a column whose cells are written already."""
    return Column(Name("", title), title, Look.VALUE, lambda _, __: None)
