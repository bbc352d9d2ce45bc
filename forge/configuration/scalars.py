"""Single words read as numbers, truths and paths."""

import os.path
from collections.abc import Callable, Iterable
from typing import Any, Final

from forge._text import did_you_mean
from forge.configuration.brackets import cut_items
from forge.configuration.literals import based_integer
from forge.configuration.shapes import Mismatch


_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_EXACT_FLOATS: Final = 2**53
_LONGEST_MISSPELT: Final = 100


def read_int(text: str) -> int:
    """Read a whole number: `3`, `-1`, `1_000`, `0xff`, `1e6`, `2.0`.

    Args:
        text: Any text.

    Returns:
        The number.

    Raises:
        Mismatch: It is none, or has a fraction.
    """
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return based_integer(text)
    except ValueError:
        pass
    number = _float(text)
    if number is None or not number.is_integer():
        raise _not_one(text, read_int)
    return int(number) if abs(number) < _EXACT_FLOATS else _exact(text)


def read_exact_int(text: str) -> int:
    """Read a whole number where `1.0` is a float, in a union of both.

    Args:
        text: Any text.

    Returns:
        The number.

    Raises:
        Mismatch: It is none, or spelled as a float.
    """
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return based_integer(text)
    except ValueError:
        raise Mismatch from None


def read_float(text: str) -> float:
    """Read a number: `1e-4`, `1`, `.5`, `inf`, `nan`.

    Args:
        text: Any text.

    Returns:
        The number as a float.

    Raises:
        Mismatch: It is none.
    """
    try:
        return float(text)
    except ValueError:
        raise _not_one(text, read_float) from None


def read_bool(text: str) -> bool:
    """Read true/false, yes/no, on/off or 1/0 in any case.

    Args:
        text: Any text.

    Returns:
        The truth.

    Raises:
        Mismatch: It is none of these words.
    """
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise _not_one(text, read_bool) from None


def read_path(text: str, kind: Any) -> Any:
    """Read a path, `~` expanded.

    Args:
        text: Any text.
        kind: The class of the path.

    Returns:
        The path.
    """
    try:
        return kind(os.path.expanduser(text))  # noqa: PTH111 - of any class of path
    except ValueError:  # ~name with a name that no user can have
        return kind(text)


def suggestion(text: str, words: Iterable[str]) -> str:
    """Say which of the right words was probably meant.

    Args:
        text: What was typed.
        words: What would have been right.

    Returns:
        `Did you mean exact?`, or nothing.
    """
    words = list(words)
    same = [word for word in words if word.casefold() == text.casefold()]
    if len(text) > _LONGEST_MISSPELT:
        return ""
    return did_you_mean(same[0] if same else text, words).strip()


def _float(text: str) -> float | None:
    """The number that a text spells, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def _exact(text: str) -> int:
    """Read `1e23`, which as a float would be another number."""
    # Imported on use: only huge numbers need it.
    from decimal import Decimal  # noqa: PLC0415

    number, part = Decimal(text.strip()).as_integer_ratio()
    if part != 1:
        raise Mismatch
    return number


def _not_one(text: str, reader: Callable[[str], Any]) -> Mismatch:
    """Tell a comma list of right values from a wrong value."""
    if "," not in text:
        return Mismatch()
    try:
        items = cut_items(text)
        # One item may be the whole text again: [1,2].
        for item in items if len(items) > 1 else [""]:
            reader(item)
    except Mismatch:
        return Mismatch()
    return Mismatch(code="several-values")
