"""One metric of several runs, as SVG with axes and without script."""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from forge._html import text
from forge.browse.report.palette import Stroke
from forge.records.buckets import Bucket, bucketed
from forge.records.curves import share


#: The size of a chart, and the room for the numbers at its axes, in pixels.
WIDTH: Final = 640
HEIGHT: Final = 260
_LEFT: Final = 64
_RIGHT: Final = 12
_TOP: Final = 10
_BOTTOM: Final = 24

#: Points of one line; what is between them stays visible as a band.
POINTS: Final = 500

_TICKS: Final = 5


class Line(NamedTuple):
    """One series on the chart.

    Attributes:
        title: What it is called.
        stroke: How it is drawn.
        xs: Steps.
        ys: The values, as many.
    """

    title: str
    stroke: Stroke
    xs: Sequence[float]
    ys: Sequence[float]


class _Frame(NamedTuple):
    """What the axes reach over."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Place a step."""
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * share(value, self.left, self.right)

    def y(self, value: float) -> float:
        """Place a value."""
        room = HEIGHT - _TOP - _BOTTOM
        return _TOP + room * (1 - share(value, self.low, self.high))


def chart(lines: Sequence[Line]) -> str:
    """Draw series over their steps.

    Args:
        lines: The series.

    Returns:
        An SVG element. Each is a line through the means of neighbouring points, and a
        band from the least to the greatest of them: no extreme is lost. Where a value
        is not finite there is a gap, and a mark at the upper edge.
    """
    drawn = [(line, bucketed(line.xs, line.ys, count=POINTS)) for line in lines]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' role="img">'
    )
    frame = _frame([bucket for _, buckets in drawn for bucket in buckets])
    parts = [*_axes(frame)]
    for line, buckets in drawn:
        parts += _drawn(frame, line, buckets)
    return f"{head}{''.join(parts)}</svg>"


def ticks(low: float, high: float) -> list[float]:
    """Choose round numbers between two others.

    Args:
        low: The least.
        high: The greatest.

    Returns:
        A few numbers a multiple of 1, 2 or 5 apart, at most two more than asked for.
    """
    span = high - low
    if not 0 < span < math.inf:
        return [low] if low == high else [low, high]
    rough = span / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    if not power:
        return [low, high]
    step = power * next(k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    if last - first > 2 * _TICKS:
        # Numbers that differ by less than they can say.
        return [low, high]
    return [k * step for k in range(first, last + 1)]


def _frame(buckets: Sequence[Bucket]) -> _Frame:
    """Find what the axes have to reach over."""
    xs = [bucket.x for bucket in buckets] or [0.0]
    found = [v for b in buckets for v in (b.min, b.max) if _is_finite(v)]
    values = [value for value in found if value is not None] or [0.0, 1.0]
    low, high = min(values), max(values)
    if low == high:
        # A constant is drawn in the middle.
        around = abs(low) / 2 or 1.0
        low, high = low - around, high + around
    return _Frame(min(xs), max(xs), low, high)


def _axes(frame: _Frame) -> Iterator[str]:
    """Draw lines and numbers to read values off."""
    for value in ticks(frame.low, frame.high):
        y = frame.y(value)
        yield (
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}"'
            f' y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{value:.6g}</text>"
        )
    for value in ticks(frame.left, frame.right):
        x = frame.x(value)
        anchor = "end" if x > WIDTH - _LEFT // 2 else "middle"
        yield (
            f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">'
            f"{value:.10g}</text>"
        )


def _drawn(frame: _Frame, line: Line, buckets: Sequence[Bucket]) -> Iterator[str]:
    """Draw one series."""
    colour, dash = line.stroke
    title = f"<title>{text(line.title)}</title>"
    for run in _stretches(buckets):
        if any(bucket.n > 1 for bucket in run):
            edge = [(b.x, b.max or 0.0) for b in run]
            edge += [(b.x, b.min or 0.0) for b in reversed(run)]
            points = _points(frame, edge)
            yield f'<polygon points="{points}" fill="{colour}" opacity="0.2"/>'
        middle = _points(frame, [(b.x, b.mean or 0.0) for b in run])
        if len(run) == 1:
            across, down = middle.split(",")
            place = f'cx="{across}" cy="{down}" r="2.5"'
            yield f'<circle {place} fill="{colour}">{title}</circle>'
        else:
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            yield (
                f'<polyline points="{middle}" fill="none" stroke="{colour}"'
                f' stroke-width="1.5"{dashes}>{title}</polyline>'
            )
    for bucket in buckets:
        if not _is_drawn(bucket) or not math.isfinite(bucket.last):
            x = frame.x(bucket.x)
            yield (
                f'<path d="M{x - 3:.1f},{_TOP - 7}h6l-3,6z" fill="{colour}">'
                f"<title>not finite at {bucket.x:g}</title></path>"
            )


def _stretches(buckets: Sequence[Bucket]) -> Iterator[list[Bucket]]:
    """Divide a series where a value is not finite."""
    run: list[Bucket] = []
    for bucket in buckets:
        if _is_drawn(bucket):
            run.append(bucket)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_drawn(bucket: Bucket) -> bool:
    """Tell whether a bucket has a place between the axes."""
    return all(map(_is_finite, (bucket.min, bucket.max, bucket.mean)))


def _is_finite(value: float | None) -> bool:
    """Tell whether there is a value that can be drawn."""
    return value is not None and math.isfinite(value)


def _points(frame: _Frame, points: Sequence[tuple[float, float]]) -> str:
    """Place points."""
    return " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in points)
