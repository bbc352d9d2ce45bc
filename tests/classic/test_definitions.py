"""Flags as config files define them."""

import pytest

from forge.classic.definitions import UNREAD, Definition, conflict


def flag(default=1, **facts):
    given = {"name": "lr", "kind": "float", "file": "a.py", "line": 3, **facts}
    return Definition(default=default, **given)


@pytest.mark.parametrize(
    ("other", "agree"),
    [
        (flag(), True),
        (flag(file="b.py", line=9, help="other words"), True),
        (flag(1.0), True),
        (flag(2), False),
        (flag(kind="string"), False),
        (flag(UNREAD), True),
        (flag(kind="enum", choices=("a",)), False),
    ],
)
def test_definitions_agree_whatever_their_help_and_place(other, agree):
    assert flag().agrees(other) is agree
    assert other.agrees(flag()) is agree


def test_a_conflict_names_both_places(message):
    error = conflict(flag(), flag(0.5, file="configs/b.py", line=7))
    message("flag-conflict", str(error))
    assert error.code == "flag-conflict"
    assert error.files == ["a.py", "configs/b.py"]


def test_an_enum_says_its_choices():
    choice = flag("a", kind="enum", choices=("a", "b"))
    assert choice.wanted == "one of a, b"
    assert choice.text == "DEFINE_enum('lr', 'a', ['a', 'b'])"
    assert flag().wanted == "a number"
