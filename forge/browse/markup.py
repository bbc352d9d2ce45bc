"""Tables of runs as HTML."""

from typing import Any

from forge._html import table as html_table
from forge._html import text as escaped
from forge.browse import wording
from forge.browse.tables import Table
from forge.browse.wording import Look, readable


def html(table: Table, *, dated: bool = False) -> str:
    """Write a table as HTML in which every text is escaped.

    Args:
        table: The table.
        dated: Whether it will be read long after: times are dates then.

    Returns:
        One element.
    """
    looks = [column.look for column in table.columns]

    def written(look: Look, value: Any) -> str:
        late = dated and look is Look.TIME
        return escaped(wording.dated(value) if late else readable(look, value))

    rows = (
        [written(look, v) for look, v in zip(looks, row, strict=True)]
        for row in table.rows
    )
    return html_table([column.title for column in table.columns], rows)
