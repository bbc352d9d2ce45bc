"""Annotations, evaluated as far as they can be."""

from dataclasses import dataclass
from typing import Annotated, Any, Optional, Union

import pytest

from forge.annotations import (
    callee_of,
    evaluated,
    hints_of,
    split_annotated,
    split_optional,
)


def test_texts_are_evaluated_and_annotated_stays() -> None:
    def function(a: "int", b: Annotated[int, "help"], c=1): ...

    assert hints_of(function) == {"a": int, "b": Annotated[int, "help"]}


def test_one_bad_annotation_does_not_hide_the_others() -> None:
    def function(a: "Missing", b: "int", c: float, d: "1 +"): ...  # noqa: F722, F821

    assert hints_of(function) == {"b": int, "c": float}


def test_a_class_is_called_through_its_constructor() -> None:
    class Plain:
        def __init__(self, a: int): ...

    class Made:
        def __new__(cls, b: str): ...

    class Below(Plain): ...

    assert hints_of(Plain) == {"a": int} == hints_of(Below)
    assert hints_of(Made) == {"b": str}
    assert callee_of(Plain) is Plain.__init__
    assert callee_of(len) is len


def test_fields_of_a_class_are_evaluated_too() -> None:
    @dataclass
    class Sched:
        warmup: "int" = 1
        other: "Missing" = 2  # noqa: F821

    assert evaluated(Sched) == {"warmup": int}


@pytest.mark.parametrize(
    ("annotation", "bare", "optional"),
    [
        (int | None, int, True),
        (Optional[int], int, True),  # noqa: UP045
        (Union[int, str, None], Union[int, str, None], False),  # noqa: UP007
        (int, int, False),
        (None, None, False),
        (list[int | None], list[int | None], False),
    ],
)
def test_only_one_type_or_none_is_optional(
    annotation: Any, bare: Any, optional: bool
) -> None:
    assert split_optional(annotation) == (bare, optional)


def test_the_first_text_is_the_help() -> None:
    assert split_annotated(Annotated[int, 3, "units", "more"]) == (int, "units")
    assert split_annotated(Annotated[int, 3]) == (int, "")
    assert split_annotated(int) == (int, "")
