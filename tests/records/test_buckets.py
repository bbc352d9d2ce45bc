"""Series reduced to buckets."""

import math

from hypothesis import given
from hypothesis import strategies as st

from forge.records.buckets import Bucket, bucketed


_points = st.lists(
    st.tuples(st.integers(0, 500) | st.floats(0, 1e6), st.floats()), max_size=80
)


@given(_points, st.integers(1, 20))
def test_no_extreme_and_no_point_is_lost(points, count: int) -> None:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    buckets = bucketed(xs, ys, count=count)
    assert sum(bucket.n for bucket in buckets) == len(points)
    assert len(buckets) <= count
    numbers = [y for y in ys if not math.isnan(y)]
    kept = [b for b in buckets if b.min is not None]
    assert bool(kept) == bool(numbers)
    if numbers:
        assert min(b.min for b in kept) == min(numbers)
        assert max(b.max for b in kept) == max(numbers)
    assert [b.x for b in buckets] == sorted(b.x for b in buckets)


def test_few_points_stay_as_they_are() -> None:
    assert bucketed([1, 2], [0.5, math.inf]) == [
        Bucket(1, 0.5, 0.5, 0.5, 0.5, 1),
        Bucket(2, math.inf, math.inf, math.inf, math.inf, 1),
    ]


def test_a_spike_of_one_point_in_a_million_is_seen() -> None:
    ys = [0.0] * 100_000
    ys[77_777] = 1.0
    buckets = bucketed(range(100_000), ys, count=100)
    assert len(buckets) == 100
    assert max(b.max or 0 for b in buckets) == 1.0
    assert bucketed([], []) == []


def test_nan_is_counted_and_no_extreme() -> None:
    (bucket,) = bucketed([1, 1, 1], [2.0, math.nan, 4.0], count=1)
    assert bucket == Bucket(1, 4.0, 2.0, 4.0, 3.0, 3)
    (bucket,) = bucketed([1, 1], [math.nan] * 2, count=1)
    assert (bucket.min, bucket.mean, bucket.n) == (None, None, 2)
