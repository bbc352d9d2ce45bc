"""Tables on a terminal: aligned, coloured, as wide as the terminal and no wider."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from forge._text import visible
from forge.browse.tables import Column, Table
from forge.browse.wording import readable
from forge.cli.output import encodable


if TYPE_CHECKING:
    from rich.console import Console

_GAP: Final = 2

_STYLES: Final = {
    "✓": "green",
    "●": "cyan",
    "✗": "red",
    "†": "red",
    "■": "yellow",
    "?": "yellow",
}

#: The columns of attributes that go last, and that never go.
_EARLY: Final = ("started", "duration", "command")
_ALWAYS: Final = frozenset({"id", "status"})


def console(*, stderr: bool = False) -> "Console":
    """Open the terminal.

    Args:
        stderr: Whether for what is no answer.

    Returns:
        The console, which knows its width and whether colours are wanted.
    """
    # Imported on use: programs read TSV, and need not wait for it.
    from rich.console import Console  # noqa: PLC0415

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def show(table: Table) -> list[Column]:
    """Print a table for people.

    Args:
        table: The table; columns for which there is no room are left out, further
            metrics first, then remarks and parameters.

    Returns:
        The columns that were left out.
    """
    from rich.cells import cell_len  # noqa: PLC0415

    screen = console()
    heads = [visible(column.title) for column in table.columns]
    texts = [
        [
            readable(column.look, value)
            for column, value in zip(table.columns, row, strict=True)
        ]
        for row in table.rows
    ]
    styles = [["bold"] * len(heads), *([*map(_style, row)] for row in texts)]
    shown = [[encodable(text) for text in row] for row in (heads, *texts)]
    widths = [
        max(cell_len(text) for text in column) for column in zip(*shown, strict=True)
    ]
    kept = _fitting(table.columns, widths, screen.width)
    for line, style in zip(shown, styles, strict=True):
        _print_line(screen, [(line[i], style[i], widths[i]) for i in kept])
    return [c for i, c in enumerate(table.columns) if i not in kept]


def show_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print facts, each with its name.

    Args:
        pairs: Names and texts; a text may have several lines.
    """
    screen = console()
    width = max((len(name) for name, _ in pairs), default=0)
    for name, text in pairs:
        first, *rest = text.split("\n") or [""]
        _print(screen, [(name.ljust(width + _GAP), "bold"), (first, "")])
        for line in rest:
            _print(screen, [(" " * (width + _GAP), ""), (line, "")])


def _fitting(
    columns: Sequence[Column], widths: Sequence[int], room: int
) -> frozenset[int]:
    """Choose the columns that there is room for."""

    def fits(some: set[int]) -> bool:
        return sum(widths[i] + _GAP for i in some) - _GAP <= room

    kept = set(range(len(columns)))
    gone = []
    for spare in _by_worth(columns):
        if fits(kept):
            break
        kept.remove(spare)
        gone.append(spare)
    # What is narrow may find room where something wide had none.
    for spare in reversed(gone):
        if fits({*kept, spare}):
            kept.add(spare)
    return frozenset(kept)


def _by_worth(columns: Sequence[Column]) -> list[int]:
    """Order the columns that may go: metrics but the first, remarks, parameters."""
    metrics = [i for i, c in enumerate(columns) if c.name.section == "summary"]
    worth = {}
    for i, column in enumerate(columns):
        section, title = column.name.section, column.title
        if section == "run" and title in _ALWAYS:
            continue
        if i in metrics[1:]:
            worth[i] = 0
        elif section == "run":
            worth[i] = 3 if title in _EARLY else 1
        else:
            worth[i] = 4 if i in metrics else 2
    # Of those that are worth the same, the last ones first.
    return sorted(worth, key=lambda i: (worth[i], -i))


def _print_line(screen: "Console", cells: Sequence[tuple[str, str, int]]) -> None:
    """Print one line of a table."""
    from rich.cells import cell_len  # noqa: PLC0415

    parts = []
    for text, style, width in cells:
        padding = " " * (width - cell_len(text) + _GAP)
        parts += [(text, style), (padding, "")]
    _print(screen, parts[:-1])


def _style(text: str) -> str:
    """Choose a colour by the mark that a text begins with."""
    return _STYLES.get(text[:1], "")


def _print(screen: "Console", parts: Sequence[tuple[str, str]]) -> None:
    """Print texts, each in its style."""
    from rich.text import Text  # noqa: PLC0415

    encoded = [(encodable(text), style) for text, style in parts]
    screen.print(Text.assemble(*encoded), soft_wrap=True)
