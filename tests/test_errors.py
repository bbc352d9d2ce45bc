"""The one exception users see."""

import copy
import pickle

import pytest

from forge.errors import ForgeError, Interrupt, UntrustedRun, block, together


def test_facts_are_attributes_and_the_text_has_no_prefix() -> None:
    error = ForgeError("unknown-key", "unknown parameter 'lr'.", key="lr", options=[])
    assert str(error) == error.text == "unknown parameter 'lr'."
    assert (error.code, error.key, error.options) == ("unknown-key", "lr", [])
    assert error.errors == (error,)
    with pytest.raises(AttributeError, match="nothing"):
        _ = error.nothing


def test_a_fact_may_have_any_name() -> None:
    error = ForgeError("code", "text", text="fact", code_="x")
    assert (error.text, error.facts["text"]) == ("text", "fact")


def test_several_mistakes_are_one_error_that_counts_equal_texts_once() -> None:
    one, two = ForgeError("a", "first"), ForgeError("b", "second")
    both = together([one, two, ForgeError("a", "first")])
    assert (both.code, both.errors) == ("a", (one, two))
    assert str(both) == "first\nsecond"
    assert block(both) == "forge: error: first\nforge: error: second"
    assert together([one]) is one
    assert together([both, ForgeError("c", "third")]).errors[:2] == (one, two)


def test_a_text_moves_no_cursor_whatever_a_name_is_made_of() -> None:
    text = "no run 'a\x1b[31m\r\x07b':\n  \u202egnp.exe"
    error = ForgeError("no-run", text, key="\x1b")
    assert str(error) == "no run 'a\\x1b[31m\\r\\x07b':\n  \\u202egnp.exe"
    assert error.key == "\x1b"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_name_of_any_length_fills_no_screen() -> None:
    text = str(ForgeError("no-run", f"no run {'n' * 10_000}.\n  There is 1."))
    first, second = text.split("\n")
    assert len(first) < 2_100
    assert first.endswith("n… (10,008 characters)")
    assert second == "  There is 1."


@pytest.mark.parametrize(
    "error",
    [
        ForgeError("a", "first", key="k"),
        UntrustedRun("untrusted", "no", folder="f"),
        Interrupt("timeout"),
        together([ForgeError("a", "x"), ForgeError("b", "y")]),
    ],
)
def test_an_error_survives_pickling_and_copying(error: ForgeError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert (str(again), again.code) == (str(error), error.code)
        assert again.facts == error.facts
        assert len(again.errors) == len(error.errors)


def test_an_interrupt_has_a_reason() -> None:
    assert Interrupt("timeout").reason == "timeout"
    assert str(Interrupt()) == "interrupted"
