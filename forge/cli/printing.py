"""Tables and runs printed in the form that was asked for."""

import sys
from collections.abc import Sequence

from forge.browse.index import Documents, Row
from forge.browse.tables import Column, Table
from forge.cli.output import is_terminal, say, say_all


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
            sys.stdout.write(formats.comma_separated(table))
        case "md":
            say_all(formats.markdown(table))
        case _:
            say_all(formats.tsv(table))
    return []


def print_whole(rows: Sequence[Row], documents: Sequence[Documents]) -> None:
    """Print everything that is known of some runs as JSON.

    Args:
        rows: The runs.
        documents: Their documents, as many.
    """
    from forge.browse import formats  # noqa: PLC0415 - one of several forms

    pairs = zip(rows, documents, strict=True)
    say(formats.json_text([formats.whole(row, found) for row, found in pairs]))
