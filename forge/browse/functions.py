"""Functions that Python lends to SQLite."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forge.browse.cells import dumps, loads
from forge.browse.sizes import size_of


def lend(connection: sqlite3.Connection, roots: Sequence[Path]) -> None:
    """Let conditions look into lists, and at what no column keeps.

    Args:
        connection: The index.
        roots: The results folders that it is of.
    """

    def path(root: int, folder: str) -> str:
        return os.path.join(roots[root], folder)  # noqa: PTH118

    functions: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("forge_contains", _contains),
        ("forge_equal", _equal),
        ("forge_path", path),
        ("forge_size", lambda *place: size_of(path(*place))),
    )
    for name, function in functions:
        connection.create_function(name, -1, function, deterministic=True)


def _contains(
    kind: str | None, value: Any, needle: str, number: float | str | None = None
) -> bool:
    """Look for a text in a text, or for an item in a list, whatever their case."""
    if kind == "text":
        return needle in value.casefold()
    if kind != "array":
        return False
    items = loads(value)
    texts = (i if isinstance(i, str) else dumps(i) for i in items)
    return any(text.casefold() == needle for text in texts) or (
        number is not None and any(_is_same(item, number) for item in items)
    )


def _equal(kind: str | None, value: Any, wanted: str) -> bool:
    """Compare a list with a list: 1 is 1.0 in there, and not true."""
    if kind != "array":
        return False
    items, others = loads(value), loads(wanted)
    return len(items) == len(others) and all(map(_is_same, items, others))


def _is_same(item: Any, other: Any) -> bool:
    """Compare two items."""
    return isinstance(item, bool) == isinstance(other, bool) and bool(item == other)
