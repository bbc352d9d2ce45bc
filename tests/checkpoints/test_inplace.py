"""Containers and arrays changed in place."""

from typing import Any

import numpy as np
import pytest

from forge.checkpoints.inplace import is_changeable, put_back, put_into


def test_values_are_put_into_what_takes_them() -> None:
    old = np.zeros(2)
    assert put_into(old, np.ones(2))
    assert old.all()
    assert not put_into(old, np.ones(3))
    old.flags.writeable = False
    assert not put_into(old, np.zeros(2))
    assert not put_into([1], [2])


@pytest.mark.parametrize(
    ("obj", "answer"),
    [
        *((x, True) for x in ({}, [], {1}, bytearray(), np.zeros(1))),
        *((x, False) for x in (1, "", (), None, b"")),
    ],
)
def test_numbers_and_text_do_not_change(obj: Any, *, answer: bool) -> None:
    assert is_changeable(obj) is answer


def test_what_is_inside_stays_the_object_it_was() -> None:
    inner = {"a": [1, 2], "gone": 0}
    old = {"inner": inner, "array": np.zeros(2), "kind": 1}
    array = old["array"]
    new = {"inner": {"a": [3]}, "array": np.ones(2), "kind": "text"}
    assert put_back(old, new) is old
    assert old["inner"] is inner
    assert inner == {"a": [3]}
    assert old["array"] is array
    assert array.all()
    assert old["kind"] == "text"


def test_what_cannot_change_is_replaced() -> None:
    assert put_back((1,), (2,)) == (2,)
    assert put_back([1], {"a": 1}) == {"a": 1}
    old = np.zeros(2)
    assert put_back(old, np.ones(3)) is not old


@pytest.mark.frameworks
def test_tensors_are_copied_into() -> None:
    import torch

    old, new = torch.zeros(2), torch.ones(2)
    assert put_back([old], [new])[0] is old
    assert old.all()
    assert put_back(old, torch.ones(3)) is not old
