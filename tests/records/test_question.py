"""Tests of questions at the terminal and in the notebook."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

from forge.records.question import ask


ASK = """\
import fcntl, sys, termios
from forge.records.question import ask

if "foreground" in sys.argv:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
print(ask("Shall it run?"))
"""


def at_terminal(answer: str, *words: str) -> tuple[str, str]:
    """Ask in a process with a terminal; give what it found and what was shown."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        done = subprocess.run(
            [sys.executable, "-c", ASK, *words],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            check=True,
            start_new_session=True,
            timeout=30,
        )
    finally:
        os.close(theirs)
    shown = b""
    # What was written arrives in its time, and after it the end, as an error.
    with os.fdopen(ours, "rb", buffering=0) as terminal, suppress(OSError):
        while data := terminal.read(1000):
            shown += data
    return done.stdout.strip(), shown.decode()


@pytest.mark.parametrize(
    ("answer", "found"),
    [("y\n", "True"), ("YES \n", "True"), ("n\n", "False"), ("\n", "False")],
)
def test_only_yes_means_yes(answer, found) -> None:
    given, shown = at_terminal(answer, "foreground")
    assert given == found
    assert "Shall it run? [y/N] " in shown


def test_an_end_of_input_means_no() -> None:
    assert at_terminal("\x04", "foreground")[0] == "False"


def test_a_process_in_the_background_asks_nobody() -> None:
    """Reading from the terminal would stop it."""
    found, shown = at_terminal("y\n")
    assert found == "None"
    assert "Shall" not in shown


def test_a_script_without_a_terminal_asks_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input="y\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_a_process_without_streams_asks_nobody(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert ask("Shall it run?") is None


@pytest.mark.parametrize(
    ("kernel", "answer", "found"),
    [
        (object(), "y", True),
        (object(), "", False),
        (object(), EOFError(), None),
        (object(), NotImplementedError("no frontend"), None),
        (None, "y", None),
    ],
)
def test_a_notebook_is_asked_where_somebody_reads_it(
    monkeypatch, kernel, answer, found
) -> None:
    shell = SimpleNamespace(kernel=kernel)
    module = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", module)

    def reply(prompt: str) -> str:
        assert prompt == "Shall it run? [y/N] "
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("builtins.input", reply)
    assert ask("Shall it run?") is found
