"""The words of a script's command line."""

import shlex
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import nasty_texts

from forge.commandline import OPTIONS, Invocation, read


def line(text: str) -> Invocation:
    return read(shlex.split(text))


def test_a_command_its_arguments_and_the_words_after_with() -> None:
    found = line("save_config out.json with big lr=0.1 model=cnn")
    assert found.command == "save_config"
    assert found.arguments == ("out.json",)
    assert found.words == ("big", "lr=0.1", "model=cnn")
    assert found.errors == ()


def test_with_may_be_left_out_before_an_update() -> None:
    assert line("lr=0.1 big").words == ("lr=0.1", "big")
    assert line("evaluate lr=0.1").command == "evaluate"
    assert line("lr=1 with big") == line("with lr=1 big")
    assert line("") == Invocation()
    assert line("with") == Invocation()


@pytest.mark.parametrize(
    "text",
    [
        "-q --label mine evaluate with lr=1 -R out",
        "evaluate with lr=1 --label=mine -R out -q",
        "evaluate -Rout with --label mine lr=1 --quiet",
        "evaluate --results-dir=out -q with lr=1 --label mine",
        "evaluate -qR out with lr=1 --label mine",
        "evaluate -R=out with lr=1 --label mine -q",
    ],
)
def test_options_stand_anywhere(text: str) -> None:
    found = line(text)
    assert found.command == "evaluate"
    assert found.words == ("lr=1",)
    assert found.options == {"quiet": True, "label": "mine", "results-dir": "out"}


def test_switches_may_share_a_dash() -> None:
    assert line("-uq").options == {"no-record": True, "quiet": True}
    assert line("-ue -d").has("enforce-clean")


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("--resume", "", ()),
        ("--resume with lr=1", "", ("lr=1",)),
        ("--resume lr=1", "", ("lr=1",)),
        ("--resume 3", "3", ()),
        ("--resume train/3", "train/3", ()),
        ("--resume=train/3@2000 lr=1", "train/3@2000", ("lr=1",)),
        ("--resume results/train/3 with lr=1", "results/train/3", ("lr=1",)),
    ],
)
def test_the_run_to_resume_may_be_left_out(
    text: str, value: str, words: tuple[str, ...]
) -> None:
    found = line(text)
    assert (found.get("resume"), found.words) == (value, words)
    assert found.errors == ()


def test_a_command_after_resume_is_a_command() -> None:
    found = line("--resume evaluate")
    assert (found.get("resume"), found.command) == ("", "evaluate")


def test_an_option_may_be_repeated_where_it_says_so() -> None:
    assert line("--tag a --tag=b").get("tag") == ("a", "b")
    assert line("--label a --label b").get("label") == "b"


def test_numbers_and_words_after_two_dashes_are_no_options() -> None:
    assert line("with -5 a=-1").words == ("-5", "a=-1")
    assert line("with a=1 -- --b -c").words == ("a=1", "--b", "-c")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unknown-option-long", "--lr=0.1"),
        ("unknown-option-long", "--lr 0.1"),
        ("unknown-option-near", "--quite"),
        ("unknown-option-letter", "-x"),
        ("bad-option-value", "--label"),
        ("bad-option-switch", "--quiet=yes"),
        ("bad-option-choice", "--capture all"),
    ],
)
def test_what_is_wrong_with_options_is_said(
    name: str, text: str, message: Callable[[str, str], None]
) -> None:
    (error,) = line(text).errors
    message(name, str(error))


def test_every_mistake_is_found_and_the_rest_is_read() -> None:
    found = line("--lr 0.1 evaluate -x --capture all with a=1 --label")
    codes = [error.code for error in found.errors]
    assert codes == ["unknown-option", "unknown-option", "bad-option", "bad-option"]
    assert (found.command, found.words) == ("evaluate", ("a=1",))


def test_options_are_spelled_as_help_shows_them() -> None:
    spelled = {option.name: option.spelled for option in OPTIONS}
    assert spelled["quiet"] == "-q, --quiet"
    assert spelled["resume"] == "    --resume [RUN]"
    assert spelled["results-dir"] == "-R, --results-dir DIR"
    letters = [option.letter for option in OPTIONS if option.letter]
    assert len(letters) == len({*letters})
    assert all(option.help for option in OPTIONS)


texts = st.one_of(
    nasty_texts,
    st.sampled_from(["with", "--", "-", "--resume", "-uq", "--tag", "-C", "a=1", "-R"]),
)


@given(st.lists(texts, max_size=6))
def test_no_words_raise_anything(words: list[str]) -> None:
    found: Any = read(words)
    assert isinstance(found, Invocation)
    assert all(str(error) for error in found.errors)


def test_an_option_is_no_value_of_another() -> None:
    found = read(["evaluate", "--from", "-qu", "--note", "-dash -4"])
    assert [error.text for error in found.errors] == ["--from needs a value: RUN."]
    assert found.options == {"quiet": True, "no-record": True, "note": "-dash -4"}
