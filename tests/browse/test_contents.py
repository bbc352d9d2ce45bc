"""The files of a run, found safely and shown safely."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runfolders import make_run

from forge.browse.contents import file_of, files_of, shown, text_of
from forge.errors import ForgeError


@pytest.fixture
def folder(tmp_path):
    made = make_run(tmp_path / "results", output="x\n", sources={"pkg/a.py": "1"})
    (tmp_path / "secret").write_text("secret")
    (made / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(made / "pipe")
    return made


def test_names_and_paths(folder) -> None:
    assert file_of(folder, "output").name == "output.txt"
    assert file_of(folder, "config").name == "flags.json"
    assert file_of(folder, "sources/pkg/a.py").read_text() == "1"
    assert "sources/pkg/a.py" in files_of(folder)


@pytest.mark.parametrize(
    "name",
    [
        "../../../secret",
        "link",
        "pipe",
        "nothing",
        "sources",
        "",
        "a\0b",
        "/etc/passwd",
    ],
)
def test_nothing_outside_of_the_folder_is_found(folder, name) -> None:
    with pytest.raises(ForgeError) as caught:
        file_of(folder, name)
    assert caught.value.code == "no-file"


@given(st.text())
def test_any_name_is_a_file_or_one_error(name) -> None:
    with pytest.raises(ForgeError) as caught:
        file_of(Path(__file__).parent / "no such folder", name)
    assert caught.value.code == "no-file"


def test_bytes_that_are_no_text(folder) -> None:
    (folder / "output.txt").write_bytes(b"\xff\xfe ok")
    assert text_of(folder / "output.txt") == "\ufffd\ufffd ok"
    with pytest.raises(ForgeError, match="cannot be read"):
        text_of(folder / "pipe")


def test_what_was_overwritten_is_not_shown() -> None:
    text = "10%\r50%\r100%\nred \x1b[31mred\x1b[0m\nends\r\n\x1b[2J\x1b]0;title\x07\ta"
    assert list(shown(text)) == [
        "100%",
        "red \x1b[31mred\x1b[0m\x1b[0m",
        "ends",
        "\\x1b[2J\\x1b]0;title\\x07  a",
    ]


@given(st.text())
def test_no_control_but_colour_is_left(text) -> None:
    for line in shown(text):
        assert re.sub(r"\x1b\[[0-9;:]*m", "", line).isprintable()


def test_a_line_without_end_is_cut() -> None:
    (line,) = shown("x" * 200_000)
    assert len(line) < 110_000
    assert line.endswith("x… (200,000 characters)")


def test_colours_are_left_out_for_those_who_do_not_see_them() -> None:
    text = "\x1b[1;31mred\x1b[0m\x1b[2J\na\x1b[31m\tb"
    assert list(shown(text, colours=False)) == ["red\\x1b[2J", "a       b"]
