"""Numbers, truths and paths."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import nasty_texts

from forge.configuration.scalars import (
    read_bool,
    read_exact_int,
    read_float,
    read_int,
    read_path,
    suggestion,
)
from forge.configuration.shapes import Mismatch


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-1", -1),
        ("+1", 1),
        ("1_000", 1000),
        ("0xff", 255),
        ("0XFF", 255),
        ("-0b11", -3),
        ("1e6", 1_000_000),
        ("2.0", 2),
        ("1e23", 10**23),
        ("-1.5e1", -15),
        ("9007199254740993.0", 9007199254740993),
        ("9" * 400, int("9" * 400)),
    ],
)
def test_whole_numbers_are_read_exactly(text: str, number: int) -> None:
    assert read_int(text) == number
    assert type(read_int(text)) is int


@pytest.mark.parametrize(
    "text",
    [
        *("2.5", "true", "", "abc", "inf", "nan", "1e400", "0x", "1 2", "--1", "None"),
        *("9007199254740992.5", "9" * 5000, "0x" + "f" * 5000, "1e999999999", "'3'"),
    ],
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Mismatch) as caught:
        read_int(text)
    assert caught.value.code == "bad-value"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1e-4", 1e-4), ("1", 1.0), (".5", 0.5), ("5.", 5.0), ("inf", math.inf)),
        *(("-Infinity", -math.inf), ("1_0.5", 10.5), (" 2 ", 2.0)),
    ],
)
def test_numbers_are_read_as_floats(text: str, number: float) -> None:
    assert read_float(text) == number
    assert type(read_float(text)) is float


def test_nan_is_a_number() -> None:
    assert math.isnan(read_float("nan"))


@pytest.mark.parametrize("text", ["abc", "", "0xff", "1/2", "1,", "None", "true"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Mismatch) as caught:
        read_float(text)
    assert caught.value.code == "bad-value"


@pytest.mark.parametrize(
    ("words", "truth"),
    [
        (["true", "True", "TRUE", "yes", "on", "1", "Yes"], True),
        (["false", "No", "OFF", "0"], False),
    ],
)
def test_truths_are_words_in_any_case(words: list[str], *, truth: bool) -> None:
    assert [read_bool(word) for word in words] == [truth] * len(words)


@pytest.mark.parametrize("text", ["2", "", "t", "y", "1.0", "none", "enabled"])
def test_other_words_are_no_truths(text: str) -> None:
    with pytest.raises(Mismatch):
        read_bool(text)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (read_int, "1,2"),
        (read_float, "1,2.5,"),
        (read_bool, "yes,no"),
        (read_int, "1,2,3"),
    ],
)
def test_a_list_of_right_values_is_told_from_a_wrong_one(
    reader: Callable[[str], object], text: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        reader(text)
    assert caught.value.code == "several-values"


@pytest.mark.parametrize("text", ["1,x", "x,y", ",", "[1,2]", "1,[2"])
def test_a_list_of_wrong_values_is_a_wrong_value(text: str) -> None:
    with pytest.raises(Mismatch) as caught:
        read_int(text)
    assert caught.value.code == "bad-value"


def test_in_a_union_with_floats_only_plain_digits_are_whole() -> None:
    assert read_exact_int("0x10") == 16
    for text in "1.0", "1e6":
        with pytest.raises(Mismatch):
            read_exact_int(text)


def test_a_path_starts_at_home_where_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert read_path("~/runs", Path) == Path("/home/me/runs")
    assert read_path("out/~", Path) == Path("out/~")
    assert read_path("", Path) == Path()


@pytest.mark.parametrize("text", ["~\0", "~\ud800", "~nobody-has-this-name/x"])
def test_a_path_of_nobody_stays_as_it_is(text: str) -> None:
    assert read_path(text, Path) == Path(text)


def test_a_suggestion_minds_letters_not_their_case() -> None:
    assert suggestion("exat", ["fast", "exact"]) == "Did you mean exact?"
    assert suggestion("EXACT", ["fast", "exact"]) == "Did you mean exact?"
    assert suggestion("slow", ["fast", "exact"]) == ""
    assert suggestion("x" * 10_000, ["x" * 9_999]) == ""


@given(st.integers())
def test_every_whole_number_is_read_from_its_digits(number: int) -> None:
    assert read_int(str(number)) == read_int(hex(number)) == number


@given(nasty_texts)
def test_no_text_raises_anything_but_mismatch(text: str) -> None:
    for reader in read_int, read_float, read_bool, read_exact_int:
        try:
            reader(text)
        except Mismatch:
            continue
