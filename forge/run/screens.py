"""What progress can be drawn on: a terminal, or the output of a notebook's cell."""

import sys
from typing import Any

from forge.run.progress import Screen
from forge.run.streams import Show


def screen_for(show: Show | None) -> Screen | None:
    """Find what progress can be drawn on.

    Args:
        show: Keeps a line at the bottom of the terminal; None where there is none.

    Returns:
        The screen; None where output is a file or a pipe.
    """
    shell = notebook_shell()
    if shell is not None:
        from forge.run.cellbar import CellBar  # noqa: PLC0415 - notebooks only

        return CellBar(shell)
    if show is None:
        return None
    from forge.run.bar import Bar  # noqa: PLC0415 - terminals only

    return Bar(show)


def notebook_shell() -> Any:
    """Find the shell of a notebook, which is no terminal.

    Returns:
        The shell; None in any other process.
    """
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = find() if callable(find) else None
    return shell if getattr(shell, "kernel", None) is not None else None
