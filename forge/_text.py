"""Words for messages: what was probably meant, plurals, paths, aligned columns."""

import os
from collections.abc import Iterable, Sequence
from typing import Final


#: The most characters that a value takes in a message.
_BRIEF: Final = 60


def close(word: str, options: Iterable[str], n: int = 1) -> list[str]:
    """Find the options that a mistyped word most probably meant.

    Args:
        word: What was typed.
        options: What would have been right.
        n: How many to return at most.

    Returns:
        The closest options, best first; empty when nothing is close.
    """
    # Imported on use: only mistakes need it, and it costs a tenth of a start.
    from difflib import get_close_matches  # noqa: PLC0415

    return get_close_matches(word, list(options), n, 0.6)


def did_you_mean(word: str, options: Iterable[str], form: str = "{}") -> str:
    """Say what a mistyped word most probably meant.

    Args:
        word: What was typed.
        options: What would have been right.
        form: How to write the suggestion, `{}` standing for the word.

    Returns:
        ` Did you mean …?` with a leading space, or nothing.
    """
    found = close(word, options)
    return f" Did you mean {form.format(found[0])}?" if found else ""


def plural(n: int, noun: str) -> str:
    """Write a count with its noun.

    Args:
        n: How many.
        noun: The noun for one.

    Returns:
        `1 run`, `2 runs`, `3 classes`, `4 entries`.
    """
    if n == 1:
        return f"{n} {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{n} {noun[:-1]}ies"
    return f"{n} {noun}es" if noun.endswith(("s", "x", "ch")) else f"{n} {noun}s"


def brief(value: object) -> str:
    """Write a value that somebody gave, so that a message has room for it.

    Args:
        value: Any value.

    Returns:
        Its `repr` in one line, the end of a long one left out.
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def near(path: str | os.PathLike[str]) -> str:
    """Write a path as one would type it here.

    Args:
        path: Any path.

    Returns:
        It, without the working directory where it is below that.
    """
    text = os.fspath(path)
    try:
        here = os.getcwd()  # noqa: PTH109 - without importing pathlib
    except OSError:  # it is gone, or may not be seen
        return text
    if text == here:
        return os.curdir
    return text.removeprefix(here.rstrip(os.sep) + os.sep)


def aligned(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Pad the cells of a table so that its columns line up.

    Args:
        rows: The cells, row by row; rows may differ in length.
        gap: Spaces between two columns.

    Returns:
        One line a row, without trailing spaces.
    """
    if not rows:
        return []
    n = max(map(len, rows))
    widths = [max((len(r[i]) for r in rows if i < len(r)), default=0) for i in range(n)]
    space = " " * gap
    return [
        space.join(cell.ljust(widths[i]) for i, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def visible(text: str) -> str:
    r"""Show a text that anybody may have written without obeying it.

    Args:
        text: Any text, such as a name out of a run folder.

    Returns:
        The text with escapes such as `\x1b`, `\n`, `\u202e` in place of characters
        that move, colour or reorder what a terminal shows.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    """Write a character as Python would."""
    return character.encode("unicode_escape").decode("ascii")
