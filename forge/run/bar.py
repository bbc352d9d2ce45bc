"""A progress bar on a terminal."""

import os
from collections.abc import Mapping
from typing import Final

from forge.observers.console import number, one_line, seconds
from forge.observers.loop import Look
from forge.run.streams import Show


_NARROWEST: Final = 10
_WIDEST: Final = 40
_BETWEEN: Final = "  "
#: As many characters as somebody reads, where they can wrap.
_MOST: Final = 160
#: A terminal of this width is assumed where it does not say how wide it is.
_COLUMNS: Final = 80
# What is too long is cut at the edge, not wrapped: it could not be erased.
_NO_WRAP: Final = "\x1b[?7l"
_WRAP: Final = "\x1b[?7h"


class Bar:
    """Draws a loop as one line at the bottom of a terminal.

    Args:
        show: Keeps the line there.
    """

    period = 0.1

    def __init__(self, show: Show) -> None:
        self._show = show
        self._shown = ""

    def draw(self, name: str, look: Look, metrics: Mapping[str, float]) -> None:
        """Draw how far a loop has come.

        Args:
            name: The run.
            look: How far it has come.
            metrics: What was logged last.
        """
        line = text(name, look, metrics, columns=_columns())
        self._put(f"{_NO_WRAP}{line}{_WRAP}")

    def clear(self) -> None:
        """Take the line away."""
        self._put("")

    def _put(self, line: str) -> None:
        """Show a line that is not shown already."""
        if line != self._shown:
            self._shown = line
            self._show(line)


def text(name: str, look: Look, metrics: Mapping[str, float], *, columns: int) -> str:
    """Write the line: as much of it as there is room for.

    Args:
        name: The run.
        look: How far its loop has come.
        metrics: What was logged last.
        columns: How wide the terminal is.

    Returns:
        The line, with colours.
    """
    room = columns - 1
    if look.total is None:
        return words(name, look, metrics, room=room)[:room]
    # As wide as the terminal allows, not as the rest does: it would tremble.
    width = max(_NARROWEST, min(columns // 5, _WIDEST))
    room -= len(name) + len(_BETWEEN)
    line = words("", look, metrics, room=room - width)
    if len(line) > room - width:
        return (name + line)[: columns - 1]
    return f"{name}{_BETWEEN}{_bar(look, width)}{line}"


def words(
    name: str, look: Look, metrics: Mapping[str, float], *, room: int = _MOST
) -> str:
    """Say in words how far a loop has come.

    Args:
        name: The run.
        look: How far its loop has come.
        metrics: What was logged last.
        room: How many characters there is room for.

    Returns:
        How far, how fast, how long still, and the metrics that there is room for.
    """
    line = _BETWEEN.join([name, *_cells(look)])
    for metric, value in metrics.items():
        longer = f"{line}{_BETWEEN}{one_line(metric)} {number(value)}"
        if len(longer) > room:
            break
        line = longer
    return line


def _cells(look: Look) -> list[str]:
    """How far, how fast, how long still."""
    if look.total is None:
        cells = [f"step {look.step}"]
    else:
        total = str(look.total)
        percent = f"{int(100 * look.share):3} %"
        cells = [f"{look.step:{len(total)}}/{total}", percent]
    if look.rate is not None:
        cells.append(_speed(look.rate))
    cells.append(f"{seconds(look.left)} left" if look.left else seconds(look.time))
    return cells


def _speed(rate: float) -> str:
    """Say how fast it goes, so that the number is above one."""
    return f"{number(rate)}/s" if rate >= 1 else f"{seconds(1 / rate)} a step"


def _bar(look: Look, width: int) -> str:
    """Draw the bar itself, in the colours of the terminal."""
    from io import StringIO  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415 - once there is something to draw
    from rich.progress_bar import ProgressBar  # noqa: PLC0415

    console = Console(file=StringIO(), force_terminal=True, width=width + 1)
    with console.capture() as captured:
        bar = ProgressBar(1, look.share, width=width, finished_style="bar.complete")
        console.print(bar, end="")
    # Without colours nothing is drawn for what is still to be done.
    return captured.get().ljust(width)


def _columns() -> int:
    """How wide the terminal of standard error is."""
    try:
        return os.get_terminal_size(2).columns or _COLUMNS
    except OSError:
        return _COLUMNS
