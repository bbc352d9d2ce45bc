"""Terminals that programs of tests run on."""

import fcntl
import os
import pty
import select
import struct
import termios
import time


class Terminal:
    """A program on a terminal of its own, as in a window."""

    def __init__(self, words, rows=24, columns=80, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(words[0], words, {**os.environ, **env})
        self.seen = b""

    def read(self, until=None, seconds=20):
        """Read until a text has appeared, or to the end."""
        end = time.monotonic() + seconds
        while until is None or until not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], end - time.monotonic())
            assert ready, f"{until!r} did not come after {self.seen!r}"
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                assert until is None, f"{until!r} did not come after {self.seen!r}"
                break
            self.seen += data
        return self.seen

    def close(self):
        """Read to the end and return all output with the exit status."""
        self.read()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return self.seen, os.waitstatus_to_exitcode(status)


def wiped(text):
    """Tell what a terminal shows in the end: lines that were erased are not there."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r\x1b[2K")[2] for line in lines)
