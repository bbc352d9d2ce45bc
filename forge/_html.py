"""HTML that shows what anybody wrote and obeys none of it."""

from collections.abc import Iterable, Sequence
from html import escape

from forge._text import visible


def text(words: str) -> str:
    """Write a text between tags.

    Args:
        words: Any text.

    Returns:
        The text, escaped; what no reader sees is shown as an escape.
    """
    return escape(visible(words))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table.

    Args:
        heads: Texts, escaped here; none for a table without a head.
        rows: Cells of HTML, escaped by the caller.

    Returns:
        The element.
    """
    head = "".join(f"<th>{text(words)}</th>" for words in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"
