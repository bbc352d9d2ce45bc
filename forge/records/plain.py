"""Plain JSON: what every file of a run folder is made of."""

import json
import math
import re
from types import MappingProxyType
from typing import Any, Literal

import msgspec


#: What a number that JSON lacks is in MessagePack, a double whose exponent is all ones.
#: A text that holds the same bytes only costs time.
_odd = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]").search

#: How numbers that JSON lacks are written.
_NOT_FINITE = MappingProxyType(
    {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
)


def to_json(value: Any) -> bytes:
    """Write a value as one line of JSON.

    Args:
        value: Plain containers, text and numbers, or frozen msgspec values of those.
            Numbers that are not finite become `"NaN"`, `"Infinity"`, `"-Infinity"`.

    Returns:
        The text in UTF-8, without a newline.

    Raises:
        TypeError: If JSON cannot express the value; see `rich`.
    """
    line = _line(value)
    if line is None:
        # File names that are not UTF-8 arrive as lone surrogates: escapes keep them.
        return json.dumps(_ready(value), separators=(",", ":")).encode()
    return line


def pretty_json(value: Any, *, sort_keys: bool = False) -> bytes:
    """Write a value as JSON that people read and compare line by line.

    Args:
        value: As for `to_json`.
        sort_keys: Order mappings by key rather than as they are.

    Returns:
        The text in UTF-8 with a final newline.

    Raises:
        TypeError: If JSON cannot express the value; see `rich`.
    """
    # Only mappings are sorted: by then sets are lists, and dates among the keys texts.
    line = _line(msgspec.to_builtins(value), "sorted") if sort_keys else _line(value)
    if line is None:
        # File names that are not UTF-8 arrive as lone surrogates: escapes keep them.
        text = json.dumps(_ready(value), indent=2, sort_keys=sort_keys)
        return f"{text}\n".encode()
    return msgspec.json.format(line, indent=2) + b"\n"


def from_json(data: bytes) -> Any:
    """Read JSON, whoever wrote it.

    Args:
        data: The text in UTF-8.

    Returns:
        Dicts, lists, texts, numbers, booleans and None.

    Raises:
        ValueError: If it is no JSON, is nested beyond reason, or is not UTF-8.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass  # Lone surrogates and numbers such as 1e999 are legal: try once more.
    if not data.strip():
        raise ValueError("it is empty")
    try:
        # Decoded here: json would take bytes for UTF-16 where they look like it.
        return json.loads(data.decode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text (byte {error.start})") from None
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from None


def not_finite(text: str) -> float | None:
    """Read a number that JSON lacks.

    Args:
        text: A text found where a number was expected.

    Returns:
        NaN or an infinity; nothing when the text is neither.
    """
    return _NOT_FINITE.get(text)


def finite(value: Any) -> Any:
    """Replace the numbers that JSON lacks by their names.

    Args:
        value: Plain containers, text and numbers.

    Returns:
        The same with `"NaN"`, `"Infinity"`, `"-Infinity"` in their places.
    """
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        name = "NaN" if math.isnan(value) else "Infinity"
        return f"-{name}" if value < 0 else name
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def _line(value: Any, order: Literal["sorted"] | None = None) -> bytes | None:
    """Write a value as one line; None where text in it is no text in UTF-8."""
    try:
        line = msgspec.json.encode(value, order=order)
        # What JSON lacks has become null, like what is null itself.
        if b"null" in line and _may_be_odd(value):
            line = msgspec.json.encode(_ready(value), order=order)
    except UnicodeEncodeError:
        return None
    return line


def _may_be_odd(value: Any) -> bool:
    """Tell whether there are numbers that JSON lacks, or something that looks so.

    MessagePack has them, and is written in a tenth of the time that looking at each
    number takes.
    """
    try:
        return _odd(msgspec.msgpack.encode(value)) is not None
    except OverflowError:
        return True  # an integer of more than 64 bits


def _ready(value: Any) -> Any:
    """Turn a value into what JSON has, numbers that are not finite into texts."""
    return finite(msgspec.to_builtins(value))
