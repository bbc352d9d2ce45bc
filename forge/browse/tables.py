"""Tables of runs: which columns, and what stands in them."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from forge.browse.attributes import ASKED, ATTRIBUTES, STORED, Sort, attribute
from forge.browse.expression import Name, write_name
from forge.browse.index import Documents, Row
from forge.browse.naming import named
from forge.browse.sizes import size_of
from forge.browse.sql import Known, Translator
from forge.browse.wording import Look
from forge.errors import ForgeError
from forge.records.goals import goal_of


class Column(NamedTuple):
    """One column.

    Attributes:
        name: What stands in it.
        title: Its head, as filters would say it.
        look: How people read it.
        read: Finds the value of one run.
    """

    name: Name
    title: str
    look: Look
    read: Callable[[Row, Documents], Any]


class Table(NamedTuple):
    """A table.

    Attributes:
        columns: The columns.
        rows: The values of each run, as many as there are columns.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]


#: So many metrics are shown where nobody said which.
_METRICS: Final = 3

_LOOKS: Final = {
    "status": Look.STATUS,
    "started": Look.TIME,
    "ended": Look.TIME,
    "duration": Look.SPAN,
    "size": Look.SIZE,
    "commit": Look.COMMIT,
}

#: What stands beside an attribute in its cell.
_REMARKS: Final = {"status": "doubt", "commit": "dirty"}

#: What stands before the varying parameters, and behind the metrics.
FIRST: Final = ("id", "status", "started", "duration")
LAST: Final = ("label", "tags", "note", "error", "trouble")


def tabulate(
    columns: Sequence[Column], rows: Sequence[Row], documents: Sequence[Documents]
) -> Table:
    """Read the values of a table.

    Args:
        columns: The columns.
        rows: The runs.
        documents: Their documents, as many.

    Returns:
        The table.
    """
    return Table(
        tuple(columns),
        tuple(
            tuple(column.read(row, found) for column in columns)
            for row, found in zip(rows, documents, strict=True)
        ),
    )


def default_columns(
    rows: Sequence[Row], documents: Sequence[Documents]
) -> list[Column]:
    """Choose the columns of a list: what varies, and what was reached.

    Args:
        rows: The runs.
        documents: Their documents, as many.

    Returns:
        The columns. Attributes that no run has are left out.
    """
    last = [name for name in LAST if any(row.attributes[name] for row in rows)]
    is_called = any(row.attributes["command"] for row in rows)
    first = [*FIRST, "command"] if is_called else FIRST
    parameters = [column_of(Name("config", key)) for key in varying(documents)]
    return [
        *(column_of(Name("run", name)) for name in first),
        *parameters,
        *_metrics(rows, documents),
        *(column_of(Name("run", name)) for name in last),
    ]


def varying(documents: Sequence[Documents]) -> list[str]:
    """Find the parameters that differ between runs.

    Args:
        documents: The documents of the runs.

    Returns:
        Their keys, in the order in which runs have them; a parameter that only some
        runs have differs.
    """
    values: dict[str, set[Any]] = {}
    counts: dict[str, int] = {}
    for found in documents:
        for key, value in found.config.items():
            values.setdefault(key, set()).add(_comparable(value))
            counts[key] = counts.get(key, 0) + 1
    n = sum(1 for found in documents if found.config)
    return [key for key, seen in values.items() if len(seen) > 1 or counts[key] < n]


def column_of(name: Name, title: str = "") -> Column:
    """Make the column of a name that says where it is looked up.

    Args:
        name: The name with its section.
        title: The head; by default the name, with its section if it could be mistaken.

    Returns:
        The column.
    """
    key = name.name
    if name.section == "run":
        return Column(name, title or key, _LOOKS.get(key, Look.VALUE), _attribute(key))
    is_taken = attribute(key) in STORED
    title = title or (write_name(name) if is_taken else key)
    if name.section != "summary":
        section = name.section
        return Column(
            name,
            title,
            Look.VALUE,
            lambda _, found: _value(getattr(found, section), key),
        )
    statistic = name.statistic or "last"
    if name.statistic and title == key:
        title = f"{key}.{name.statistic}"
    return Column(
        name,
        title,
        Look.VALUE,
        lambda _, found: found.summary.get(key, {}).get(statistic),
    )


def named_columns(words: Sequence[str], known: Known) -> list[Column]:
    """Make the columns that somebody named.

    Args:
        words: Names as in filters.
        known: The names that runs have.

    Returns:
        The columns, in order.

    Raises:
        ForgeError: `bad-filter` for a name after `run.` that no run has.
    """
    translator = Translator(known, time.time())
    return [column_of(_place(named(word), translator), word) for word in words]


def _place(name: Name, translator: Translator) -> Name:
    """Say where a name is looked up."""
    if name.section == "run" or (not name.section and translator.is_attribute(name)):
        known = attribute(name.name)
        if known is None:
            raise ForgeError(
                "bad-filter",
                f"runs have no attribute {name.name!r}."
                f" There are: {', '.join(ATTRIBUTES)}.",
                name=name.name,
            )
        return Name("run", known)
    if name.section:
        return name
    found = translator.candidates(name)
    if not found and name.name == "result":
        return Name("result", "")
    # A name that no run has is an empty column: others may have it tomorrow.
    return found[0] if found else Name("config", name.name)


def _value(values: dict[str, Any], key: str) -> Any:
    """Find a value; a result that has parts is shown with all of them."""
    return values.get(key) if key or key in values else values or None


def _attribute(key: str) -> Callable[[Row, Documents], Any]:
    """Read an attribute."""
    sort = ATTRIBUTES[key].sort

    def read(row: Row, _: Documents) -> Any:
        if key in ASKED:
            return size_of(row.folder) if key == "size" else row.folder
        value = row.attributes[key]
        if key in _REMARKS and (value or key == "status"):
            return value, row.attributes[_REMARKS[key]]
        if key == "duration" and value is None:
            return _so_far(row)
        if sort is Sort.SWITCH:
            return None if value is None else bool(value)
        return value or None if sort is Sort.LIST else value

    return read


def _so_far(row: Row) -> float | None:
    """Tell how long a run has been running."""
    started = row.attributes["started"]
    running = row.attributes["status"] == "RUNNING" and started is not None
    return time.time() - started if running else None


def _metrics(rows: Sequence[Row], documents: Sequence[Documents]) -> list[Column]:
    """Choose the metrics: the goal, then those that were logged first."""
    columns: list[Column] = []
    goals = (goal_of(row.attributes["goal"]) for row in rows)
    goal = next(filter(None, goals), None)
    if goal is not None:
        columns.append(_best(*goal))
    names = dict.fromkeys(name for found in documents for name in found.summary)
    for name in names:
        if len(columns) == _METRICS:
            break
        if goal is None or name != goal.metric:
            columns.append(column_of(Name("summary", name)))
    return columns


def _best(metric: str, mode: str) -> Column:
    """Make the column of what the goal names."""

    def read(_: Row, found: Documents) -> Any:
        summary = found.summary.get(metric, {})
        value = summary.get(mode)
        return None if value is None else (value, summary.get(f"{mode}_step"))

    return Column(Name("summary", metric, mode), f"{metric}.{mode}", Look.BEST, read)


def _comparable(value: Any) -> Any:
    """Make a value that a set can hold; 1 and True are different."""
    if isinstance(value, bool | list | dict):
        return repr(value)
    return value
