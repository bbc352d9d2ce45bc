"""Types of parameters: named for messages, inferred from defaults."""

import enum
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict, TypeVar, Union

import numpy as np
import pytest
from strategies import Act

from forge.configuration.shapes import (
    Mismatch,
    Shape,
    bare,
    describe,
    infer,
    is_plain_scalar,
    shape_of,
)
from forge.signature import EMPTY


@dataclass
class Sched:
    """A group of parameters."""

    warmup: int = 100


class Entries(TypedDict):
    """Entries of a dataset."""

    n: int


UserId = NewType("UserId", int)
T = TypeVar("T")
Many = enum.Enum("Many", {f"m{i}": i for i in range(30)})


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (int, "int"),
        (tuple[int, int], "tuple[int, int]"),
        (tuple[float, ...], "tuple[float, ...]"),
        (list, "list"),
        (list[int | None], "list[int or None]"),
        (dict[str, float], "dict[str, float]"),
        (Literal["fast", "exact"], "one of fast, exact"),
        (Literal["a", 1, Act.tanh, 2], "one of a, 1, tanh, 2"),
        (Act, "one of relu, tanh"),
        (int | None, "int or None"),
        (Optional[str], "str or None"),  # noqa: UP045 - the old spelling
        (Union[int, str], "int or str"),  # noqa: UP007 - the old spelling
        (Any, "any"),
        (EMPTY, "any"),
        (None, "None"),
        (Path, "Path"),
        (Sched, "Sched"),
        (Annotated[int, "hidden units"], "int"),
        (Annotated[int, {}], "int"),
        (list[Annotated[int, "width"]], "list[int]"),
        (UserId, "int"),
        (T, "any"),
        (Callable, "callable"),
        (Callable[[int], str], "callable"),
        (Sequence[int], "Sequence[int]"),
        (np.ndarray, "ndarray"),
    ],
)
def test_a_type_is_named_as_messages_name_it(kind: Any, name: str) -> None:
    assert describe(kind) == name


def test_a_long_choice_is_cut_short() -> None:
    assert describe(Many).endswith("m10, m11, ... (30 in all)")


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        (None, Any),
        (EMPTY, Any),
        (1, int),
        (True, bool),
        (0.5, float),
        ("run", str),
        (Act.relu, Act),
        (Path("out"), Path),
        (PurePosixPath("out"), PurePosixPath),
        ([64, 64], list[int]),
        ((28, 28), tuple[int, ...]),
        ({1, 2}, set[int]),
        (frozenset({"a"}), frozenset[str]),
        ([], list),
        ((), tuple),
        ((1, 0.5), tuple[float, ...]),
        ([64, None], list[int | None]),
        ([None], list),
        ((16, "same"), tuple),
        ([True, 1], list),
        ([[1], [2, 3]], list[list[int]]),
        ([(3, 3), (5, 5)], list[tuple[int, ...]]),
        ({}, dict),
        ({"a": 1}, dict),
        (Sched(), Sched),
        (np.float32(0.5), float),
        (np.int64(3), int),
        (np.zeros(3), np.ndarray),
        (functools.partial(int), functools.partial),
    ],
)
def test_the_type_of_a_parameter_without_annotation_is_that_of_its_default(
    default: Any, kind: Any
) -> None:
    assert infer(default) == kind


def test_a_list_that_contains_itself_has_a_type() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert describe(infer(endless)) == "list[" * 8 + "list" + "]" * 8
    assert not is_plain_scalar(endless)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (1, True),
        (None, True),
        ("a", True),
        (np.float64(0.5), True),
        (np.array(3), True),
        ([1, (2, "a")], True),
        (np.zeros(3), False),
        ({"a": 1}, False),
        (Act.relu, False),
        ([object()], False),
    ],
)
def test_plain_scalars_are_numbers_texts_and_lists_of_them(
    value: Any, *, plain: bool
) -> None:
    assert is_plain_scalar(value) is plain


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (int | None, Shape.UNION),
        (int | Any, Shape.ANY),
        (Mapping[str, int], Shape.MAPPING),
        (Entries, Shape.MAPPING),
        (Sched, Shape.RECORD),
        ("unresolved", Shape.OTHER),
        (Literal[()], Shape.CHOICE),
    ],
)
def test_the_shape_of_a_type_decides_how_it_is_spelled(kind: Any, shape: Shape) -> None:
    assert shape_of(bare(kind)) is shape


def test_a_mismatch_is_a_bad_value_unless_it_says_otherwise() -> None:
    assert (Mismatch().code, Mismatch().hint) == ("bad-value", "")
