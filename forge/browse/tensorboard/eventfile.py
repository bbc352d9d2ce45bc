"""A file of events that TensorBoard follows while it grows."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from forge.browse.tensorboard.wire import opening


#: What TensorBoard knows its files by.
PREFIX: Final = "events.out.tfevents"

_POLYNOMIAL: Final = 0x82F63B78
_MASK: Final = 0xA282EAD8
_WORD: Final = 0xFFFFFFFF


def _table() -> tuple[int, ...]:
    """Compute the checksum of each byte."""
    found = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)  # noqa: PLW2901
        found.append(value)
    return tuple(found)


_TABLE: Final = _table()


class EventFile:
    """Appends events, each in a record with its length and checksums.

    The format is that of TensorFlow's record files: `length`, its checksum, the message
    and its checksum, all numbers little-endian. Checksums are CRC-32C, masked.

    Args:
        folder: Where the file is made; TensorBoard names the run after it.
        wall: When the run started, in seconds since 1970.
    """

    def __init__(self, folder: Path, wall: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # TensorBoard takes the number for the time, and reads files in its order.
        self.path = folder / f"{PREFIX}.{int(wall):010d}.forge"
        self._file = self.path.open("wb")
        self.append([opening(wall)])

    def append(self, messages: Iterable[bytes]) -> None:
        """Append events, and let readers have them.

        Args:
            messages: The events, encoded.

        Raises:
            OSError: The file cannot be written.
        """
        self._file.writelines(map(record, messages))
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def record(message: bytes) -> bytes:
    """Put a message into a record.

    Args:
        message: The message.

    Returns:
        The bytes of the record.
    """
    length = struct.pack("<Q", len(message))
    return length + _checksum(length) + message + _checksum(message)


def _checksum(data: bytes) -> bytes:
    """Compute the masked CRC-32C of bytes."""
    crc, table = _WORD, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= _WORD
    return struct.pack("<I", (crc >> 15 | crc << 17) + _MASK & _WORD)
