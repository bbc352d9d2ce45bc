"""The output of a run: kept in its folder while the terminal shows it as ever."""

import fcntl
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

from forge.observers.warning import cause_of, warn
from forge.records.durable import HIGH, identity, out_of_the_way
from forge.run import pump
from forge.run.outputfile import OutputFile
from forge.run.streams import (
    Captured,
    capture_streams,
    flush_streams,
    is_terminal,
)


Mode = Literal["no", "sys", "fd"]

# For a terminal that somebody has stopped with Ctrl-S.
_DRAIN_MILLISECONDS: Final = 10_000
_PIPE_BYTES: Final = 1 << 20
# Where termios keeps the flags for output.
_OUTPUT_FLAGS: Final = 1

# The pump has to survive whatever ends a run. Blocked signals stay blocked in a new
# program, so there is no moment in which it would not.
_BLOCKED: Final = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTTOU,
)
# A shell starts the pump and is gone: as a child of the run, it would be in the way of
# code that waits for all of its children.
_SHELL: Final = ("/bin/sh", "-c", '"$@" &', "sh")

_ONLY_STREAMS: Final = """\
what C code and children print cannot be kept: {cause}
  The run goes on, and what Python prints is kept."""


def capture(mode: Mode, path: Path | None) -> AbstractContextManager[Captured]:
    """Append everything that is printed to a file.

    Args:
        mode: `fd` takes what the process and its children write to descriptors 1 and 2,
            from whatever language; `sys` what goes through `sys.stdout` and
            `sys.stderr`, as in notebooks; `no` nothing.
        path: The file; None for no file. If it cannot be opened, entering the context
            is an `OSError`.

    Returns:
        A context; when it ends, all that was printed in it is in the file. It gives
        what can be asked of the capture meanwhile.
    """
    if mode == "no" or path is None:
        return capture_streams(None)
    if mode == "sys" or not sys.executable:
        return capture_streams(path)
    return _capture_descriptors(path)


@contextmanager
def _capture_descriptors(path: Path) -> Iterator[Captured]:
    """Put a pump process behind descriptors 1 and 2."""
    owner = os.getpid()
    flush_streams()
    try:
        plumbing = _Plumbing(path)
    except OSError as error:
        # Too many processes or descriptors: no reason to do without the run.
        with capture_streams(path) as captured:
            warn(_ONLY_STREAMS.format(cause=cause_of(error)))
            yield captured
        return
    restore = _print_line_by_line()
    try:
        show = plumbing.show if is_terminal(sys.stderr) else None
        yield Captured(show, plumbing.settle, plumbing.look)
    finally:
        # A fork that leaves the body is not the run: it prints on as it did.
        if os.getpid() == owner:
            flush_streams()
            _flush_c()
            plumbing.remove()
            restore()


class _Plumbing:
    """Descriptors 1 and 2 lead to a pump, and how they were before.

    Args:
        path: The file that the pump appends to.
    """

    def __init__(self, path: Path) -> None:
        log = out_of_the_way(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666))
        self._file = OutputFile(path, log)
        self._real = {1: _real_output(1), 2: _real_output(2)}
        read_control, self._control = map(out_of_the_way, os.pipe())
        os.set_blocking(self._control, False)
        self._ready, write_ready = map(out_of_the_way, os.pipe())
        given = [log, read_control, write_ready]
        writing = {}
        try:
            for fd in _separate_outputs():
                reading, writing[fd] = _stream(fd)
                given.append(reading)
            targets = [f"{pump.STREAM + i}:{fd}" for i, fd in enumerate(writing)]
            _start_pump([self._real[1], self._real[2], *given], targets)
            for fd in self._real:
                os.dup2(writing.get(fd, writing[1]), fd)
        except BaseException:
            _close([self._control, self._ready, *self._real.values()])
            raise
        finally:
            _close([*given, *writing.values()])
        own = (1, 2, self._control, self._ready, *self._real.values())
        self._mine = {fd: _identity(fd) for fd in own}
        self._ended = False
        # One byte is the answer to whoever asks.
        self._ending, self._settling = threading.Lock(), threading.Lock()
        threading.Thread(target=self._watch, name="forge-pump", daemon=True).start()

    def show(self, line: str) -> None:
        """Have the pump keep a line at the bottom of the terminal.

        Args:
            line: The line; empty for none.
        """
        word = pump.SHOW + line.encode() + pump.END_OF_WORD
        # The pump does not listen while somebody has stopped the terminal: what finds
        # no room is left out. Up to this length a line goes in whole or not at all.
        if len(word) <= select.PIPE_BUF and self._has(self._control):
            with suppress(OSError):
                os.write(self._control, word)

    def settle(self) -> None:
        """Wait until what was printed so far is in the file."""
        self._ask(b"")

    def look(self) -> None:
        """Have the pump write the file anew if it is not in its place."""
        self._file.look(
            lambda path: self._ask(pump.MOVE + os.fsencode(path) + pump.END_OF_WORD)
        )

    def _ask(self, word: bytes) -> None:
        """Tell the pump something, and wait until all before it is in the file."""
        flush_streams()
        with self._settling:
            if not self._has(self._control):
                return
            _wait(self._control, select.POLLOUT)
            with suppress(OSError):  # the pump was killed
                os.write(self._control, word + pump.SETTLE + pump.END_OF_WORD)
                if _wait(self._ready, select.POLLIN):
                    os.read(self._ready, 1)

    def remove(self) -> None:
        """Put the real output back, and wait until what was printed has arrived."""
        with self._ending:
            self._ended = True
        self._put_back(self._real)
        # Without them, the pump goes on until nobody can print into it any more.
        if self._has(self._control) and self._has(self._ready):
            _wait(self._control, select.POLLOUT)
            with suppress(OSError):  # the pump was killed
                os.write(self._control, pump.FINISH + pump.END_OF_WORD)
            _wait(self._ready, select.POLLIN)
        own = (self._control, self._ready, *self._real.values())
        _close(filter(self._has, own))

    def _watch(self) -> None:
        """Put the real output back if the pump is killed: printing is no failure."""
        waiting = select.poll()
        waiting.register(self._ready, 0)  # its end is told without being asked for
        waiting.poll()
        with self._ending:
            # A program that has closed what it did not know has ended nothing.
            if self._ended or not self._has(self._control):
                return
            led = [*filter(self._has, self._real)]
            self._put_back(led)
        # It also ends when nothing leads to it any more.
        if led:
            warn(
                "the process that keeps the run's output was killed.\n"
                "  The run goes on, and what it prints from now on is only shown."
            )

    def _put_back(self, descriptors: Iterable[int]) -> None:
        """Let descriptors lead to where they led before."""
        for fd in descriptors:
            if self._has(self._real[fd]):
                os.dup2(self._real[fd], fd)

    def _has(self, fd: int) -> bool:
        """Tell whether a descriptor is what it was.

        Programs close those that they do not know, and their files get the numbers.
        """
        return _identity(fd) == self._mine[fd]


def _identity(fd: int) -> tuple[int, int] | None:
    """Tell a descriptor's pipe or terminal from others; nothing if it is closed."""
    try:
        return identity(fd)
    except OSError:
        return None


def _wait(descriptor: int, event: int) -> bool:
    """Wait for something to happen, though not for ever; tell whether it did."""
    waiting = select.poll()
    waiting.register(descriptor, event)
    return bool(waiting.poll(_DRAIN_MILLISECONDS))


def _real_output(fd: int) -> int:
    """Duplicate an output; what a process without one prints goes nowhere."""
    # Above all descriptors that the pump is given.
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError:
        return out_of_the_way(os.open(os.devnull, os.O_WRONLY))


def _close(descriptors: Iterable[int]) -> None:
    """Close descriptors."""
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)


def _separate_outputs() -> tuple[int, ...]:
    """Tell whether 1 and 2 are two: as one stream, their lines stay in order."""
    try:
        return (1,) if os.path.sameopenfile(1, 2) else (1, 2)
    except OSError:
        return (1, 2)


def _stream(fd: int) -> tuple[int, int]:
    """Make a pipe, or what looks like the terminal if that is what there is.

    Args:
        fd: The descriptor that it will replace.

    Returns:
        The end to read from and the end to write to.
    """
    if not os.isatty(fd):
        reading, writing = map(out_of_the_way, os.pipe())
        with suppress(OSError, AttributeError):  # Linux only, and there is a limit
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return reading, writing
    reading, writing = map(out_of_the_way, os.openpty())
    attributes = termios.tcgetattr(fd)
    # The real terminal does what has to be done with line ends.
    attributes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(writing, termios.TCSANOW, attributes)
    size = fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(writing, termios.TIOCSWINSZ, size)
    return reading, writing


def _start_pump(descriptors: list[int], words: list[str]) -> None:
    """Start the pump in a session of its own, out of reach of Ctrl-C.

    Args:
        descriptors: What it gets as 1, 2, 3, ...
        words: Its arguments.
    """
    command = [sys.executable, "-I", "-S", pump.__file__, *words]
    actions: list[Any] = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    actions += [
        (os.POSIX_SPAWN_DUP2, descriptor, i)
        for i, descriptor in enumerate(descriptors, 1)
    ]
    try:
        shell = _spawn([*_SHELL, *command], file_actions=actions)
    except FileNotFoundError:  # the smallest containers have no shell
        _spawn(command, file_actions=actions)
        return
    with suppress(ChildProcessError):  # where children are reaped by themselves
        os.waitpid(shell, 0)


def _spawn(command: list[str], **options: Any) -> int:
    """Start a program without copying this process, however large it has become."""
    try:
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            setsigmask=_BLOCKED,
            setsid=True,
            **options,
        )
    except NotImplementedError:  # a process group is enough for Ctrl-C
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            setsigmask=_BLOCKED,
            setpgroup=0,
            **options,
        )


def _flush_c() -> None:
    """Let everything that C libraries have kept back be written."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes  # noqa: PLC0415 - needed once, at the end

        ctypes.CDLL(None).fflush(None)


def _print_line_by_line() -> Callable[[], None]:
    """Make the last line before a kill be written, also into pipes.

    Returns:
        What puts the former behaviour back.
    """
    before: list[tuple[Any, bool]] = []
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
    for stream in streams:
        with suppress(AttributeError, ValueError, OSError):
            before.append((stream, stream.line_buffering))
            stream.reconfigure(line_buffering=True)

    def restore() -> None:
        for stream, line_buffering in before:
            with suppress(AttributeError, ValueError, OSError):
                stream.reconfigure(line_buffering=line_buffering)

    return restore
