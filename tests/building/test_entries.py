"""What datasets offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from forge.building.entries import Offer, agree, entries_of


class Pair(NamedTuple):
    x: int
    y: int


@dataclass
class Data:
    x: int = 1


@pytest.mark.parametrize(
    ("built", "entries"),
    [
        ({"x": 1}, {"x": 1}),
        (MappingProxyType({"x": 1}), {"x": 1}),
        (Pair(1, 2), {"x": 1, "y": 2}),
        (Data(), {"x": 1}),
        (Data, {}),
        ((1, 2), {}),
        (np.zeros(3), {}),
        (None, {}),
    ],
)
def test_entries_have_names(built: Any, entries: Mapping[str, Any]) -> None:
    assert entries_of(built) == entries


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ([], True),
        ([object()], True),
        ([1, 1], True),
        ([1, np.int64(1)], True),
        ([(28, 28), [28, 28]], True),
        ([float("nan"), float("nan")], True),
        ([1, 1.0], False),
        ([1, True], False),
        ([1, 2], False),
        ([np.zeros(2), np.zeros(2)], False),
        ([{}, {}], False),
    ],
)
def test_only_equal_plain_scalars_agree(values: list[Any], same: bool) -> None:
    assert agree([Offer(str(i), value) for i, value in enumerate(values)]) is same
