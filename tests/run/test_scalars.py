"""Metrics as users log them, turned into plain numbers by name."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.run.scalars import RESERVED, merged, plain, whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (0.5, 0.5),
        (True, 1),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), 1),
        (np.array(2.5), 2.5),
        (np.array([[7]]), 7),
        (Fraction(1, 2), 0.5),
        (Decimal("0.25"), 0.25),
    ],
)
def test_scalars_become_numbers_of_pythons_own(value, expected):
    found = plain({"a": value})["a"]
    assert found == expected
    assert type(found) in (int, float)


def test_what_is_not_finite_stays():
    found = plain({"a": np.float64("nan"), "b": np.inf})
    assert math.isnan(found["a"])
    assert found["b"] == math.inf


def test_mappings_nest_with_slashes():
    assert plain({"a": {"b": {"c": 1}, "d": 2}, "e": {}}) == {"a/b/c": 1, "a/d": 2}


@pytest.mark.parametrize(
    "value", ["1", b"1", None, [1], (1,), {1}, np.zeros(2), np.zeros(0), 1j, object()]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ForgeError, match=r"^log\(a=\.\.\.\): a metric is one number"):
        plain({"a": value})


@pytest.mark.parametrize("metrics", [0.5, "loss", ["loss"], np.zeros(3), {1}])
def test_numbers_without_names_are_refused(metrics):
    with pytest.raises(ForgeError, match=r"a metric has a name") as found:
        merged(metrics, {"a": 1})
    assert found.value.code == "bad-metric"
    assert merged({}, {"a": 1}) == {"a": 1}
    assert merged({"a": 1, "b": 2}, {"a": 3}) == {"a": 3, "b": 2}


def test_what_a_mapping_raises_itself_is_not_taken_for_a_mistake():
    class Late:
        def keys(self):
            return ["a"]

        def __getitem__(self, name):
            return 1 + None

    with pytest.raises(TypeError, match="unsupported operand"):
        merged(Late(), {})


@pytest.mark.parametrize("step", [7, True, 2.0, np.int64(7), np.float32(2)])
def test_a_step_of_any_library_is_a_whole_number(step):
    assert whole(step, "log") == step
    assert type(whole(step, "log")) is int


@pytest.mark.parametrize(
    "step", [1.5, "3", None, float("nan"), float("inf"), np.zeros(2), 1j, b"1"]
)
def test_what_is_no_whole_number_is_no_step(step):
    with pytest.raises(ForgeError, match=r"^log\(step=\.\.\.\): a step is one whole"):
        whole(step, "log")


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_names_that_lines_use_themselves_are_refused(name, message):
    with pytest.raises(ForgeError) as found:
        plain({name: 1})
    message(f"bad-metric-{name}", str(found.value))


def test_arrays_are_described_by_their_shape(message):
    with pytest.raises(ForgeError) as found:
        plain({"a": {"b": np.zeros((2, 3))}})
    message("bad-metric-array", str(found.value))


numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()
names = st.text(min_size=1).filter(lambda name: name not in RESERVED)


@given(st.dictionaries(names, numbers))
def test_plain_numbers_are_unchanged(metrics):
    assert plain(metrics) == metrics


@given(
    st.dictionaries(
        names, st.recursive(numbers, lambda inner: st.dictionaries(names, inner))
    )
)
def test_turning_them_twice_changes_nothing(metrics):
    once = plain(metrics)
    assert plain(once) == once
