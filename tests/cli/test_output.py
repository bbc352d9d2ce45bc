"""What is printed reaches every kind of output."""

import io
import re
import sys

import pytest
from runfolders import make_run

from forge.cli.entry import main
from forge.cli.output import say


def test_what_the_encoding_lacks_is_escaped(monkeypatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    say("± \udcff")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\xb1 \\udcff\n"


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_our_signs_shows_plainer_ones(
    tmp_path, monkeypatch, encoding
) -> None:
    for number, status in enumerate(["COMPLETED", "FAILED"], start=1):
        make_run(
            tmp_path / "results",
            number=number,
            status=status,
            config={"name": "数"},
            label="ü" if number == 1 else None,
            started="2020-01-01T12:00:00+00:00",
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")

    def shown(*words: str) -> list[str]:
        raw = io.BytesIO()
        with monkeypatch.context() as patch:
            terminal = _Terminal(raw, encoding=encoding)
            patch.setattr(sys, "stdout", terminal)
            assert main(list(words)) == 0
            terminal.flush()
        text = raw.getvalue().decode(encoding)
        return re.sub(r"\x1b\[\d+m", "", text).splitlines()

    heads, *runs, last = shown("ls", "-c", "id,status,label")
    label = "ü" if encoding == "latin-1" else r"\xfc"
    assert [line.split() for line in runs] == [
        ["train/2", "x", "-"],
        ["train/1", "+", label],
    ]
    assert len({line.index(line.split()[-1]) for line in (heads, *runs)}) == 1
    assert last == "2 runs"
    assert any(
        line.split() == ["config.name", r"\u6570"] for line in shown("show", "1")
    )


def test_csv_reaches_an_output_that_lacks_its_letters(tmp_path, monkeypatch) -> None:
    make_run(tmp_path, config={"name": "ü"})
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii", newline=""))
    assert main(["ls", "-R", str(tmp_path), "-c", "config.name", "--csv"]) == 0
    sys.stdout.flush()
    assert raw.getvalue() == b"config.name\r\n\\xfc\r\n"
