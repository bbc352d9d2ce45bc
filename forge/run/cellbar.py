"""A progress bar below a notebook's cell."""

import html
from collections.abc import Mapping
from typing import Any

from forge.observers.loop import Look
from forge.run.bar import words


class CellBar:
    """Draws a loop as an output that is replaced.

    Args:
        shell: The notebook's shell.
    """

    period = 0.5

    def __init__(self, shell: Any) -> None:
        self._publish = shell.display_pub.publish
        self._number = 0
        self._is_shown = False

    def draw(self, name: str, look: Look, metrics: Mapping[str, float]) -> None:
        """Draw how far a loop has come.

        Args:
            name: The run.
            look: How far it has come.
            metrics: What was logged last.
        """
        text = words(name, look, metrics)
        share = f"{look.share:.4f}"
        bar = f'<progress value="{share}"></progress> ' if look.total else ""
        self._put({"text/plain": text, "text/html": bar + html.escape(text)})

    def clear(self) -> None:
        """Leave an empty output, which takes no room."""
        if self._is_shown:
            self._put({"text/plain": ""})
            self._is_shown = False

    def _put(self, data: dict[str, str]) -> None:
        """Make an output, or replace the one there is."""
        self._number += not self._is_shown
        self._publish(
            data,
            transient={"display_id": f"forge-{id(self)}-{self._number}"},
            update=self._is_shown,
        )
        self._is_shown = True
