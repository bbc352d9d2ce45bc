"""Captured output of notebooks, at the level of Python's streams."""

import io
import logging
import sys

from forge.run.capture import capture


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
