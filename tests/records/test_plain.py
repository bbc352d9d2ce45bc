import contextlib
import json
import math
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.records.plain import finite, from_json, not_finite, pretty_json, to_json
from forge.records.runfile import Git


SURROGATES = st.text(st.characters(), max_size=5)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | SURROGATES,
    lambda inner: st.lists(inner) | st.dictionaries(SURROGATES, inner),
    max_leaves=10,
)


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    assert from_json(to_json(value)) == value
    assert from_json(pretty_json(value)) == value


@given(PLAIN)
def test_any_reader_of_json_can_read_it(value: Any) -> None:
    assert json.loads(to_json(value)) == value
    assert b"\n" not in to_json(value)


@given(st.binary(max_size=50))
def test_nothing_but_a_value_error_comes_of_reading(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        from_json(data)


def test_file_names_that_are_not_utf8_survive() -> None:
    name = os.fsdecode(b"caf\xe9")
    assert from_json(to_json({name: name})) == {name: name}
    assert from_json(pretty_json({name: name})) == {name: name}


@pytest.mark.parametrize(
    ("number", "name"),
    [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")],
)
def test_numbers_that_json_lacks_are_written_by_name(number: float, name: str) -> None:
    assert finite({"a": [number]}) == {"a": [name]}
    assert to_json([number]) == f'["{name}"]'.encode()
    assert repr(not_finite(name)) == repr(number)


@pytest.mark.parametrize("write", [to_json, pretty_json])
def test_such_numbers_are_found_beside_anything_else(write) -> None:
    odd = [None, "null", 2**70, {"a": (math.nan, None)}, math.inf]
    assert from_json(write(odd)) == [
        None,
        "null",
        2**70,
        {"a": ["NaN", None]},
        "Infinity",
    ]
    assert from_json(write([None, 2**70, "\udc80"])) == [None, 2**70, "\udc80"]
    git = Git(commit=None, branch="b")
    assert from_json(write([git, -math.inf]))[1] == "-Infinity"
    # Half of what an odd number is in MessagePack.
    assert from_json(write([None, "\u00cb\x7f\u00f0", 1.5])) == [
        None,
        "\u00cb\x7f\u00f0",
        1.5,
    ]


def test_a_text_that_is_no_such_number_is_none() -> None:
    assert not_finite("nan") is None


def test_pretty_json_ends_with_a_newline_and_can_be_sorted() -> None:
    assert pretty_json({"b": 1, "a": [2]}) == b'{\n  "b": 1,\n  "a": [\n    2\n  ]\n}\n'
    assert pretty_json({"b": 1, "a": 2}, sort_keys=True).startswith(b'{\n  "a"')


def test_frozen_values_are_written_as_mappings() -> None:
    assert from_json(to_json(Git(commit="a")))["commit"] == "a"


def test_what_json_cannot_express_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        to_json(object())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b" \n", "it is empty"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": "\xff"}', "it is no text"),
        (b'{"a": 1', "it is no JSON"),
    ],
)
def test_the_error_says_what_is_wrong(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        from_json(data)


def test_large_numbers_are_read_like_any_other() -> None:
    assert from_json(b"1e999") == math.inf
    assert from_json(b"1" * 30) == int("1" * 30)
