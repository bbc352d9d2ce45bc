"""Values from presets, files and Python, checked by the type of their parameter."""

import collections
import enum
import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import pytest
from hypothesis import given
from strategies import Act, Mode, typed_values, untyped_values

from forge.configuration import types
from forge.configuration.types import YAML_BOOLEAN, Mismatch, convert, is_exactly


class Size(enum.IntEnum):
    """Numbers with names."""

    SMALL = 1


class Text(str):
    """A text with more to it."""

    __slots__ = ()


class Point(NamedTuple):
    """Two numbers."""

    x: int
    y: int


class Closable(Protocol):
    """A protocol that cannot be asked about at run time."""

    def close(self) -> None:
        """Close."""


@dataclass
class Layer:
    """A group of parameters that is an item of a list."""

    units: int
    rate: float = 0.5
    made: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.units < 1:
            raise ValueError("units must be positive")


@dataclass
class Branch:
    """A group that holds more of its sort."""

    leaves: "list[Branch]"


def plus(x: int) -> int:
    """Add one."""
    return x + 1


ARRAY = np.arange(3)


@pytest.mark.parametrize(
    ("value", "kind", "result"),
    [
        (3, int, 3),
        (3.0, int, 3),
        ("1e6", int, 1_000_000),
        (np.int64(3), int, 3),
        (Size.SMALL, float, 1.0),
        (1, float, 1.0),
        ("1e-4", float, 0.0001),
        ("NaN", float, math.nan),
        (np.float32(0.5), float, 0.5),
        (np.array(0.5), float, 0.5),
        (True, bool, True),
        (np.True_, bool, True),
        ("run", str, "run"),
        (Text("run"), str, "run"),
        (np.str_("run"), str, "run"),
        ("'quoted'", str, "'quoted'"),
        (Mode.EXACT, str, "exact"),
        (None, int | None, None),
        ("None", str | None, "None"),
        ("exact", Literal["fast", "exact"], "exact"),
        (1, Literal[True, 1], 1),
        (Act.relu, Literal[Act.relu], Act.relu),
        ("relu", Literal[Act.relu], Act.relu),
        (Act.relu, Act, Act.relu),
        ("relu", Act, Act.relu),
        (2, Act, Act.tanh),
        ("fast, and loose", Mode, Mode.FAST),
        (Path("out"), Path, Path("out")),
        ("out", Path, Path("out")),
        (PurePosixPath("out"), Path, Path("out")),
        ([64, 64], list[int], [64, 64]),
        ((64, 64.0), list[int], [64, 64]),
        ([8, 16], tuple[int, ...], (8, 16)),
        ([28, 28], tuple[int, int], (28, 28)),
        (ARRAY, list[float], [0.0, 1.0, 2.0]),
        ([np.int64(1)], list, [1]),
        (Point(1, 2), tuple[int, int], (1, 2)),
        ({1, 2}, set[int], {1, 2}),
        ([1, 1], set[int], {1}),
        ([], tuple[()], ()),
        ((1, 2), Sequence[int], (1, 2)),
        ([1, 2], Sequence[int], [1, 2]),
        (frozenset([1]), AbstractSet[int], frozenset([1])),
        ([[1], (2, 3)], list[list[int]], [[1], [2, 3]]),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        (collections.OrderedDict(a=1), dict, {"a": 1}),
        (collections.Counter(a=1), Mapping[str, int], {"a": 1}),
        ({"1": [2]}, dict[int, tuple[int, ...]], {1: (2,)}),
        ({"relu": 1}, dict[Act, int], {Act.relu: 1}),
        ({"units": 3}, Layer, Layer(3)),
        ([{"units": 3, "rate": 1}], list[Layer], [Layer(3, 1.0)]),
        (1, int | str, 1),
        ("1", int | str, "1"),
        ("1", int | None, 1),
        (1, float | None, 1.0),
        (1, float | int, 1),
        (True, int | bool, True),
        ("x", Path | None, Path("x")),
        (["a"], list[int] | list[str], ["a"]),
        ([1], tuple[int, ...] | None, (1,)),
        (plus, Callable, plus),
        (plus, Callable[[int], int], plus),
        (Point(1, 2), Point, Point(1, 2)),
        (int, type, int),
        (3, Any, 3),
        (np.int64(3), Any, 3),
        ("unchanged", Closable, "unchanged"),
        (7, "unresolved", 7),
    ],
)
def test_a_value_comes_in_its_type(value: Any, kind: Any, result: Any) -> None:
    converted = convert(value, kind)
    assert repr(converted) == repr(result)
    assert type(converted) is type(result)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0.5, int),
        (True, int),
        ("abc", int),
        (None, int),
        (math.inf, int),
        (True, float),
        (10**400, float),
        ([1], float),
        (1, bool),
        ("yes", bool),
        (1, str),
        (None, str),
        (b"run", str),
        ("exat", Literal["fast", "exact"]),
        (1.0, Literal[1]),
        (True, Literal[1]),
        (ARRAY, Literal[1]),
        ("relv", Act),
        (True, Act),
        (1, Path),
        (None, Path),
        ("64,64", list[int]),
        ({1, 2}, list[int]),
        ([1, 2, 3], tuple[int, int]),
        ([1, "x"], list[int]),
        ([[1]], set[list[int]]),
        (3, list),
        ([1], dict),
        ({"a": "x"}, dict[str, int]),
        ({"x": 1}, dict[int, int]),
        ({1: 1}, dict[str, int]),
        ({(1, 2): 1}, dict[list[int], int]),
        (0, None),
        ("a", int | None),
        (1, str | None),
        ("relu", Callable),
        ((1, 2), Point),
        (3, Layer),
        ({"units": 0}, Layer),
        ({"rate": 1.0}, Layer),
        ({"unit": 3}, Layer),
        ({"units": 3, "made": []}, Layer),
    ],
)
def test_a_value_of_another_type_is_refused(value: Any, kind: Any) -> None:
    with pytest.raises(Mismatch):
        convert(value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [
        (False, str, YAML_BOOLEAN),
        (True, str | None, YAML_BOOLEAN),
        (False, Literal["on", "off"], YAML_BOOLEAN),
        (True, Act, YAML_BOOLEAN),
        (True, Path, YAML_BOOLEAN),
        (True, Literal[1, 2], ""),
        ("exat", Literal["fast", "exact"], "Did you mean exact?"),
        ("relv", Act | None, "Did you mean relu?"),
        ({"unit": 3}, Layer, "It has no 'unit'. Did you mean units?"),
        ({"units": 0}, Layer, "(units must be positive)"),
        (0.5, int, ""),
    ],
)
def test_a_refusal_says_what_was_probably_meant(
    value: Any, kind: Any, hint: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        convert(value, kind)
    assert caught.value.hint == hint


def test_a_whole_dataclass_in_one_value_is_a_record() -> None:
    with pytest.raises(Mismatch) as caught:
        convert(3, Layer)
    assert caught.value.code == "record"
    layer = Layer(2)
    assert convert(layer, Layer) is layer


def test_home_is_expanded_in_what_people_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert convert("~/runs", Path) == Path("/home/me/runs")
    assert convert("~/runs", Path, types.Mode.STORED) == Path("~/runs")
    assert convert(Path("~/runs"), Path) == Path("~/runs")


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["leaves"] = [endless]
    with pytest.raises(Mismatch, match="contains itself"):
        convert(endless, Branch)


def test_lists_and_dicts_are_plain_ones() -> None:
    """Functions never get subclasses."""
    assert type(convert(collections.UserList([1]).data, list[int])) is list
    assert type(convert(collections.defaultdict(int), dict)) is dict


@given(typed_values())
def test_a_value_of_its_type_stays_as_it_is(pair: tuple[Any, Any]) -> None:
    kind, value = pair
    assert convert(value, kind) == value
    assert type(convert(value, kind)) is type(value)
    assert is_exactly(value, kind)


@given(typed_values(), untyped_values)
def test_no_value_raises_anything_but_mismatch(
    pair: tuple[Any, Any], value: Any
) -> None:
    try:
        convert(value, pair[0])
    except Mismatch:
        return


@pytest.mark.parametrize(
    ("value", "kind", "exact"),
    [
        (1, int, True),
        (1, float, False),
        ("1", int, False),
        ((1,), list[int], False),
        ([1.0], list[int], False),
        ("relu", Act, False),
        ("x", Path, False),
        ({"units": 1}, Layer, False),
        ({1: 1}, dict[int, int], True),
        ({"1": 1}, dict[int, int], False),
        (1, int | None, True),
        (1.0, int | None, False),
    ],
)
def test_a_value_is_exactly_of_a_type_or_not(
    value: Any, kind: Any, *, exact: bool
) -> None:
    assert is_exactly(value, kind) is exact
