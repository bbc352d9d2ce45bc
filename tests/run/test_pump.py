"""The pump, run in a thread; as a process it is tested with capture."""

import fcntl
import itertools
import os
import struct
import termios
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.run.pump import Bottom, Log, Mirror, Pump, Remarks


class Started:
    """A pump with pipes around it."""

    def __init__(self, path, terminal=None):
        self.reading, self.writing = os.openpty() if terminal else os.pipe()
        self.real, self.mirror = (None, terminal) if terminal else os.pipe()
        control, self.control = os.pipe()
        self.ready, ready = os.pipe()
        self.log = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        pump = Pump(
            {self.reading: self.mirror}, log=self.log, control=control, ready=ready
        )
        self.opened = [self.control, self.ready, self.log, self.mirror, control]
        self.thread = threading.Thread(target=pump.run)
        self.thread.start()

    def end(self):
        os.close(self.writing)
        self.thread.join(10)
        assert not self.thread.is_alive()
        for descriptor in self.opened:
            os.close(descriptor)


def test_output_goes_to_the_file_and_on(tmp_path):
    pump = Started(tmp_path / "out")
    os.write(pump.writing, b"one\xff")
    os.write(pump.control, b".\0")
    assert os.read(pump.ready, 1) == b""
    assert (tmp_path / "out").read_bytes() == b"one\xff"
    os.write(pump.writing, b"two")
    pump.end()
    assert (tmp_path / "out").read_bytes() == b"one\xfftwo"
    assert os.read(pump.real, 100) == b"one\xfftwo"
    os.close(pump.real)


def test_output_goes_on_in_another_file_where_the_run_says_so(tmp_path):
    pump = Started(tmp_path / "out")
    os.write(pump.writing, b"one")
    os.write(pump.control, b"?\0")
    assert os.read(pump.ready, 1) == b"?"
    (tmp_path / "out").unlink()
    new = os.fsencode(tmp_path / "new")
    os.write(pump.control, b"!" + new + b"\0!" + new + b"\0?\0")
    assert os.read(pump.ready, 1) == b"?"
    os.write(pump.writing, b"two\n")
    pump.end()
    assert (tmp_path / "new").read_bytes() == b"onetwo\n"
    # The second time there was such a file, which is left alone and told of.
    shown = os.read(pump.real, 1000)
    assert shown.startswith(b"onetwo\nforge: the run's output cannot be written")
    os.close(pump.real)


def test_a_copy_that_does_not_fit_is_not_left_behind(tmp_path, limit):
    log = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    os.write(log, b"12345678")
    limit(4)
    assert b"File too large" in Log(log).move(os.fsencode(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert os.pread(log, 100, 0) == b"12345678"
    os.close(log)


def test_a_run_that_is_gone_is_no_orderly_end(tmp_path):
    pump = Started(tmp_path / "out")
    os.close(pump.control)
    pump.opened.remove(pump.control)
    assert os.read(pump.ready, 1) == b""
    os.write(pump.writing, b"a child")
    pump.end()
    os.close(pump.real)
    assert (tmp_path / "out").read_bytes() == b"a child"


def test_the_size_of_a_terminal_is_passed_on(tmp_path):
    window, terminal = os.openpty()
    pump = Started(tmp_path / "out", os.dup(terminal))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 11, 22, 0, 0))
    end = time.monotonic() + 10
    while os.get_terminal_size(pump.writing) != (22, 11):
        assert time.monotonic() < end
        time.sleep(0.01)
    pump.end()
    os.close(window)
    os.close(terminal)


def test_what_could_not_be_written_is_written_later(tmp_path, monkeypatch):
    """The file is a pipe that is full at first."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    filled = 0
    while True:
        try:
            filled += os.write(writing, b"x" * 4096)
        except BlockingIOError:
            break
    log = Log(writing)
    said = log.write(b"kept ")
    assert log.write(b"for later") == b""
    while filled:
        filled -= len(os.read(reading, min(filled, 65536)))
    assert log.write(b"!") == b""
    assert os.read(reading, 100) == b"kept for later!"
    assert (said.count(b"forge: "), said[-1:]) == (1, b"\n")
    for descriptor in (reading, writing):
        os.close(descriptor)


PIECES = st.lists(st.sampled_from([b"a", b"b\n", b"\n", b"\rc", b"d\r\ne"]), max_size=9)


@given(before=PIECES, after=PIECES)
def test_a_remark_stands_between_lines_and_soon(before, after):
    remarks = Remarks()
    printed = b"".join(map(remarks.among, before))
    whole = printed
    whole += remarks.say(b"forge: full\n")
    whole += b"".join(map(remarks.among, after)) + remarks.last()
    assert whole.count(b"forge: full\n") == 1
    head, _, tail = whole.partition(b"forge: full\n")
    assert head == b"" or head.endswith(b"\n")
    # Nothing else has changed, but for the end of a line that did not end itself.
    plain = b"".join(before + after)
    assert plain in (head + tail, head[:-1] + tail)
    # No line that ended later was waited for.
    assert head[len(printed) :].count(b"\n") <= 1


def test_a_full_disk_is_told_on_a_line_of_its_own(tmp_path):
    pump = Started(tmp_path / "out")
    os.write(pump.writing, b"half a")
    os.write(pump.control, b"?\0")
    assert os.read(pump.ready, 1) == b"?"
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, pump.log)
    os.close(full)
    os.write(pump.writing, b" line\nand one more")
    os.write(pump.control, b".\0")
    assert os.read(pump.ready, 1) == b""
    pump.end()
    first, said, rest = os.read(pump.real, 1000).split(b"\n")
    assert (first, rest) == (b"half a line", b"and one more")
    assert said.startswith(b"forge: the run's output cannot be written")
    os.close(pump.real)


def test_a_terminal_that_somebody_made_non_blocking_loses_nothing():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = os.urandom(1_000_000)
    thread = threading.Thread(target=Mirror(writing).write, args=[data])
    thread.start()
    got = b""
    while len(got) < len(data):
        got += os.read(reading, 65536)
    thread.join()
    assert got == data
    os.close(reading)
    os.close(writing)


@pytest.mark.filterwarnings("error")
def test_output_nobody_reads_is_dropped():
    reading, writing = os.pipe()
    mirror = Mirror(writing)
    os.close(reading)
    mirror.write(b"one")
    mirror.write(b"two")
    os.close(writing)


def test_the_bottom_line_is_drawn_again_below_what_is_printed():
    bottom = Bottom()
    assert bottom.around(b"one\n") == (b"", b"")
    assert bottom.show(b"[bar]") == b"[bar]"
    assert bottom.around(b"two\n") == (b"\r\x1b[2K", b"[bar]")
    assert bottom.show(b"[new]") == b"\r\x1b[2K[new]"
    assert bottom.show(b"") == b"\r\x1b[2K"
    assert bottom.around(b"three\n") == (b"", b"")


def test_a_line_that_has_begun_is_not_drawn_over():
    bottom = Bottom()
    bottom.show(b"[bar]")
    assert bottom.around(b"name? ") == (b"\r\x1b[2K", b"")
    assert bottom.show(b"[new]") == b""
    assert bottom.around(b"Ada\n") == (b"", b"[new]")


# Words of the run arrive in any pieces.
@given(
    st.lists(st.binary(max_size=5).map(lambda b: b.replace(b"\0", b""))),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_words_are_heard_in_any_pieces(lines, sizes):
    terminal, theirs = os.openpty()
    pump = Started(os.devnull, terminal=theirs)
    said = b"".join(b"=" + line + b"\0" for line in lines) + b".\0"
    for size in itertools.cycle(sizes):
        os.write(pump.control, said[:size])
        said = said[size:]
        if not said:
            break
    assert os.read(pump.ready, 1) == b""
    os.close(terminal)
    pump.end()
