"""Series reduced to so many buckets, in which every extreme is kept."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from operator import le
from typing import NamedTuple


class Bucket(NamedTuple):
    """The points of one stretch of a series.

    Attributes:
        x: Where its first point is.
        last: The value logged last, which may be NaN.
        min: The least value; nothing if all of them are NaN.
        max: The greatest value.
        mean: The mean of the values that are no NaN.
        n: How many points there are, NaN included.
    """

    x: float
    last: float
    min: float | None
    max: float | None
    mean: float | None
    n: int


def bucketed(
    xs: Sequence[float], ys: Sequence[float], *, count: int = 1_000
) -> list[Bucket]:
    """Reduce a series to buckets of equal width.

    Args:
        xs: Steps, or times; those out of order are put in order.
        ys: The values, as many.
        count: How many buckets at most; empty ones are left out.

    Returns:
        The buckets in order. The least of all values is the least of some bucket, the
        greatest the greatest of some, and the counts add up to the number of points.
    """
    if not all(map(le, xs, xs[1:])):
        order = sorted(range(len(xs)), key=xs.__getitem__)
        xs, ys = [xs[i] for i in order], [ys[i] for i in order]
    if not xs:
        return []
    first, last = xs[0], xs[-1]
    if len(xs) <= count or first == last:
        ends = list(range(len(xs) + 1)) if len(xs) <= count else [0, len(xs)]
    else:
        width = (last - first) / count
        inner = (bisect_left(xs, first + i * width) for i in range(1, count))
        ends = [0, *inner, len(xs)]
    return [_bucket(xs[a], ys[a:b]) for a, b in pairwise(ends) if a < b]


def _bucket(x: float, ys: Sequence[float]) -> Bucket:
    """Sum up the values of one bucket."""
    values, total = ys, sum(ys)
    if math.isnan(total):
        # A NaN in there, or infinities of both signs.
        values = [y for y in ys if not math.isnan(y)]
        total = sum(values)
    if not values:
        return Bucket(x, ys[-1], None, None, None, len(ys))
    mean = total / len(values)
    return Bucket(x, ys[-1], min(values), max(values), mean, len(ys))
