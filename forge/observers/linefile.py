"""A file that only grows, whole lines at a time, and outlives a full disk."""

import errno
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from forge._text import near, plural
from forge.records.durable import go_on_in, out_of_the_way
from forge.records.growing import GrowingFile


#: Lines kept while the file cannot be written; beyond that the oldest are lost.
MOST_KEPT = 10_000

#: Seconds between two attempts, two warnings and two syncs.
RETRY_SECONDS = 1.0
WARN_SECONDS = 60.0
SYNC_SECONDS = 5.0

_NO_FILE = -1

_THEN = (
    "They are in no other file. The run goes on, and appends what it logs;\n"
    "  its summary counts the lines that are there."
)

# Bound once, for the write that training waits for.
write = os.write


class LineFile:
    """Appends lines so that each is in the file when its call returns.

    One call is one `write` on a descriptor in append mode: a killed process loses
    nothing, and no other process can get between the bytes of a line. While the file
    cannot be written, lines are kept and written later, in their order.

    Args:
        path: The file; made if missing, and given the final newline that a killed
            writer may have left out.
        warn: Told in one text that the file cannot be written, at most once a minute,
            and when it can be again.
        clock: Seconds that only grow.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._warn = warn
        self._clock = clock
        self._fd = _opened(path)
        self._file = GrowingFile(path, self._fd, content="all its lines", then=_THEN)
        self._kept: deque[bytes] = deque(maxlen=MOST_KEPT)
        self._lost = 0
        self._failing = self._told = False
        self._tried = self._warned = self._synced = float("-inf")
        # How long the file was when the device had it all.
        self._safe = 0
        # How long it is if nobody else has written to it.
        self._length = os.fstat(self._fd).st_size
        if self._is_torn():
            self._length += os.write(self._fd, b"\n")

    def append(self, line: bytes) -> None:
        """Append a line.

        Args:
            line: Its bytes, newline included.
        """
        if self._failing:
            self._keep(line)
            self.retry()
            return
        try:
            written = write(self._fd, line)
        except OSError as error:
            self._miss(line, error=error)
            return
        self._length += written
        if written != len(line):
            self._miss(line, written)

    def retry(self, *, now: bool = False) -> bool:
        """Try to write the lines kept since the file could not be written.

        Args:
            now: Try even if the last attempt was a moment ago.

        Returns:
            Whether nothing is kept any more.
        """
        if not self._failing:
            return True
        if not now and self._clock() - self._tried < RETRY_SECONDS:
            return False
        try:
            self._open_again()
            while (torn := self._is_torn()) or self._kept:
                # In portions: one write of everything would be done again and again.
                data = b"\n" * torn + b"".join(islice(self._kept, 100))
                written = os.write(self._fd, data)
                self._length += written
                if not written:
                    self._fail(None)
                    return False
                self._drop(written - torn)
        except OSError as error:
            self._fail(error)
            return False
        self._recover()
        return True

    def sync(self, *, now: bool = False) -> None:
        """Have the device hold what the file holds, at most every 5 seconds.

        Args:
            now: Do it even if the last time was a moment ago.
        """
        if self._fd == _NO_FILE or not self.retry(now=now):
            return
        if now or self._clock() - self._synced >= SYNC_SECONDS:
            self._synced = self._clock()
            try:
                self._open_again()
                size = os.fstat(self._fd).st_size
                if size != self._safe:
                    _sync(self._fd)
                    self._safe = size
            except OSError as error:
                # The lines are in the file all the same: go on appending.
                self._tell(error)

    def look(self) -> bool:
        """See what others have done to the file, and mend what can be mended.

        One that was deleted or replaced is written anew: its lines are still there.

        Returns:
            Whether lines are gone, because somebody has emptied it or written over it.

        Raises:
            OSError: It cannot be written anew; the lines stay where they are.
        """
        if self._fd == _NO_FILE:
            return False
        try:
            self._open_again()
        except OSError as error:
            self._fail(error)
            return False
        if anew := self._file.put_back(partial(go_on_in, self._fd)):
            self._safe = 0
            self._warn(anew)
        gone = self._file.check(self._length)
        if gone:
            self._warn(gone)
            self._safe, self._length = 0, os.fstat(self._fd).st_size
            # A line may have been cut in two: it is ended as after a failed write.
            self._failing = True
            self.retry(now=True)
        return bool(gone)

    def close(self) -> None:
        """Write what is still kept, sync and close; later calls do nothing."""
        if self._fd == _NO_FILE:
            return
        self.sync(now=True)
        if self._kept:
            count = plural(len(self._kept) + self._lost, "line")
            self._warn(
                f"{count} of {near(self.path)} could not be written and are lost."
            )
        with suppress(OSError):  # somebody has closed it
            os.close(self._fd)
        self._fd = _NO_FILE

    def _open_again(self) -> None:
        """Open the file again if somebody has closed all descriptors.

        Raises:
            OSError: It cannot be opened.
        """
        if not self._file.is_behind(self._fd):
            # The number may be that of another file by now, which is left alone.
            self._fd = _opened(self.path)
            self._file.adopt(self._fd)

    def _is_torn(self) -> bool:
        """Tell whether the last line lacks its newline."""
        size = os.fstat(self._fd).st_size
        return size > 0 and os.pread(self._fd, 1, size - 1) != b"\n"

    def _miss(
        self, line: bytes, written: int = 0, *, error: OSError | None = None
    ) -> None:
        """Keep a line of which not every byte was written."""
        self._keep(line)
        self._drop(written)
        if error is not None and error.errno == errno.EBADF:
            self._failing = True
            self.retry(now=True)
        else:
            self._fail(error)

    def _keep(self, line: bytes) -> None:
        """Keep a line for later; the oldest gives way if there are too many."""
        self._lost += len(self._kept) == MOST_KEPT
        self._kept.append(line)

    def _drop(self, written: int) -> None:
        """Forget the lines that so many written bytes hold.

        A line without its newline counts: the next attempt begins with that newline.
        """
        while self._kept and written >= len(self._kept[0]) - 1:
            written -= len(self._kept.popleft())

    def _fail(self, error: OSError | None) -> None:
        """Go over to keeping lines."""
        self._failing = True
        self._tried = self._clock()
        self._tell(error)

    def _tell(self, error: OSError | None) -> None:
        """Warn, but not more than once a minute."""
        now = self._clock()
        if now - self._warned < WARN_SECONDS:
            return
        self._warned = now
        self._told = True
        cause = (
            error.strerror
            if error and error.strerror
            else "a line went in only in part"
        )
        self._warn(
            f"{near(self.path)} cannot be written: {cause}.\n"
            "  The run goes on and tries again; "
            f"up to {MOST_KEPT:,} lines are kept until then."
        )

    def _recover(self) -> None:
        """Go back to writing at once."""
        self._failing = False
        if self._told or self._lost:
            lost = f"; {plural(self._lost, 'line')} were lost" if self._lost else ""
            self._warn(f"{near(self.path)} can be written again{lost}.")
        self._told = False
        self._lost = 0


def _opened(path: Path) -> int:
    """Open the file; readable as well, to look whether the last line is whole."""
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        return out_of_the_way(fd)
    except OSError:  # so many are open, or so few allowed
        return fd


def _sync(fd: int) -> None:
    """Have the device hold the content of a file."""
    # macOS has no fdatasync.
    getattr(os, "fdatasync", os.fsync)(fd)
