"""Scripts that capture their output, and what is left of them."""

import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest


PRELUDE = """
import os, signal, subprocess, sys, time
from pathlib import Path
from forge.run.capture import capture
out = Path(sys.argv[1])
"""


@pytest.fixture
def out(tmp_path):
    """The file that the output goes to."""
    folder = tmp_path / "a 0; é"
    folder.mkdir()
    return folder / "output.txt"


@pytest.fixture
def script(tmp_path, out):
    """Write a script and return the words that start it."""

    def write(body):
        file = tmp_path / "script.py"
        file.write_text(PRELUDE + textwrap.dedent(body), encoding="utf-8")
        return [sys.executable, str(file), str(out)]

    return write


@pytest.fixture
def wait_for():
    """Wait until something is so, and say whether it became so."""

    def wait(condition, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.01)
        return False

    return wait


@pytest.fixture
def pumps(out):
    """List the processes that have the file open."""

    def find():
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if out in [link.readlink() for link in (process / "fd").iterdir()]:
                    found.append(int(process.name))
        return found

    return find
