"""Captured output of notebooks, at the level of Python's streams."""

import io
import logging
import os
import sys

import pytest
from terminals import wiped

from forge.run.capture import capture
from forge.run.streams import is_terminal


def test_streams_are_copied_in_notebooks(out, capsys):
    logger = logging.getLogger("forge.test.capture")
    stdout = sys.stdout
    with capture("sys", out):
        print("text é")
        print("error", file=sys.stderr)
        sys.stdout.writelines(["a\n", "b\n"])
        assert sys.stdout.encoding == stdout.encoding
        assert sys.stdout.isatty() is False
        logger.addHandler(kept := logging.StreamHandler())
    assert sys.stdout is stdout
    logger.warning("after the end")
    logger.removeHandler(kept)
    assert out.read_bytes() == "text é\nerror\na\nb\n".encode()
    shown = capsys.readouterr()
    assert shown.out == "text é\na\nb\n"
    assert shown.err.endswith("after the end\n")


def test_bytes_and_lone_surrogates_are_copied_too(out, monkeypatch):
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8", errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", stream)
    with capture("sys", out):
        sys.stdout.buffer.write(b"\xff\xfe\n")
        print("\ud800")
        print("\udcff")
    stream.flush()
    assert out.read_bytes() == b"\xff\xfe\n\\ud800\n\xff\n"
    assert below.getvalue() == b"\xff\xfe\n\\ud800\n\\udcff\n"


def test_a_stream_that_others_put_on_top_stays(out, monkeypatch):
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    with capture("sys", out):
        monkeypatch.setattr(sys, "stdout", mine)
        print("mine")
    assert sys.stdout is mine
    assert out.read_bytes() == b""


def test_missing_streams_are_passed_over(out, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with capture("sys", out):
        print("nowhere")
        print("error", file=sys.stderr)
    assert out.read_bytes() == b"error\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def both(monkeypatch):
    """Make a terminal that both streams go to."""

    # Not in the fixture itself: pytest sets streams of its own before the test.
    def make():
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stderr", terminal)
        return terminal

    return make


@pytest.mark.parametrize("mode", ["sys", "no"])
def test_what_is_printed_stands_above_the_bottom_line(out, both, mode):
    terminal = both()
    with capture(mode, out) as (show, *_):
        print("before")
        show("[bar 1]")
        print("hello")
        print("to error", file=sys.stderr)
        print("half", end="")
        show("[bar 2]")
        print(" a line")
        show("[bar 3]")
    print("after")
    text = "before\nhello\nto error\nhalf a line\n"
    assert terminal.getvalue() == (
        "before\n[bar 1]\r\x1b[2Khello\n[bar 1]\r\x1b[2Kto error\n[bar 1]"
        "\r\x1b[2Khalf a line\n[bar 2]\r\x1b[2K[bar 3]\r\x1b[2Kafter\n"
    )
    assert wiped(terminal.getvalue()) == text + "after\n"
    assert not out.exists() if mode == "no" else out.read_text() == text


def test_a_terminal_that_is_gone_is_survived(out, both):
    terminal = both()
    with capture("sys", out) as (show, *_):
        terminal.close()
        show("[bar]")


def test_a_fork_draws_nothing(out, both):
    terminal = both()
    with capture("sys", out) as (show, *_):
        show("[bar]")
        child = os.fork()
        if child == 0:
            print("from the child")
            os._exit("[bar]" in terminal.getvalue()[len("[bar]") :])
        _, status = os.waitpid(child, 0)
    assert status == 0


@pytest.mark.parametrize("mode", ["sys", "no"])
def test_there_is_no_bottom_line_in_a_file(out, mode, monkeypatch, both):
    both()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with capture(mode, out) as (show, *_):
        assert show is None
    monkeypatch.setattr(sys, "stderr", None)
    with capture(mode, out) as (show, *_):
        assert show is None


def test_a_dumb_terminal_cannot_draw_again(both, monkeypatch):
    terminal = both()
    assert is_terminal(terminal)
    monkeypatch.setenv("TERM", "dumb")
    assert not is_terminal(terminal)
