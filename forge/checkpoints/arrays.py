"""Arrays in one file of the safetensors format, hashed while they are written.

The library checks and the tests read what is written here. It is written here, and not
by the library, so that the sum is made of the bytes in memory while the disk is at
work, and so that arrays on a device are fetched one at a time.
"""

import contextlib
import errno
import hashlib
import json
import math
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from forge.errors import ForgeError


ARRAYS: Final = "arrays.safetensors"

#: Kinds of array that safetensors names; the others are kept as bytes.
NATIVE: Final = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
_CODES: Final = {name: code for code, name in NATIVE.items()}
_WIDTHS: Final = {
    code: 1 if code == "BOOL" else int("".join(filter(str.isdigit, code))) // 8
    for code in NATIVE
}
#: Bytes that are hashed and written at a time.
_CHUNK: Final = 4 << 20
#: A multiple of the size of a page, whatever the machine.
_PAGES: Final = 64 << 10
#: How many chunks the sum may be behind; what is fetched for them is still in memory.
_BEHIND: Final = 2
#: Headers begin with their length in so many bytes, and fill up to a multiple of it.
_WORD: Final = 8


class FileFact(msgspec.Struct, frozen=True):
    """One file of a checkpoint."""

    #: Its length in bytes.
    size: int
    #: The hash of its content.
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Measure and hash the whole content of a file.

        Args:
            data: The content.

        Returns:
            The facts.
        """
        return cls(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Array:
    """An array that is to be written: its kind now, its values when they are due."""

    #: The name of its type of number, one of `NATIVE`.
    dtype: str
    #: Its extent in each dimension.
    shape: tuple[int, ...]
    #: Gives its values as a contiguous NumPy array, of any type of the same width.
    fetch: Callable[[], Any]

    @property
    def code(self) -> str:
        """What safetensors calls its type of number."""
        return _CODES[self.dtype]

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return _WIDTHS[self.code] * math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class ReadArray:
    """An array that was read."""

    #: The name of its type of number.
    dtype: str
    #: Its extent in each dimension.
    shape: tuple[int, ...]
    #: Its bytes, in memory of its own.
    data: Any


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> FileFact:
    """Write arrays into a new file; a large one is on the disk when this returns.

    Args:
        path: The file, which does not exist.
        arrays: The arrays by key.

    Returns:
        Length and hash of the file.

    Raises:
        OSError: When the disk refuses.
    """
    # By width: each array then lies at a multiple of it, and can be mapped.
    order = sorted(arrays, key=lambda key: (-_WIDTHS[arrays[key].code], key))
    head = _header([(key, arrays[key]) for key in order])
    size = len(head) + sum(a.size for a in arrays.values())
    with path.open("xb", buffering=0) as file, _Sum(threaded=size > _CHUNK) as total:
        begun = written = 0
        for piece in _pieces(head, [arrays[key] for key in order]):
            total.add(piece)
            rest = piece
            while rest:
                rest = rest[file.write(rest) :]
            written += len(piece)
            if written - begun >= _CHUNK:
                begun = _begin_flush(file.fileno(), begun, written)
        if size > _CHUNK:
            # While the disk is at work, the sum catches up.
            os.fsync(file.fileno())
    return FileFact(size, total.hexdigest())


def read_arrays(path: Path) -> dict[str, ReadArray]:
    """Read all arrays of a file, each into memory of its own.

    Args:
        path: The file.

    Returns:
        The arrays by key.

    Raises:
        ForgeError: `checkpoint-damaged`, when it is no such file.
    """
    import numpy as np
    from safetensors import SafetensorError, safe_open

    try:
        _insist_on_file(path)
        # The library checks lengths, offsets and shapes against the file's size.
        with safe_open(str(path), "numpy"), path.open("rb", buffering=0) as file:
            length = int.from_bytes(file.read(_WORD), "little")
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            found = {}
            for key in sorted(header, key=lambda k: header[k]["data_offsets"]):
                fact = header[key]
                begin, end = fact["data_offsets"]
                data = np.empty(end - begin, np.uint8)
                file.seek(_WORD + length + begin)
                _fill(file, data.data)
                kind = NATIVE[fact["dtype"]]
                found[key] = ReadArray(kind, tuple(fact["shape"]), data)
            return found
    except (OSError, SafetensorError, ValueError, KeyError) as e:
        text = f"{path.name} cannot be read: {e}"
        raise ForgeError("checkpoint-damaged", text) from e


def _insist_on_file(path: Path) -> None:
    """Refuse pipes: opening one that nobody writes to would never return."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")


class _Sum:
    """A hash that another thread makes, because hashing takes as long as writing."""

    def __init__(self, *, threaded: bool) -> None:
        self._hash = hashlib.sha256()
        self._queue: queue.Queue[memoryview | None] = queue.Queue(_BEHIND)
        self._thread = threading.Thread(target=self._work) if threaded else None

    def __enter__(self) -> Self:
        if self._thread:
            try:
                self._thread.start()
            except RuntimeError:
                # There are too many, or the interpreter is about to end.
                self._thread = None
        return self

    def __exit__(self, *exception: object) -> None:
        if self._thread:
            self._queue.put(None)
            self._thread.join()

    def add(self, data: memoryview) -> None:
        """Hash what is written next."""
        if self._thread:
            self._queue.put(data)
        else:
            self._hash.update(data)

    def hexdigest(self) -> str:
        """Return the hash of everything, once it is complete."""
        return self._hash.hexdigest()

    def _work(self) -> None:
        """Hash what comes until nothing more does."""
        while (data := self._queue.get()) is not None:
            self._hash.update(data)


def _begin_flush(fd: int, begin: int, end: int) -> int:
    """Let the disk begin with what is written; return where it is to go on."""
    # A page that is on its way to the disk may not be written to meanwhile.
    end -= end % _PAGES
    if hasattr(os, "posix_fadvise"):
        # What is not needed in memory is on its way to the disk at once. Without that
        # the system would wait until it is asked to flush everything.
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, begin, end - begin, os.POSIX_FADV_DONTNEED)
    return end


def _header(arrays: Iterable[tuple[str, Array]]) -> bytes:
    """Write what a file of the format begins with."""
    facts, at = {}, 0
    for key, array in arrays:
        place = [at, at + array.size]
        facts[key] = {
            "dtype": array.code,
            "shape": array.shape,
            "data_offsets": place,
        }
        at = place[1]
    text = json.dumps(facts, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _WORD)
    return len(text).to_bytes(_WORD, "little") + text


def _pieces(head: bytes, arrays: Iterable[Array]) -> Iterator[memoryview]:
    """Cut a file into what is hashed and written at a time."""
    import numpy as np

    yield memoryview(head)
    for array in arrays:
        values = array.fetch()
        if values.nbytes != array.size:
            text = f"{array.shape} of {array.dtype} has {values.nbytes} bytes"
            raise ValueError(text)
        data = memoryview(values.reshape(-1).view(np.uint8))
        for begin in range(0, array.size, _CHUNK):
            yield data[begin : begin + _CHUNK]


def _fill(file: Any, rest: memoryview) -> None:
    """Read until a buffer is full, however little the system gives at a time."""
    while rest:
        got = file.readinto(rest)
        if not got:
            raise OSError("the file is too short")
        rest = rest[got:]
