"""Small curves, as SVG without script and as a line of characters."""

import math
from collections.abc import Sequence
from typing import Final

from forge.records.buckets import Bucket, bucketed


#: The width and height of a curve, and its margin, in pixels.
WIDTH: Final = 160
HEIGHT: Final = 40
_MARGIN: Final = 2

_BARS: Final = "▁▂▃▄▅▆▇█"


def svg(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Draw a series.

    Args:
        xs: Steps or times.
        ys: The values, as many.

    Returns:
        An SVG element: a band from least to greatest, and a line through the means.
        It holds numbers of ours alone.
    """
    buckets = [b for b in bucketed(xs, ys, count=WIDTH // 2) if _is_drawn(b)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">'
    )
    if not buckets:
        return f"{head}</svg>"
    line = _points([(b.x, b.mean or 0.0) for b in buckets], buckets)
    above = [(b.x, b.max or 0.0) for b in buckets]
    below = [(b.x, b.min or 0.0) for b in reversed(buckets)]
    band = _points(above + below, buckets)
    return (
        f'{head}<polygon points="{band}" fill="#4477aa" opacity="0.25"/>'
        f'<polyline points="{line}" fill="none" stroke="#4477aa"/></svg>'
    )


def spark(xs: Sequence[float], ys: Sequence[float], *, width: int = 40) -> str:
    """Draw a series as a line of characters.

    Args:
        xs: Steps or times.
        ys: The values, as many.
        width: How many characters at most.

    Returns:
        The line; a blank where a value is not finite.
    """
    means = [b.mean if _is_drawn(b) else None for b in bucketed(xs, ys, count=width)]
    drawn = [mean for mean in means if mean is not None]
    if not drawn:
        return ""
    low, high = min(drawn), max(drawn)
    return "".join(
        " " if mean is None else _BARS[round(share(mean, low, high) * 7)]
        for mean in means
    )


def _is_drawn(bucket: Bucket) -> bool:
    """Tell whether a bucket has a place in a picture."""
    values = (bucket.min, bucket.max, bucket.mean)
    return all(value is not None and math.isfinite(value) for value in values)


def _points(points: Sequence[tuple[float, float]], buckets: Sequence[Bucket]) -> str:
    """Place points in the picture."""
    left, right = buckets[0].x, buckets[-1].x
    low = min(b.min or 0.0 for b in buckets)
    high = max(b.max or 0.0 for b in buckets)
    across, down = WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN
    return " ".join(
        f"{_MARGIN + across * share(x, left, right):.1f},"
        f"{_MARGIN + down * (1 - share(y, low, high)):.1f}"
        for x, y in points
    )


def share(value: float, low: float, high: float) -> float:
    """Tell how far a value is between two others.

    Args:
        value: The value.
        low: Where it would be 0.
        high: Where it would be 1.

    Returns:
        The share; a half where the two are one.
    """
    # Halves, because the whole may be beyond the greatest float.
    span = high / 2 - low / 2
    return (value / 2 - low / 2) / span if span else 0.5
