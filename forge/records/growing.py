"""A file that is open and only grows, and what others do to it meanwhile."""

import os
from collections.abc import Callable
from pathlib import Path

from forge._text import near
from forge.records.durable import displaced, identity
from forge.records.layout import set_aside


#: Bytes before the end that tell whether a file still is what it was.
_END = 256


class GrowingFile:
    """Knows whether a file that is appended to is still what it was.

    Whoever deletes it, or puts another one in its place, takes nothing away: all of it
    is in the file that is open, and is written anew. What is cut off by a program that
    empties it or writes over it is gone, which can only be told.

    Args:
        path: The file.
        fd: The same, open.
        content: What is in it, such as `all its lines`.
        then: What becomes of the rest once a part is gone, in one sentence.
    """

    def __init__(self, path: Path, fd: int, *, content: str, then: str) -> None:
        # Not the descriptor: programs close those that they do not know, and their
        # files get the numbers.
        self._identity = identity(fd)
        self._path = path.absolute()
        self._content, self._then = content, then
        self._size, self._end = 0, b""

    def is_behind(self, fd: int) -> bool:
        """Tell whether a descriptor still leads to it.

        Args:
            fd: The descriptor, which others may have closed and opened anew.

        Returns:
            Whether it does.
        """
        try:
            return identity(fd) == self._identity
        except OSError:
            return False

    def adopt(self, fd: int) -> None:
        """Take another open file for it, such as the same one opened again.

        Args:
            fd: The open file.
        """
        self._identity = identity(fd)

    def put_back(self, go_on: Callable[[Path], object]) -> str:
        """Have it written anew if it is not in its place.

        Args:
            go_on: Goes on in a new file, which begins with all that the present one
                holds. Where it has made none, it is called again the next time.

        Returns:
            What to warn of; nothing if it is in its place.

        Raises:
            OSError: It is not there, and cannot be written anew.
        """
        path = self._path
        what = displaced(self._identity, path)
        if not what:
            return ""
        aside = set_aside(path)
        if what == "replaced":
            path.replace(aside)
        go_on(path)
        self._identity = identity(path)
        kept = f"\n  What stood in its place is kept as {aside.name}."
        return (
            f"{near(path)} was {what}, and is written anew with {self._content}."
            f"{kept if what == 'replaced' else ''}"
        )

    def check(self, length: int = 0) -> str:
        """Look whether a part of it is gone, and take it as it is from now on.

        Args:
            length: How long it is at least, where that is known; else as long as it was
                the last time.

        Returns:
            What to warn of; nothing if all is there, or nobody can tell.
        """
        try:
            if not (length or self._size or os.stat(self._path).st_size):  # noqa: PTH116
                return ""
            fd = os.open(self._path, os.O_RDONLY)
        except OSError:
            return ""
        try:
            return self._compare(fd, max(length, self._size))
        except OSError:
            return ""
        finally:
            os.close(fd)

    def _compare(self, fd: int, length: int) -> str:
        """Compare it with what it was the last time."""
        size = os.fstat(fd).st_size
        end = os.pread(fd, len(self._end), self._size - len(self._end))
        is_whole = size >= length and end == self._end
        self._size = size
        # No more than that: it goes on growing.
        kept = min(size, _END)
        self._end = os.pread(fd, kept, size - kept)
        if is_whole:
            return ""
        gone = f"at least {length - size:,}" if size < length else "some"
        return (
            f"{near(self._path)} was emptied or written over: {gone} of its "
            f"{length:,} bytes are lost.\n  {self._then}"
        )
