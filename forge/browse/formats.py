"""Tables for programs: TSV, CSV, JSON, Markdown."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from forge._text import visible
from forge.browse.cells import GREATEST, spelled
from forge.browse.index import Documents, Row
from forge.browse.tables import Table
from forge.browse.wording import Look, moment


#: What a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

#: What is shown with a remark beside it.
_REMARKED: Final = (Look.BEST, Look.STATUS, Look.COMMIT)

#: What Markdown would obey.
_MARKDOWN: Final = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]<>|~#&"}
)


def tsv(table: Table) -> Iterator[str]:
    """Write a table as tab-separated values.

    Args:
        table: The table.

    Yields:
        The lines, heads first; values in full, one line for each run.
    """
    yield "\t".join(visible(column.title) for column in table.columns)
    for row in _texts(table):
        yield "\t".join(map(visible, row))


def comma_separated(table: Table) -> str:
    """Write a table as CSV, in which no spreadsheet finds a formula.

    Args:
        table: The table.

    Returns:
        The text, lines ended as RFC 4180 says.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([_harmless(column.title) for column in table.columns])
    for row, values in zip(_texts(table), table.rows, strict=True):
        pairs = zip(row, values, strict=True)
        writer.writerow(
            [_harmless(text) if isinstance(v, str) else text for text, v in pairs]
        )
    return stream.getvalue()


def markdown(table: Table) -> Iterator[str]:
    """Write a table as Markdown.

    Args:
        table: The table.

    Yields:
        The lines.
    """
    heads = [column.title for column in table.columns]
    for number, row in enumerate([heads, *_texts(table)]):
        cells = (visible(text).translate(_MARKDOWN) for text in row)
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield f"|{'|'.join(' --- ' for _ in heads)}|"


def json_text(value: Any) -> str:
    """Write JSON for programs: two spaces a level, NaN and infinities as null.

    Args:
        value: What the index, or a table, holds.

    Returns:
        The text.
    """
    ready = _finite(value)
    text = json.dumps(ready, indent=2, ensure_ascii=False, allow_nan=False)
    if text.replace("\n", "").isprintable():
        return text
    # What JSON may hold as it is need not reach a terminal.
    return json.dumps(ready, indent=2, allow_nan=False)


def objects(table: Table) -> list[dict[str, Any]]:
    """Turn a table into one mapping for each run.

    Args:
        table: The table.

    Returns:
        The values by the head of their column.
    """
    return [
        {
            column.title: plain_cell(column.look, value)
            for column, value in zip(table.columns, row, strict=True)
        }
        for row in table.rows
    ]


def whole(row: Row, found: Documents) -> dict[str, Any]:
    """Turn everything that the index knows of a run into one mapping.

    Args:
        row: The run.
        found: Its documents.

    Returns:
        The attributes by name, then `config`, `summary` and `result`.
    """
    attributes = dict(row.attributes)
    for key in ("started", "ended"):
        attributes[key] = moment(attributes[key]) or None
    for key in ("star", "archived", "dirty"):
        value = attributes[key]
        attributes[key] = None if value is None else bool(value)
    return {**attributes, "path": row.folder, **found._asdict()}


def _texts(table: Table) -> Iterator[Sequence[str]]:
    """Write the values in full."""
    looks = [column.look for column in table.columns]
    for row in table.rows:
        yield [
            spelled(plain_cell(look, value))
            for look, value in zip(looks, row, strict=True)
        ]


def plain_cell(look: Look, value: Any) -> Any:
    """Turn a value that people read in another way into what programs read.

    Args:
        look: How people read it.
        value: The value, as tables have it.

    Returns:
        Times as ISO 8601, of what was best the value.
    """
    if value is None:
        return None
    if look is Look.TIME:
        return moment(value)
    return value[0] if look in _REMARKED else value


def _harmless(text: str) -> str:
    """Keep a spreadsheet from calculating what a text says."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _finite(value: Any) -> Any:
    """Replace numbers that JSON lacks."""
    if isinstance(value, float):
        # Not infinite itself, and not what stands for that.
        return value if abs(value) < GREATEST else None
    if isinstance(value, str):
        return None if value == "NaN" else value
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_finite(item) for item in value]
    return value
