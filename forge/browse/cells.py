"""Values in the one form in which the index keeps and compares them."""

import json
import math
import sys
from typing import Any, Final


#: Longer texts are cut: a list is no place for them.
LONGEST: Final = 4_096

#: Stands for infinity, which JSON lacks.
GREATEST: Final = sys.float_info.max

#: Stands between texts that are looked through together; no text has it.
BETWEEN: Final = "\uffff"

#: Greater whole numbers, which SQLite has no room for, are kept as floating point.
_GREATEST_WHOLE: Final = (1 << 63) - 1

#: Floating-point numbers written by two writers need not look the same, and lists are
#: compared by their looks: this is the one writer.
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def plain(value: Any) -> Any:
    """Turn a value out of a run folder into what the index keeps.

    Args:
        value: Anything that JSON can express, tuples and sets too.

    Returns:
        Texts of bounded length without characters that SQLite refuses, numbers within
        its bounds; NaN as the text `NaN`.
    """
    kind = type(value)
    if kind is str:
        return text(value)
    if kind is float or kind is int:
        return number(value)
    if kind in (list, tuple, set, frozenset):
        return [plain(item) for item in value]
    if kind is dict:
        return {text(str(key)): plain(item) for key, item in value.items()}
    return value if kind is bool or value is None else text(str(value))


def text(value: str) -> str:
    """Turn a text into one that SQLite keeps and JSON expresses.

    Args:
        value: Any text.

    Returns:
        The same where that is possible, at most `LONGEST` characters of it.
    """
    if len(value) > LONGEST:
        value = f"{value[:LONGEST]}…"
    if value.isascii() and "\0" not in value:
        return value
    value = value.replace("\0", "\ufffd").replace(BETWEEN, "\ufffd")
    return value.encode(errors="backslashreplace").decode()


def number(value: float) -> float | str:
    """Turn a number into one that SQLite has room for.

    Args:
        value: Any number.

    Returns:
        The nearest that there is; NaN becomes the text `NaN`.
    """
    if type(value) is int:
        if -_GREATEST_WHOLE <= value <= _GREATEST_WHOLE:
            return value
        try:
            value = float(value)
        except OverflowError:
            value = GREATEST if value > 0 else -GREATEST
    return "NaN" if math.isnan(value) else min(max(value, -GREATEST), GREATEST)


def dumps(value: Any) -> str:
    """Write a value as the index keeps it.

    Args:
        value: What `plain` returned.

    Returns:
        JSON without spaces.
    """
    return _encode(value)


def loads(document: str) -> Any:
    """Read what `dumps` wrote.

    Args:
        document: JSON out of the index.

    Returns:
        The value.
    """
    return json.loads(document)


def spelled(value: Any) -> str:
    """Write a value in full, as programs read it.

    Args:
        value: A value out of the index.

    Returns:
        Texts as they are, lists and mappings as JSON, nothing for None.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not abs(value) < GREATEST:
        # As the index, which has texts and numbers of its own for these.
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return repr(value) if isinstance(value, int | float) else dumps(value)
