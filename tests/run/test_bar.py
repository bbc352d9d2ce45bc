"""The progress bar on a terminal."""

import pytest

from forge.observers.loop import Look
from forge.run.bar import Bar, text, words


HALF = Look(step=600, start=0, total=1200, rate=41.237, time=15.0)
SLOW = Look(step=2, start=0, total=10, rate=1 / 150, time=301.0)
ENDLESS = Look(step=73, start=0, total=None, rate=5.0, time=15.0)
BEGUN = Look(step=0, start=0, total=1200, rate=None, time=0.4)
DONE = Look(step=1200, start=0, total=1200, rate=41.237, time=30.0)
METRICS = {"loss": 0.31234, "val/accuracy": 0.9, "an awfully long name": 1.5}


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """A terminal without colours."""
    monkeypatch.setenv("NO_COLOR", "1")


def test_as_much_as_there_is_room_for(message):
    looks = (BEGUN, HALF, SLOW, ENDLESS, DONE)
    lines = [
        text("train/3", look, METRICS, columns=columns)
        for columns in (160, 80, 40, 20)
        for look in looks
    ]
    message("progress-bar", "\n".join(lines))


@pytest.mark.parametrize("columns", range(1, 200, 7))
def test_a_line_never_wraps(columns):
    for look in (BEGUN, HALF, SLOW, ENDLESS, DONE):
        assert len(text("train/3", look, METRICS, columns=columns)) < max(2, columns)


def test_the_name_of_a_metric_does_not_command_the_terminal():
    assert "\x1b" not in words("train/3", HALF, {"\x1b[2J": 1.0})


def test_colours_are_those_of_the_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in text("train/3", HALF, {}, columns=80)


def test_what_is_shown_already_is_not_shown_again():
    shown = []
    bar = Bar(shown.append)
    bar.draw("train/3", HALF, {})
    bar.draw("train/3", HALF, {})
    bar.clear()
    bar.clear()
    assert len(shown) == 2
    assert shown[1] == ""
    # Too long a line is cut by the terminal.
    assert shown[0].startswith("\x1b[?7l")
    assert shown[0].endswith("\x1b[?7h")
