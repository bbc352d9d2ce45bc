"""Events as TensorBoard reads them, encoded without its libraries.

The messages are those of `event.proto`, `summary.proto` and the hparams plugin's
`plugin_data.proto` of TensorBoard; the encoding is that of Protocol Buffers.
"""

import struct
from collections.abc import Mapping
from typing import Any, Final


_VARINT: Final = 0
_DOUBLE: Final = 1
_BYTES: Final = 2
_FLOAT: Final = 5

#: What the first event of a file says; TensorBoard heeds restarts from version 2 on.
FILE_VERSION: Final = "brain.Event:2"

_SESSION_START: Final = 1
_PLUGIN: Final = "hparams"
_DATA_VERSION: Final = 0

#: How runs ended, in the words of the hparams plugin.
_ENDS: Final = {"COMPLETED": 1, "FAILED": 2, "INTERRUPTED": 2, "DEAD": 2, "RUNNING": 3}
_UNKNOWN: Final = 0

_LARGEST_INT: Final = 1 << 63


def opening(wall: float) -> bytes:
    """Encode the event that a file begins with.

    Args:
        wall: When, in seconds since 1970.

    Returns:
        The message.
    """
    return _double(1, wall) + _text(3, FILE_VERSION)


def scalars(wall: float, step: int, values: Mapping[str, float]) -> bytes:
    """Encode numbers that were measured together.

    Args:
        wall: When, in seconds since 1970.
        step: At which step.
        values: The numbers by tag.

    Returns:
        The message. Numbers have single precision, as always in TensorBoard.
    """
    summary = b"".join(
        _message(1, _text(1, tag) + _float(2, value)) for tag, value in values.items()
    )
    return _double(1, wall) + _varint(2, step) + _message(5, summary)


def restart(wall: float, step: int) -> bytes:
    """Encode that a run was resumed: what it said from a step on counts no more.

    Args:
        wall: When, in seconds since 1970.
        step: The first step that is superseded.

    Returns:
        The message.
    """
    log = _message(7, _varint(1, _SESSION_START))
    return _double(1, wall) + _varint(2, step) + log


def parameters(wall: float, config: Mapping[str, Any], *, group: str) -> bytes:
    """Encode the parameters of a run, for the hparams page.

    Args:
        wall: When the run started, in seconds since 1970.
        config: The parameters by key.
        group: What tells the run from others there.

    Returns:
        The message.
    """
    entries = b"".join(
        _message(1, _text(1, key) + _message(2, _value(value)))
        for key, value in config.items()
    )
    started = entries + _text(4, group) + _double(5, wall)
    return _plugin(wall, "session_start_info", _message(3, started))


def ending(wall: float, status: str) -> bytes:
    """Encode how a run ended, for the hparams page.

    Args:
        wall: When, in seconds since 1970.
        status: Its status.

    Returns:
        The message.
    """
    end = _varint(1, _ENDS.get(status, _UNKNOWN)) + _double(2, wall)
    return _plugin(wall, "session_end_info", _message(4, end))


def _plugin(wall: float, what: str, content: bytes) -> bytes:
    """Encode what only the hparams plugin reads."""
    data = _text(1, _PLUGIN) + _message(2, _varint(1, _DATA_VERSION) + content)
    value = _text(1, f"_hparams_/{what}") + _message(9, _message(1, data))
    return _double(1, wall) + _message(5, _message(1, value))


def _value(value: Any) -> bytes:
    """Encode a parameter as a `google.protobuf.Value`."""
    if isinstance(value, bool):
        return _key(4, _VARINT) + bytes([value])
    if isinstance(value, int | float) and abs(value) < _LARGEST_INT:
        return _double(2, value)
    return _text(3, value if isinstance(value, str) else str(value))


def _key(field: int, kind: int) -> bytes:
    """Encode the number of a field, all of which are small here."""
    return bytes([field << 3 | kind])


def _number(value: int) -> bytes:
    """Encode an integer, seven bits in a byte; negative ones as if of 64 bits."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - the largest in one byte
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _varint(field: int, value: int) -> bytes:
    """Encode a field that is an integer."""
    return _key(field, _VARINT) + _number(value)


def _double(field: int, value: float) -> bytes:
    """Encode a field of double precision."""
    return _key(field, _DOUBLE) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    """Encode a field of single precision; what is too large for it is infinite."""
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _key(field, _FLOAT) + packed


def _message(field: int, content: bytes) -> bytes:
    """Encode a field that is a message, or bytes."""
    return _key(field, _BYTES) + _number(len(content)) + content


def _text(field: int, value: str) -> bytes:
    """Encode a field that is a text."""
    return _message(field, value.encode("utf-8", "replace"))
