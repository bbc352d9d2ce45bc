"""Plain JSON: what every file of a run folder is made of."""

import json
import math
from types import MappingProxyType
from typing import Any

import msgspec


#: Refuses numbers that JSON lacks, in a tenth of the time that looking at each takes.
_refuse_odd = json.JSONEncoder(allow_nan=False, check_circular=False).encode

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
    ready = _ready(value)
    try:
        return msgspec.json.encode(ready)
    except UnicodeEncodeError:
        # File names that are not UTF-8 arrive as lone surrogates: escapes keep them.
        return json.dumps(ready, separators=(",", ":")).encode()


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
    ready = _ready(value)
    try:
        line = msgspec.json.encode(ready, order="sorted" if sort_keys else None)
    except UnicodeEncodeError:
        # File names that are not UTF-8 arrive as lone surrogates: escapes keep them.
        return f"{json.dumps(ready, indent=2, sort_keys=sort_keys)}\n".encode()
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


def _ready(value: Any) -> Any:
    """Turn a value into what JSON has, numbers that are not finite into texts."""
    plain = msgspec.to_builtins(value)
    try:
        _refuse_odd(plain)
    except (ValueError, TypeError):
        return finite(plain)
    return plain
