"""A comparison of runs as a value of Python, which shows itself as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from forge._text import aligned, visible
from forge.browse.comparison import MOST, of_groups, side_by_side
from forge.browse.formats import objects, plain_cell
from forge.browse.groups import Group
from forge.browse.index import Documents, Row
from forge.browse.markup import html
from forge.browse.tables import Column, Table
from forge.browse.wording import Look, readable
from forge.errors import ForgeError
from forge.records.metrics import import_pandas


@final
@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Runs, or groups of them, side by side."""

    #: As people read it.
    shown: Table
    #: As programs read it: values in full.
    plain: Table
    #: The column that names the lines, if one does.
    index: str | None = None

    def to_dicts(self) -> list[dict[str, Any]]:
        """Turn the lines into plain mappings.

        Returns:
            For each line its values, by the head of their column.
        """
        return objects(self.plain)

    def to_pandas(self) -> Any:
        """Turn the table into a `pandas.DataFrame`.

        Returns:
            One row for each line.

        Raises:
            ModuleNotFoundError: If pandas is missing: `pip install "forge-ml[pandas]"`.
        """
        heads = [column.title for column in self.plain.columns]
        frame = import_pandas().DataFrame(list(self.plain.rows), columns=heads)
        return frame if self.index is None else frame.set_index(self.index)

    def __len__(self) -> int:
        return len(self.plain.rows)

    def __repr__(self) -> str:
        heads = [visible(column.title) for column in self.shown.columns]
        lines = [
            [readable(Look.VALUE, cell) for cell in row] for row in self.shown.rows
        ]
        return "\n".join(aligned([heads, *lines])) if lines else "nothing differs"

    def _repr_html_(self) -> str:
        """Show the comparison in a notebook."""
        return html(self.shown) if len(self) else "<p>nothing differs</p>"


def compared(
    rows: Sequence[Row], documents: Sequence[Documents], *, every: bool
) -> Comparison:
    """Compare runs: a line for each thing that differs, a column for each run.

    Args:
        rows: The runs.
        documents: Their documents, as many.
        every: Whether what is the same is shown too.

    Returns:
        The comparison.

    Raises:
        ForgeError: `bad-option` for more runs than fit next to each other.
    """
    if len(rows) > MOST:
        raise ForgeError(
            "bad-option",
            f"{len(rows)} runs do not fit next to each other; {MOST} do.\n"
            "  Group them: compare(group='all but seed').",
        )
    shown, plain = (
        side_by_side(rows, documents, write, every=every)
        for write in (readable, plain_cell)
    )
    return Comparison(shown, plain, "key")


def folded(groups: Sequence[Group], by: Sequence[Column] | None = None) -> Comparison:
    """Compare groups: a line for each.

    Args:
        groups: The groups.
        by: What was asked for, which is shown in any case.

    Returns:
        The comparison.
    """
    shown, plain = (of_groups(groups, by, people=people) for people in (True, False))
    return Comparison(shown, plain)
