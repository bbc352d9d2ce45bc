"""The process that copies a run's output to its terminal and to its folder.

`forge.run.capture` starts this file as a script, isolated and without `site`, and hands
it these descriptors:

| 1, 2 | the real standard output and error |
| 3 | the file to append to |
| 4 | words of the run: the line to keep at the bottom, and that it has ended |
| 5 | where to say that all it has written is copied |
| 6, 7 | what the run writes to, each with its target as an argument: `6:1` |

It ends when nobody can write any more, neither the run nor a child that outlives it.
It loads no module that is written in Python, and is ready after some milliseconds.
"""

import errno
import fcntl
import os
import select
import sys
import termios
import time


LOG = 3
CONTROL = 4
READY = 5
STREAM = 6
_CHUNK = 1 << 16
#: Words end with this byte, which no line has. One sets the line at the bottom of the
#: terminal, one says that the run has ended in order, one asks for a byte as soon as
#: all that was written so far is copied, and one names a new file to go on in.
END_OF_WORD = b"\0"
SHOW = b"="
FINISH = b"."
SETTLE = b"?"
MOVE = b"!"
_ERASE = b"\r\x1b[2K"
# More than a pipe holds: what was written before the run ended is among it.
_DRAINED = 2 << 20
_KEPT = 1 << 20
_RESIZE_MILLISECONDS = 250
_WARN_SECONDS = 60
# Limits may be a billion, and old kernels close one after the other.
_DESCRIPTORS = 1 << 16


class Log:
    """Appends to the file, and keeps the newest output while the disk is full.

    Args:
        descriptor: The open file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._kept = b""
        self._warned = -float(_WARN_SECONDS)

    def write(self, data: bytes) -> bytes:
        """Append bytes, those that could not be written before first.

        Args:
            data: What was printed.

        Returns:
            The line that says that it cannot be written; nothing in most cases.
        """
        self._kept += data
        try:
            while self._kept:
                self._kept = self._kept[os.write(self._descriptor, self._kept) :]
        except OSError as error:
            self._kept = self._kept[-_KEPT:]
            return self._complaint(error)
        return b""

    def move(self, path: bytes) -> bytes:
        """Go on in a new file, which begins with all that the present one holds.

        Args:
            path: The new file.

        Returns:
            The line that says that this is not possible; nothing in most cases.
        """
        try:
            new = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                at = 0
                while data := os.pread(self._descriptor, _KEPT, at):
                    at += os.write(new, data)
                os.dup2(new, self._descriptor)
            except OSError:
                os.unlink(path)  # noqa: PTH108 - pathlib is written in Python
                raise
            finally:
                os.close(new)
        except OSError as error:
            return self._complaint(error)
        return b""

    def _complaint(self, error: OSError) -> bytes:
        """Complain once a minute."""
        if time.monotonic() - self._warned < _WARN_SECONDS:
            return b""
        self._warned = time.monotonic()
        text = (
            "forge: the run's output cannot be written to its folder: "
            f"{error.strerror}. The run goes on; the newest {_KEPT >> 20} MB is "
            "written once that is possible.\n"
        )
        return text.encode()


class Mirror:
    """Writes to the real output for as long as somebody reads it.

    Args:
        descriptor: The terminal, pipe or file.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._gone = False

    def write(self, data: bytes) -> None:
        """Write bytes; what cannot be written any more is dropped.

        Args:
            data: What was printed.
        """
        while data and not self._gone:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # somebody made the terminal non-blocking
                waiting = select.poll()
                waiting.register(self._descriptor, select.POLLOUT)
                waiting.poll(1000)
            except OSError as error:  # a closed window, or `| head`
                self._gone = error.errno != errno.ENOSPC
                return


class Remarks:
    """Lines of the pump's own, which stand between those of the run, never in one."""

    def __init__(self) -> None:
        self._waiting = b""
        self._at_margin = True

    def say(self, line: bytes) -> bytes:
        """Have a line said as soon as no other is half printed.

        Args:
            line: The line.

        Returns:
            What to print of it at once.
        """
        self._waiting += line
        return self._said() if self._at_margin else b""

    def among(self, data: bytes) -> bytes:
        """Put what waits between the lines of what is printed.

        Args:
            data: What is about to be printed.

        Returns:
            What to print instead.
        """
        if self._waiting:
            # A progress bar begins each time where its line does, and ends none.
            if data.startswith(b"\r") and not data.startswith(b"\r\n"):
                data = b"\n" + self._said() + data
            elif end := data.find(b"\n") + 1:
                data = data[:end] + self._said() + data[end:]
        self._at_margin = data.endswith(b"\n")
        return data

    def last(self) -> bytes:
        """End the line that is half printed, if something waits for that.

        Returns:
            What to print.
        """
        return b"\n" + self._said() if self._waiting else b""

    def _said(self) -> bytes:
        """What waits, which waits no longer."""
        said, self._waiting = self._waiting, b""
        return said


class Bottom:
    """A line that stays at the bottom of a terminal, below all that is printed.

    It is drawn only while the cursor stands at the beginning of a line: a prompt, or
    the progress bar of somebody else, is left alone until it ends.
    """

    def __init__(self) -> None:
        self._line = b""
        self._is_drawn = False
        self._at_margin = True

    def show(self, line: bytes) -> bytes:
        """Change the line.

        Args:
            line: The new one; empty for none.

        Returns:
            What to write to the terminal.
        """
        erase = _ERASE if self._is_drawn else b""
        self._line = line
        return erase + self._drawn()

    def around(self, data: bytes) -> tuple[bytes, bytes]:
        """Make room for what is printed.

        Args:
            data: What is about to be printed.

        Returns:
            What to write before it and after it.
        """
        erase = _ERASE if self._is_drawn else b""
        self._at_margin = data.endswith(b"\n")
        return erase, self._drawn()

    def _drawn(self) -> bytes:
        """What draws the line, where it can be drawn."""
        self._is_drawn = self._at_margin and bool(self._line)
        return self._line if self._is_drawn else b""


class Pump:
    """Copies streams until all of them have ended.

    Args:
        targets: For each descriptor to read the one to copy to.
        log: The open file to append everything to.
        control: Where the run's words come from.
        ready: Where to say that all the run had written is copied.
    """

    def __init__(
        self, targets: dict[int, int], *, log: int, control: int, ready: int
    ) -> None:
        self._log = Log(log)
        self._mirrors = {stream: Mirror(fd) for stream, fd in targets.items()}
        self._terminals = {
            stream: fd
            for stream, fd in targets.items()
            if os.isatty(stream) and os.isatty(fd)
        }
        # The terminal of standard error is where people look for progress.
        last = max(targets, key=targets.__getitem__)
        self._remarks = Remarks()
        self._remarking = last
        self._bottom = Bottom()
        self._showing = last if last in self._terminals else None
        self._words = b""
        self._sizes: dict[int, bytes] = {}
        self._control = control
        self._ready = ready
        self._poll = select.poll()
        for descriptor in (*targets, control):
            self._poll.register(descriptor, select.POLLIN)

    def run(self) -> None:
        """Copy until the last writer is gone."""
        while self._mirrors:
            timeout = _RESIZE_MILLISECONDS if self._terminals else None
            for descriptor, _ in self._poll.poll(timeout):
                if descriptor == self._control:
                    self._listen()
                elif descriptor in self._mirrors:
                    self._copy(descriptor)
            self._resize()

    def _copy(self, stream: int) -> int:
        """Copy what there is; a stream that has ended is let go."""
        try:
            data = os.read(stream, _CHUNK)
        except OSError:  # how the end of a pseudo-terminal looks
            data = b""
        if data:
            self._append(data)
            printed = data
            if stream == self._remarking:
                printed = self._remarks.among(data)
            self._print(stream, printed)
        else:
            if stream == self._remarking:
                self._print(stream, self._remarks.last())
            self._poll.unregister(stream)
            os.close(stream)
            del self._mirrors[stream]
            self._terminals.pop(stream, None)
            if stream == self._showing:
                self._showing = None
        return len(data)

    def _append(self, data: bytes) -> None:
        """Append to the file, and say that it is not possible."""
        self._remark(self._log.write(data))

    def _remark(self, line: bytes) -> None:
        """Say something between the lines of the run, if there is something to say."""
        if line:
            self._print(self._remarking, self._remarks.say(line))

    def _print(self, stream: int, data: bytes) -> None:
        """Write to what a stream is copied to, above the line at the bottom."""
        if not data or stream not in self._mirrors:
            return
        if stream == self._showing:
            before, after = self._bottom.around(data)
            data = before + data + after
        self._mirrors[stream].write(data)

    def _listen(self) -> None:
        """Do what the run says; one that says nothing any more was killed."""
        heard = os.read(self._control, _CHUNK)
        *words, self._words = (self._words + heard).split(END_OF_WORD)
        lines = [word[1:] for word in words if word.startswith(SHOW)]
        if lines:
            self._show(lines[-1])
        for word in words:
            if word.startswith(MOVE):
                self._remark(self._log.move(word[1:]))
        if SETTLE in words:
            self._drain()
            try:  # noqa: SIM105 - contextlib is written in Python
                os.write(self._ready, SETTLE)
            except OSError:  # the run is gone
                pass
        if FINISH in words or not heard:
            self._finish(ended=bool(heard))

    def _show(self, line: bytes) -> None:
        """Draw the line at the bottom, where there is a terminal."""
        if self._showing is not None:
            self._mirrors[self._showing].write(self._bottom.show(line))

    def _finish(self, *, ended: bool) -> None:
        """Copy all that the run has written, and tell it.

        Without waiting for the end of the streams: a child may go on writing.
        """
        self._poll.unregister(self._control)
        self._show(b"")
        if ended:
            self._drain()
            self._append(b"")
            self._print(self._remarking, self._remarks.last())
        os.close(self._ready)

    def _drain(self) -> None:
        """Copy all that is there, though not what comes without end."""
        left = _DRAINED * len(self._mirrors)
        while left > 0:
            ready = [fd for fd, _ in self._poll.poll(0) if fd in self._mirrors]
            if not ready:
                return
            left -= sum(map(self._copy, ready))

    def _resize(self) -> None:
        """Pass on the size of the window."""
        for stream, terminal in self._terminals.items():
            try:
                size = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
                if self._sizes.get(stream) != size:
                    fcntl.ioctl(stream, termios.TIOCSWINSZ, size)
                    self._sizes[stream] = size
            except OSError:  # the window was closed
                continue


def main(words: list[str]) -> None:
    """Do what the module says.

    Args:
        words: Each stream with its target.
    """
    targets = {}
    for word in words:
        stream, _, target = word.partition(":")
        targets[int(stream)] = int(target)
    # What C libraries of the run left open would be kept open by this process.
    os.closerange(STREAM + len(targets), _DESCRIPTORS)
    Pump(targets, log=LOG, control=CONTROL, ready=READY).run()


if __name__ == "__main__":
    main(sys.argv[1:])
