"""Tests of counting the points of one metric."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.records.tally import MetricSummary, Tally


NO_LIMIT = (math.inf,)


def counted(*blocks: list[float]) -> MetricSummary:
    """Count numbers that come in blocks, the first of them at step 1."""
    tally = Tally(1)
    for values in blocks:
        tally.add(tally.next_steps(len(values)), values, NO_LIMIT)
    summary = tally.summary()
    assert summary is not None
    return summary


def test_a_summary_says_where_the_extremes_were_reached_first() -> None:
    assert counted([2.0, 1.0, 3.0], [1.0, 3.0, 2.0]) == MetricSummary(
        last=2.0, step=6, min=1.0, min_step=2, max=3.0, max_step=3, mean=2.0, n=6
    )


def test_nan_is_neither_best_nor_part_of_the_mean() -> None:
    summary = counted([math.nan, 4.0], [2.0, math.nan])
    assert math.isnan(summary.last)
    assert (summary.min, summary.max, summary.mean, summary.n) == (2.0, 4.0, 3.0, 4)
    assert (summary.step, summary.min_step, summary.max_step) == (4, 3, 2)


def test_a_metric_that_was_always_nan_has_no_extremes() -> None:
    summary = counted([math.nan, math.nan])
    assert (summary.min, summary.max_step, summary.mean, summary.n) == (
        None,
        None,
        None,
        2,
    )


def test_infinities_are_extremes() -> None:
    summary = counted([1.0, math.inf])
    assert (summary.min, summary.max, summary.mean) == (1.0, math.inf, math.inf)
    both = counted([math.inf, 1.0], [-math.inf])
    assert (both.min, both.max) == (-math.inf, math.inf)
    assert both.mean is not None
    assert math.isnan(both.mean)


@pytest.mark.parametrize("value", [1e308, -1e308, 0.1])
def test_no_number_is_too_large_for_the_mean(value: float) -> None:
    summary = counted([value] * 3, [value] * 7, [value])
    assert (summary.min, summary.max, summary.mean) == (value, value, value)


def test_whole_numbers_beyond_every_float_are_infinite() -> None:
    summary = counted([1, 10**400], [-1])
    assert (summary.last, summary.min, summary.max) == (-1, -1, math.inf)
    assert (summary.mean, summary.max_step) == (math.inf, 2)
    below = counted([-(10**400), 1.0, 1.0])
    assert (below.min, below.max, below.mean) == (-math.inf, 1, -math.inf)
    both = counted([10**400, -(10**400), math.nan, 2])
    assert (both.min, both.max, both.n) == (-math.inf, math.inf, 4)
    assert both.mean is not None
    assert math.isnan(both.mean)


def test_points_after_the_checkpoint_of_a_resume_do_not_count() -> None:
    tally = Tally(2)
    tally.add((1, 2, 3, 4), (1.0, 2.0, 3.0, 9.0), (math.inf, 2))
    tally.resume()
    assert list(tally.next_steps(2)) == [3, 4]
    tally.add((3,), (5.0,), NO_LIMIT)
    assert tally.summary() == MetricSummary(
        last=5.0, step=3, min=1.0, min_step=1, max=5.0, max_step=3, mean=8 / 3, n=3
    )


def test_nothing_is_left_when_every_point_is_superseded() -> None:
    tally = Tally(2)
    tally.add((1, 2), (1.0, 2.0), (math.inf, 0))
    assert tally.summary() is None


@given(st.lists(st.lists(st.floats(allow_nan=False, width=32), min_size=1), min_size=1))
def test_blocks_make_no_difference(blocks: list[list[float]]) -> None:
    apart, whole = counted(*blocks), counted([v for block in blocks for v in block])
    assert (apart.min, apart.max, apart.min_step, apart.max_step, apart.n) == (
        whole.min,
        whole.max,
        whole.min_step,
        whole.max_step,
        whole.n,
    )
    assert apart.mean == pytest.approx(whole.mean, nan_ok=True, rel=1e-9, abs=1e29)
