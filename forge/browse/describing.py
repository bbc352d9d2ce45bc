"""Everything about one run, as names and texts."""

from collections.abc import Iterator
from typing import Any, Final

from forge.browse.attributes import ATTRIBUTES
from forge.browse.cells import spelled
from forge.browse.expression import Name
from forge.browse.formats import plain_cell
from forge.browse.index import Documents, Row
from forge.browse.tables import column_of
from forge.browse.wording import moment, readable, short


#: What is said by the first line already, or by the folder.
_APART: Final = frozenset({"id", "name", "number", "doubt", "path"})


def described(row: Row, found: Documents, *, people: bool) -> Iterator[tuple[str, str]]:
    """Describe a run.

    Args:
        row: The run.
        found: Its documents.
        people: Whether a person reads it; programs get values in full.

    Yields:
        Names as filters use them, and texts. What a run lacks is left out.
    """
    yield "id", row.id
    for name in ATTRIBUTES:
        column = column_of(Name("run", name))
        value = column.read(row, found)
        if name in _APART or value is None or value == (None, None) or value is False:
            continue
        is_written = people and name != "commit"
        text = readable(column.look, value) if is_written else None
        if people and name in ("started", "ended"):
            text = f"{text}  ({moment(value)})"
        elif people and name == "status":
            text = f"{text}  {value[0]}{f'  ({value[1]})' if value[1] else ''}"
        yield name, text or spelled(plain_cell(column.look, value))
    yield "path", row.folder
    yield from _values(found, people=people)


def _values(found: Documents, *, people: bool) -> Iterator[tuple[str, str]]:
    """Describe parameters, metrics and results."""
    write = short if people else spelled
    for key, value in found.config.items():
        yield f"config.{key}", write(value)
    for name, facts in found.summary.items():
        if people:
            yield f"summary.{name}", _summed_up(facts)
        else:
            for key, value in facts.items():
                yield f"summary.{name}.{key}", spelled(value)
    for key, value in found.result.items():
        yield f"result.{key}" if key else "result", write(value)


def _summed_up(facts: dict[str, Any]) -> str:
    """Write the summary of a metric in one line."""
    last = f"{short(facts.get('last'))} @ {short(facts.get('step'))}"
    least = f"min {short(facts.get('min'))} @ {short(facts.get('min_step'))}"
    most = f"max {short(facts.get('max'))} @ {short(facts.get('max_step'))}"
    return f"{last}   {least}   {most}   n {short(facts.get('n'))}"
