"""Values written as words, and read again."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import Act, floats, paths, texts, typed_values, untyped_values

from forge.configuration.text import format_text, parse, split_items
from forge.configuration.types import Mismatch


@dataclass
class Sched:
    """A group of parameters."""

    warmup: int = 100


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (3, int, "3"),
        (1, float, "1.0"),
        (1e-5, float, "1e-05"),
        (math.inf, float, "inf"),
        (True, bool, "True"),
        ("my run", str, "my run"),
        ("", str, ""),
        ('"a"', str, "'\"a\"'"),
        ("None", str, "None"),
        ("None", str | None, '"None"'),
        (None, str | None, "None"),
        ("1", int | str, '"1"'),
        (Act.tanh, Act, "tanh"),
        ("exact", Literal["fast", "exact"], "exact"),
        ("1", Literal[1, "1"], '"1"'),
        (Path("out"), Path, "out"),
        (Path("~"), Path, "./~"),
        ([64, 64], list[int], "64,64"),
        ([64], list[int], "64"),
        ([], list[int], "[]"),
        ([64], int | list[int], "[64]"),
        ((28, 28), tuple[int, int], "28,28"),
        ({2, 1}, set[int], "1,2"),
        ([[1, 2], [3]], list[list[int]], "[[1,2],[3]]"),
        (["a,b", "c d"], list[str], '["a,b",c d]'),
        ({"a": 1.0}, dict[str, float], "{a:1.0}"),
        ({"a:b": [1, 2]}, dict[str, list[int]], '{"a:b":[1,2]}'),
        ((1, "a"), Any, '(1,"a")'),
        ("true", Any, '"true"'),
        (np.float32(0.5), float, "0.5"),
        (np.arange(3), list[int], "0,1,2"),
    ],
)
def test_a_value_is_written_as_one_would_type_it(
    value: Any, kind: Any, text: str
) -> None:
    assert format_text(value, kind) == text


@given(typed_values())
def test_parsing_undoes_formatting(pair: tuple[Any, Any]) -> None:
    """For every type and every value of it."""
    kind, value = pair
    back = parse(format_text(value, kind), kind)
    assert back == value
    assert type(back) is type(value)


@given(untyped_values)
def test_parsing_undoes_formatting_without_a_type(value: Any) -> None:
    back = parse(format_text(value, Any), Any)
    assert type(back) is type(value)
    assert back == value


@given(st.lists(untyped_values, max_size=4), st.dictionaries(texts, untyped_values))
def test_parsing_undoes_formatting_of_untyped_items(
    items: list[Any], pairs: dict[str, Any]
) -> None:
    for value, kind in (items, list), (pairs, dict), (tuple(items), tuple):
        assert parse(format_text(value, kind), kind) == value


@example("\\")
@given(st.one_of(st.none(), st.booleans(), st.integers(), floats, texts, paths))
def test_in_a_union_every_member_keeps_its_type(value: Any) -> None:
    kind = bool | int | float | Path | str | None
    back = parse(format_text(value, kind), kind)
    assert (type(back), back) == (type(value), value)


@given(st.one_of(texts, st.integers(), st.lists(st.integers() | texts, max_size=3)))
def test_in_a_union_a_list_is_told_from_a_text(value: Any) -> None:
    kind = int | list[int | str] | str
    back = parse(format_text(value, kind), kind)
    assert (type(back), back) == (type(value), value)


@given(st.lists(texts, max_size=4))
def test_the_items_of_a_list_can_be_read_one_by_one(items: list[str]) -> None:
    """As a sweep does, which reads each item as a value of its own."""
    text = format_text(items, list[str])
    inner = text[1:-1] if text.startswith("[") else text
    assert [parse(item, str) for item in split_items(inner)] == items


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        (Sched(), Sched, "record"),
        (print, Callable, "bad-value"),
        ("x", int, "bad-value"),
        (object(), Any, "bad-value"),
        (int, int | type, "bad-value"),
    ],
)
def test_what_no_word_can_spell_is_refused(value: Any, kind: Any, code: str) -> None:
    with pytest.raises(Mismatch) as caught:
        format_text(value, kind)
    assert caught.value.code == code


def test_a_whole_dataclass_is_no_item_either() -> None:
    with pytest.raises(Mismatch) as caught:
        format_text([Sched()], list[Sched | int])
    assert caught.value.code == "record"


def test_a_path_in_a_union_with_texts_stays_a_path() -> None:
    kind = Path | Literal["out"] | None
    for path in Path("out"), Path("None"), Path():
        assert parse(format_text(path, kind), kind) == path


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Mismatch, match="contains itself"):
        format_text(endless, Any)
