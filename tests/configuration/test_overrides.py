"""The words after `with`."""

import shlex
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import nasty_texts, texts

from forge.configuration.overrides import (
    Words,
    format_word,
    is_file,
    parse_words,
    unknown_preset,
)


def parsed(line: str, presets: tuple[str, ...] = ()) -> Words:
    """Parse the words of a shell line."""
    return parse_words(shlex.split(line), presets, program="train.py")


def test_everything_after_the_first_equals_sign_is_the_value() -> None:
    words = parsed("lr=0.1 tag=a=b 'note=my run' opts={a:1} *.n=8 empty=", ("x",))
    assert words.updates == (
        ("lr", "0.1"),
        ("tag", "a=b"),
        ("note", "my run"),
        ("opts", "{a:1}"),
        ("*.n", "8"),
        ("empty", ""),
    )
    assert words.errors == ()


def test_bare_words_are_presets_and_files_in_order() -> None:
    words = parsed("big conf.json lr=1 small a/b.YAML x.toml y.yml")
    assert words.presets == ("big", "small")
    assert words.files == ("conf.json", "a/b.YAML", "x.toml", "y.yml")
    assert words.layers[:3] == (
        ("preset", "big"),
        ("file", "conf.json"),
        ("preset", "small"),
    )
    assert words.before == ("", "", "lr=1", "lr=1", "lr=1", "lr=1")


def test_updates_keep_their_order_and_repeats() -> None:
    assert parsed("a=1 b=2 a=3").updates == (("a", "1"), ("b", "2"), ("a", "3"))


def test_a_file_with_an_equals_sign_is_an_update() -> None:
    assert parsed("a=b.json").updates == (("a", "b.json"),)


def test_no_words_are_no_words() -> None:
    assert parsed("") == Words()


@pytest.mark.parametrize("value", ["-5", "-.5", "-1e3"])
def test_negative_numbers_are_no_options(value: str) -> None:
    assert parse_words([f"x={value}"]).errors == ()
    assert parse_words([value]).layers == (("preset", value),)


@pytest.mark.parametrize(
    ("line", "wrong", "form"),
    [
        ("lr = 1", "=", "lr=1"),
        ("lr =1", "=1", "lr=1"),
        ("lr= 1", "lr=", "lr=1"),
        ("tag= 'my run'", "tag=", "tag='my run'"),
        ("tag= run.json", "tag=", "tag=run.json"),
        ("lr= -5", "lr=", "lr=-5"),
        ("lr = -5", "=", "lr=-5"),
        ("=1", "=1", "name=1"),
        ("=", "=", "name=..."),
        ("lr =", "=", "lr=..."),
        ("a=1 = 2", "=", "name=2"),
        ("a=b= c", "a=b=", "a=b=c"),
        ("lr = a=1", "=", "lr=..."),
        ("'*.n' = 8", "=", "'*.n=8'"),
    ],
)
def test_spaces_around_the_equals_sign_are_one_mistake(
    line: str, wrong: str, form: str
) -> None:
    words = parsed(line)
    (error,) = words.errors
    assert error.code == "no-key"
    assert str(error) == (
        f"'{wrong}': write name=value without spaces around '=':  with {form}"
    )
    assert words.layers == ()


def test_an_empty_value_before_a_preset_or_an_update_is_legal() -> None:
    assert parsed("tag= big", ("big",)).updates == (("tag", ""),)
    assert parsed("tag= big", ("big",)).presets == ("big",)
    assert parsed("tag= lr=1").updates == (("tag", ""), ("lr", "1"))
    assert parsed("lr=1 tag=").errors == ()


@pytest.mark.parametrize(
    ("line", "option", "form"),
    [
        ("--lr=0.1", "--lr", "lr=0.1"),
        ("--lr 0.1", "--lr", "lr=0.1"),
        ("--learning-rate -5", "--learning-rate", "learning_rate=-5"),
        ("-lr=0.1", "-lr", "lr=0.1"),
        ("--amp", "--amp", "amp=..."),
        ("--amp big", "--amp", "amp=..."),
        ("--amp --lr=1", "--amp", "amp=..."),
        ("--amp conf.json", "--amp", "amp=..."),
        ("--amp lr=1", "--amp", "amp=..."),
        ("--", "--", "name=..."),
        ("--tag='my run'", "--tag", "tag='my run'"),
        ("--tag=", "--tag", "tag="),
    ],
)
def test_parameters_are_set_without_dashes(line: str, option: str, form: str) -> None:
    error = parsed(line, ("big",)).errors[0]
    assert error.code == "unknown-option"
    assert str(error) == (
        f"no option is called '{option}'. Parameters are set without dashes:  "
        f"train.py with {form}"
    )


def test_what_stands_next_to_a_mistake_is_still_read() -> None:
    words = parsed("a=1 --b 2 c = 3 big d=4 e= 5 =6", ("big",))
    assert words.updates == (("a", "1"), ("d", "4"))
    assert words.presets == ("big",)
    assert [e.code for e in words.errors] == [
        "unknown-option",
        "no-key",
        "no-key",
        "no-key",
    ]


def test_the_script_is_named_where_nobody_says_what_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["/home/me/fit.py", "with"])
    assert "fit.py with lr=1" in str(parse_words(["--lr=1"]).errors[0])
    nobody = parse_words(["--lr=1"], program="")
    assert str(nobody.errors[0]).endswith("dashes:  with lr=1")


def test_the_messages_print_the_right_form(
    message: Callable[[str, str], None],
) -> None:
    message("no-key", str(parsed("lr = 1").errors[0]))
    message("unknown-option", str(parsed("--lr=0.1").errors[0]))


def test_a_bare_word_that_names_nothing_may_belong_to_the_value_before_it(
    message: Callable[[str, str], None],
) -> None:
    words = parsed("'tag=my' run")
    name, before = words.presets[0], words.before[0]
    message("unknown-preset", str(unknown_preset(name, ["big"], before)))
    message("unknown-preset-misspelt", str(unknown_preset("bigg", ["big", "small"])))
    message("unknown-preset-none", str(unknown_preset("run", [])))


@pytest.mark.parametrize(
    ("key", "text", "word"),
    [
        ("lr", "0.1", "lr=0.1"),
        ("tag", "my run", "tag='my run'"),
        ("l", "64,64", "l=64,64"),
        ("opts", "{a:1,b:2}", "opts='{a:1,b:2}'"),
        ("tag", "", "tag="),
        ("*.n", "8", "'*.n=8'"),
        ("tag", "it's", "tag='it'\"'\"'s'"),
    ],
)
def test_a_word_is_quoted_for_the_shell(key: str, text: str, word: str) -> None:
    assert format_word(key, text) == word


@given(st.from_regex(r"[a-z*]+(\.[a-z0-9*]+)?", fullmatch=True), texts)
def test_what_is_printed_can_be_typed(key: str, text: str) -> None:
    words = parse_words(shlex.split(format_word(key, text)))
    assert words.updates == ((key, text),)


@given(st.lists(nasty_texts | st.sampled_from(["a", "=", "a=", "=1", "--x"])))
def test_every_word_is_something(words: list[str]) -> None:
    found = parse_words(words, program="")
    given_words = len(found.updates) + len(found.layers) + len(found.errors)
    assert given_words <= len(words)
    assert bool(given_words) == bool(words)
    assert len(found.before) == len(found.layers)


def test_files_are_known_by_their_ending() -> None:
    assert is_file("a.json")
    assert not is_file("json")
    assert not is_file("points.csv")
