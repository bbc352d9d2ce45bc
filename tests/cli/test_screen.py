"""Tables on a terminal."""

import io
import re
import sys

import pytest
from runfolders import make_run

from forge.cli.entry import main


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch, tmp_path):
    """Call `forge` on a terminal of some width."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, width: int = 120, colour: bool = False) -> str:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            patch.setenv("COLUMNS", str(width))
            patch.setenv("TERM", "xterm-256color")
            patch.delenv("NO_COLOR", raising=False)
            if not colour:
                patch.setenv("NO_COLOR", "1")
            main(list(words))
        return terminal.getvalue()

    return call


@pytest.fixture
def root(tmp_path):
    for number, status in enumerate(["COMPLETED", "FAILED", "INTERRUPTED"], start=1):
        make_run(
            tmp_path / "results",
            number=number,
            status=status,
            started=f"2020-01-0{number}T12:00:00+00:00",
            config={"lr": number / 3, "model": "数据" * number, "seed": number},
            summary={
                "accuracy": {"last": 0.9, "step": 9, "max": 0.98765, "max_step": 7}
            },
            goal="max accuracy",
            label="\x1b[31mred" if number == 2 else None,
        )
    return tmp_path / "results"


def plain(text: str) -> str:
    """Without bold, which is no colour."""
    return text.replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_a_table_for_people(screen, root, message) -> None:
    shown = plain(screen("ls"))
    assert "\x1b" not in shown
    message("ls-terminal", shown.rstrip("\n"))


def test_colours_only_where_they_are_wanted(screen, root) -> None:
    assert "\x1b[32m✓" in screen("ls", colour=True)
    assert "\x1b[32m" not in screen("ls")


def test_a_narrow_terminal_shows_less_and_says_so(screen, root) -> None:
    shown = plain(screen("ls", width=60))
    lines = shown.splitlines()
    assert all(len(line) <= 60 for line in lines[:-1])
    assert "no room for" in lines[-1]
    assert lines[0].startswith("id")


def test_of_many_columns_that_find_no_room_some_are_named(screen, tmp_path) -> None:
    for number in (1, 2):
        config = {f"layer{n:02}": number for n in range(20)}
        make_run(tmp_path / "results", number=number, config=config)
    last = screen("ls", width=40).splitlines()[-1]
    assert last.endswith("layer06, layer07 and 12 more; -c shows them")


def test_where_there_is_nothing_it_teaches(screen, tmp_path, message) -> None:
    message("ls-empty", screen("ls").rstrip("\n"))


def test_a_comparison_says_what_there_is_no_room_for(screen, tmp_path) -> None:
    for number in range(1, 11):
        make_run(tmp_path / "results", number=number, config={"lr": number})
    shown = screen("compare", "1:10", width=60).splitlines()
    last = shown[-1]
    assert last.startswith("no room for train/")
    assert last.endswith("; --tsv, --csv, --md and --json show all")
    named = re.findall(r"train/(\d+)", f"{shown[0]} {last}")
    assert [int(number) for number in named] == list(range(1, 11))
    assert "no room" not in screen("compare", "1:2", width=60)
