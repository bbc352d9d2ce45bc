"""Values of parameters without a type."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from strategies import nasty_texts, texts, untyped_values

from forge.configuration.literals import (
    based_integer,
    read_item,
    read_literal,
    write_literal,
)
from forge.configuration.shapes import Mismatch


def spelled(value: Any) -> str:
    """Spell a value as `repr` does, but for the order of sets."""
    if isinstance(value, set):
        return f"{{{sorted(map(spelled, value))}}}"
    if isinstance(value, list | tuple):
        return f"{type(value)}{list(map(spelled, value))}"
    if isinstance(value, dict):
        return f"dict{[(spelled(k), spelled(v)) for k, v in value.items()]}"
    return repr(value)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types all the way down, as their spelling tells."""
    return spelled(one) == spelled(other)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("None", None),
        ("NULL", None),
        ("3", 3),
        ("-1", -1),
        ("1_000", 1000),
        ("0xff", 255),
        ("1e6", 1e6),
        (".5", 0.5),
        ("0.5", 0.5),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("007", 7),
        ("1,2", (1, 2)),
        ("1,", (1,)),
        ("(1,2)", (1, 2)),
        ("(1,)", (1,)),
        ("(1)", 1),
        ("()", ()),
        ("[]", []),
        ("{}", {}),
        ("set()", set()),
        ("[1, 'a', None, true]", [1, "a", None, True]),
        ("[a,b]", ["a", "b"]),
        ("(a,b)", ("a", "b")),
        ("{a:1,b:[x,2]}", {"a": 1, "b": ["x", 2]}),
        ('{"a": {"b": 1.5}, "c": null}', {"a": {"b": 1.5}, "c": None}),
        ("{a:http://x}", {"a": "http://x"}),
        ("{1,2}", {1, 2}),
        ("'None'", "None"),
        ('"a\\nb"', "a\nb"),
        ("'1'", "1"),
        # What is not a literal is a text, verbatim.
        ("", ""),
        (" ", " "),
        ("my run", "my run"),
        ("it's", "it's"),
        ("a,b", "a,b"),
        ("1,a", "1,a"),
        (",", ","),
        ("2024-01-01", "2024-01-01"),
        ("v1.2.3", "v1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("...", "..."),
        ("{name}", "{name}"),
        ("(word)", "(word)"),
        ("[1", "[1"),
        ("{[1]:2}", "{[1]:2}"),
        ("{{1},{2}}", "{{1},{2}}"),
        ("1__0", "1__0"),
        ("information", "information"),
        ("٣", "٣"),
    ],
)
def test_the_value_of_an_untyped_parameter_is_guessed(text: str, value: Any) -> None:
    assert same(read_literal(text), value)


def test_more_digits_than_python_prints_are_a_text() -> None:
    """Not infinity, and not a number that no message could show."""
    assert read_literal("9" * 5000) == "9" * 5000
    assert read_literal("0x" + "f" * 5000) == "0x" + "f" * 5000


def test_nothing_is_computed_or_imported() -> None:
    for text in "1+1", "__import__('os')", "print(1)", "x.y", "lambda: 1", "f'{1}'":
        assert read_literal(text) == text


@given(untyped_values)
def test_writing_and_reading_are_inverse(value: Any) -> None:
    assert same(read_literal(write_literal(value)), value)


@given(untyped_values)
def test_literals_of_python_are_read(value: Any) -> None:
    """What `repr` writes is a literal, whether or not we would write it so."""
    text = repr(value)
    assert same(
        read_item(text) if isinstance(value, str) else read_literal(text), value
    )


@given(texts)
def test_a_text_is_quoted_only_where_it_must_be(text: str) -> None:
    written = write_literal(text)
    assert written == text or read_literal(text) != text


@pytest.mark.parametrize(
    "value",
    [Fraction(1, 2), object(), 1j, b"a", [object()], {frozenset()}],
)
def test_a_value_without_a_spelling_is_refused(value: Any) -> None:
    with pytest.raises(Mismatch):
        write_literal(value)


def test_a_number_that_python_cannot_print_is_refused() -> None:
    with pytest.raises(Mismatch, match="too many digits"):
        write_literal(1 << 20_000)


def test_numpy_scalars_are_written_as_numbers() -> None:
    assert write_literal([np.float64(0.5), np.int64(3)]) == "[0.5,3]"


def test_only_numbers_with_a_base_have_one() -> None:
    assert [based_integer(text) for text in ("0xFF", "-0b11", " 0o7 ")] == [255, -3, 7]
    for text in "12", "0x", "x", "0xg":
        with pytest.raises(ValueError, match=r".*"):
            based_integer(text)


@given(nasty_texts)
def test_every_text_is_some_value(text: str) -> None:
    read_literal(text)
