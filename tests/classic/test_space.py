"""The flags of one program: what is defined, what was given, and the values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.classic.definitions import UNREAD, Definition
from forge.classic.space import FlagSpace
from forge.classic.words import Given
from forge.errors import ForgeError


def flag(name="lr", kind="float", default=1.0, **facts):
    given = {"file": "a.py", "line": 1, **facts}
    return Definition(name=name, kind=kind, default=default, **given)


@pytest.fixture(name="space")
def _space():
    return FlagSpace()


def test_what_is_given_outlives_the_definition(space):
    """A config file is read, its flag given, and then the file runs."""
    space.announce([flag(default=UNREAD)])
    space.give("lr", "0.5")
    space.define(flag(default=2.0))
    assert space.value("lr") == 0.5
    assert space.default("lr") == 2.0
    assert space.given == {"lr": 0.5}


def test_a_default_that_only_the_file_knows_cannot_be_read_before(space, message):
    space.announce([flag(default=UNREAD, file="configs/model.py", line=4)])
    assert space.values() == {}
    with pytest.raises(ForgeError) as caught:
        space.value("lr")
    message("flag-not-loaded", str(caught.value))
    space.define(flag(default=3.0, file="configs/model.py", line=4))
    assert space.value("lr") == 3.0


def test_the_same_flag_of_two_files_is_one(space):
    space.define(flag())
    space.define(flag(file="b.py", help="other words"))
    assert space.definitions["lr"].file == "a.py"
    with pytest.raises(ForgeError, match="differently"):
        space.define(flag(default=2.0, file="b.py"))


def test_a_file_that_runs_again_after_it_was_edited_defines_anew(space):
    space.define(flag())
    space.define(flag(default=2.0))
    assert space.value("lr") == 2.0
    space.give("lr", 5)
    space.define(flag(default=3.0))
    assert space.value("lr") == 5.0


def test_one_file_cannot_define_a_flag_twice(space):
    space.define(flag())
    with pytest.raises(ForgeError, match=r"a\.py:7"):
        space.define(flag(default=2.0, line=7))


def test_cells_of_a_notebook_define_anew(space):
    space.define(flag(file="<cell 1>"))
    space.define(flag(file="<cell 2>", default=2.0, line=9))
    assert space.value("lr") == 2.0


def test_announcements_that_disagree_are_reported(space):
    errors = space.announce([flag(), flag(default=2.0, file="b.py"), flag("n")])
    assert [error.code for error in errors] == ["flag-conflict"]
    assert list(space) == ["lr", "n"]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("integer", "3", 3),
        ("integer", np.int64(3), 3),
        ("float", "1e-3", 0.001),
        ("float", 2, 2.0),
        ("boolean", "false", False),
        ("list", "a,b", ["a", "b"]),
        ("list", ("a", "b"), ["a", "b"]),
        ("string", "", ""),
        ("string", None, None),
        ("enum", "b", "b"),
    ],
)
def test_values_have_the_kind_of_their_flag(space, kind, given, value):
    choices = ("a", "b") if kind == "enum" else ()
    space.define(flag(kind=kind, default=None, choices=choices))
    space.give("lr", given)
    assert space.value("lr") == value
    assert type(space.value("lr")) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("float", "x"),
        ("boolean", "maybe"),
        ("enum", "c"),
        ("string", 3),
        ("integer", True),
    ],
)
def test_other_values_are_refused(space, kind, text, message):
    choices = ("a", "b") if kind == "enum" else ()
    space.define(flag(kind=kind, default=None, choices=choices))
    with pytest.raises(ForgeError) as caught:
        space.give("lr", text)
    assert caught.value.code == "bad-flag"
    message(f"bad-flag-{kind}-{type(text).__name__}", str(caught.value))
    assert space.given == {}


def test_a_default_that_is_no_value_is_refused(space, message):
    with pytest.raises(ForgeError) as caught:
        space.define(flag(kind="integer", default=1e3, line=4))
    message("bad-flag-default", str(caught.value))
    with pytest.raises(ForgeError) as caught:
        space.define(flag(kind="enum", default=None))
    message("bad-flag-choices", str(caught.value))


def test_a_flag_that_waits_for_its_file(space, message):
    space.wait(
        [Given("late", "3", "--late=3"), Given("lats", "3", "--lats=3")], ["m.py"]
    )
    space.define(flag("late", "integer", 1, file="m.py"))
    assert space.value("late") == 3
    with pytest.raises(ForgeError) as caught:
        space.ran("m.py")
    message("unknown-flag-late", str(caught.value))


def test_a_recorded_value_does_not_count_as_given(space):
    space.define(flag())
    space.restore("lr", 0.25)
    assert space.value("lr") == 0.25
    assert space.given == {}


@given(st.lists(st.sampled_from(["define", "announce", "give", "edit"]), max_size=8))
def test_a_value_that_was_given_stays(steps):
    space = FlagSpace()
    space.announce([flag(default=UNREAD)])
    wanted = None
    for n, step in enumerate(steps):
        if step == "define":
            space.define(flag())
        elif step == "announce":
            space.announce([flag()])
        elif step == "edit":
            space.define(flag(default=1.0 + n))
            space.define(flag())
        else:
            wanted = float(n + 10)
            space.give("lr", wanted)
    if wanted is not None:
        assert space.value("lr") == wanted
