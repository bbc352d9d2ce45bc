"""The streams of Python while a run goes on: copied, and kept above its progress."""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from forge.records.durable import go_on_in
from forge.run.outputfile import OutputFile
from forge.run.pump import Bottom


#: Keeps a line at the bottom of the terminal; an empty one takes it away.
Show: TypeAlias = Callable[[str], None]


def _no_wait() -> None:
    """Do nothing: what is printed is in the file already, or in none."""


class Captured(NamedTuple):
    """What can be asked of a capture while it goes on."""

    #: Keeps a line at the bottom of the terminal, which is not in the file; None where
    #: standard error is no terminal.
    show: Show | None = None
    #: Waits until what was printed so far is in the file.
    settle: Callable[[], None] = _no_wait
    #: Has the file written anew if somebody has deleted or replaced it.
    look: Callable[[], None] = _no_wait


def is_terminal(stream: Any) -> bool:
    """Tell whether lines on a stream can be drawn again.

    Args:
        stream: Such as `sys.stderr`.

    Returns:
        Whether it is a terminal that understands that.
    """
    try:
        return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):  # None, or closed
        return False


@contextmanager
def capture_streams(path: Path | None) -> Iterator[Captured]:
    """Let `sys.stdout` and `sys.stderr` write to the file as well.

    Args:
        path: The file; None for no file.

    Yields:
        What can be asked of the capture.
    """
    screen = _Screen(sys.stderr) if is_terminal(sys.stderr) else None
    if path is None and screen is None:
        yield Captured()
        return
    log = _Log(path)
    tees: Mapping[str, Any] = {
        name: _Tee(stream, log, screen if is_terminal(stream) else None)
        for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr))
        if stream is not None
    }
    for name, tee in tees.items():
        setattr(sys, name, tee)
    try:
        yield Captured(screen.show if screen else None, look=log.look)
    finally:
        if screen:
            screen.show("")
        for name, tee in tees.items():
            # Others may have put theirs on top in the meantime, which stays.
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.forge_stream)
        log.close()


class _Screen:
    """A terminal that this process itself draws a line at the bottom of.

    Args:
        stream: Where to draw.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._bottom = Bottom()
        self._lock = threading.RLock()
        self._pid = os.getpid()

    def show(self, line: str) -> None:
        """Change the line.

        Args:
            line: The new one; empty for none.
        """
        with self._lock:
            self._draw(self._bottom.show(line.encode()))

    @contextmanager
    def above(self, data: bytes) -> Iterator[None]:
        """Make room for what is printed in the context.

        Args:
            data: What it will be.
        """
        if os.getpid() != self._pid:
            # A fork draws nothing, and who held the lock does not exist in it.
            yield
            return
        with self._lock:
            before, after = self._bottom.around(data)
            self._draw(before)
            yield
            self._draw(after)

    def _draw(self, data: bytes) -> None:
        """Write to the terminal, unless it is gone."""
        if data:
            with suppress(OSError, ValueError):
                self._stream.write(data.decode())
                self._stream.flush()


class _Log:
    """A file that is written to until it is closed, and never fails.

    Args:
        path: The file; None for none.

    Raises:
        OSError: If it cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._descriptor: int | None = None
        if path is not None:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            self._descriptor = os.open(path, flags, 0o666)
            self._file = OutputFile(path, self._descriptor)
        # Reentrant, because what is said of the file is printed.
        self._lock = threading.RLock()
        self._pid = os.getpid()

    def write(self, data: bytes) -> None:
        """Append bytes.

        Args:
            data: What was printed.
        """
        # Also without effect after the end, for those that keep a stream for longer.
        if self._descriptor is not None:
            with suppress(OSError), self._alone():
                os.write(self._descriptor, data)

    def look(self) -> None:
        """Have the file written anew if it is not in its place."""
        descriptor = self._descriptor
        if descriptor is not None:
            with self._alone():
                self._file.look(lambda path: go_on_in(descriptor, path))

    def close(self) -> None:
        """Append nothing from now on."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _alone(self) -> AbstractContextManager[object]:
        """Keep others from writing; who held the lock does not exist in a fork."""
        return self._lock if os.getpid() == self._pid else nullcontext()


class _Tee:
    """A stream that is the one it stands for, and keeps a copy of what is written.

    Args:
        stream: The stream it stands for.
        log: Where the copy goes.
        screen: The terminal that the stream is; None where it is none.
    """

    def __init__(self, stream: Any, log: _Log, screen: _Screen | None) -> None:
        self.forge_stream = stream
        self._log = log
        self._screen = screen

    def write(self, text: Any) -> Any:
        """Write to the stream and to the copy.

        Args:
            text: Text, or bytes for a binary stream.

        Returns:
            What the stream returns.
        """
        data = _encoded(text)
        if self._screen is None:
            written = self.forge_stream.write(text)
        else:
            with self._screen.above(data):
                written = self.forge_stream.write(text)
                # Before the line is drawn again, which goes by another stream.
                self.forge_stream.flush()
        self._log.write(data)
        return written

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write several texts.

        Args:
            lines: The texts.
        """
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        """The binary stream below, copied as well."""
        return _Tee(self.forge_stream.buffer, self._log, self._screen)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.forge_stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.forge_stream)


def _encoded(text: Any) -> bytes:
    """The bytes of what is printed."""
    if not isinstance(text, str):
        return bytes(text)
    try:
        # Bytes that were not UTF-8 when they were read become bytes again.
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def flush_streams() -> None:
    """Let everything that Python has kept back be written."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # None, closed, broken
            stream.flush()
