"""Tables and runs printed in the form that was asked for."""

import sys
from collections.abc import Sequence
from typing import Final

from forge._text import visible
from forge.browse.index import Documents, Row
from forge.browse.tables import Column, Table
from forge.cli.output import encodable, is_terminal, say, say_all


#: So many columns that found no room are named.
_NAMED: Final = 8


def print_table(table: Table, form: str) -> list[Column]:
    """Print a table.

    Args:
        table: The table.
        form: `json`, `csv`, `tsv`, `md`; else what suits who reads it.

    Returns:
        The columns for which the terminal has no room.
    """
    if not form and is_terminal():
        from forge.cli.screen import show  # noqa: PLC0415 - programs need none

        return show(table)
    from forge.browse import formats  # noqa: PLC0415 - a terminal needs none

    match form:
        case "json":
            say(formats.json_text(formats.objects(table)))
        case "csv":
            sys.stdout.write(encodable(formats.comma_separated(table)))
        case "md":
            say_all(formats.markdown(table))
        case _:
            say_all(formats.tsv(table))
    return []


def no_room(columns: Sequence[Column], remedy: str = "") -> str:
    """Say for which columns a terminal has no room: of many, for the first ones.

    Args:
        columns: What `print_table` has left out.
        remedy: What shows them, where they are too many to be named.

    Returns:
        A few words; nothing for none.
    """
    if not columns:
        return ""
    named = ", ".join(visible(column.title) for column in columns[:_NAMED])
    others = len(columns) - _NAMED
    more = f" and {others} more{remedy}" if others > 0 else ""
    return f"no room for {named}{more}"


def print_whole(rows: Sequence[Row], documents: Sequence[Documents]) -> None:
    """Print everything that is known of some runs as JSON.

    Args:
        rows: The runs.
        documents: Their documents, as many.
    """
    from forge.browse import formats  # noqa: PLC0415 - one of several forms

    pairs = zip(rows, documents, strict=True)
    say(formats.json_text([formats.whole(row, found) for row, found in pairs]))
