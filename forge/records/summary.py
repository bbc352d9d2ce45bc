"""The summary of a run's metrics, kept up with what is appended to them."""

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from forge.records.durable import read_bounded, replace_file
from forge.records.layout import RunLayout
from forge.records.metrics import (
    LONGEST_LINE,
    Metrics,
    number_in,
    parse_line,
    resumed_from,
    rows_in,
)
from forge.records.plain import from_json, not_finite, pretty_json
from forge.records.shape import Shape
from forge.records.structs import prepared
from forge.records.tally import MetricSummary, Tally, within_float


#: A larger file is none of ours.
_LARGEST = 64 << 20

#: Bytes that are read at once: a heartbeat must not be held up by one portion.
_PORTION = 1 << 18

#: From so many bytes on it pays to make a decoder for lines of one shape.
_MANY = 1 << 14

#: Such decoders that are kept.
_MOST_SHAPES = 16

_EVENT = b'"event"'

Points = dict[str, tuple[list[int | None], list[float]]]


def read_summary(path: Path) -> Mapping[str, MetricSummary]:
    """Read the summary of a run.

    Args:
        path: The file.

    Returns:
        The summaries by name of the metric.

    Raises:
        OSError: The file cannot be read.
        ValueError: It makes no sense.
    """
    found = from_json(read_bounded(path, _LARGEST))
    if not isinstance(found, dict):
        raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data
    try:
        return MappingProxyType(
            {name: _summary(facts) for name, facts in found.items()}
        )
    except (msgspec.ValidationError, AttributeError) as error:
        raise ValueError(f"it is no summary ({error})") from None


def summary_of(metrics: Metrics) -> Mapping[str, MetricSummary]:
    """Sum up metrics that were read back.

    Args:
        metrics: Those of a run.

    Returns:
        What `read_summary` would return of a run that ended in order.
    """
    found = {}
    for name, series in metrics.items():
        tally = Tally(1)
        tally.add(series.steps, series.values, (math.inf,))
        summary = tally.summary()
        if summary is not None:
            found[name] = summary
    return MappingProxyType(found)


class SummaryFile:
    """Keeps the summary of a run that is going on.

    The metrics are read back in the order in which they were appended, a portion at a
    time: a `log` call pays nothing for the summary, and no portion takes more memory
    than another. A resumed run reads them from the beginning.

    Args:
        layout: The names in the run folder.
        clock: Seconds that only grow.
    """

    def __init__(
        self, layout: RunLayout, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics, self._path = layout.metrics, layout.summary
        self._clock = clock
        # The steps that the resumes in the file went on from.
        self._cuts: list[int] = []
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._changed = False
        self._begin()

    def renew(self, seconds: float | None = None) -> None:
        """Write the summary if metrics were added.

        Args:
            seconds: The time to take for it, about; what is left is for the next time.
                None takes what it needs.

        Raises:
            OSError: The metrics cannot be read, or the summary cannot be written.
        """
        self._read(math.inf if seconds is None else self._clock() + seconds)
        # While metrics are read once more, what is in the file is worth more.
        if self._changed and self._offset >= self._known:
            summaries = {name: tally.summary() for name, tally in self._tallies.items()}
            found = {name: one for name, one in summaries.items() if one is not None}
            replace_file(self._path, pretty_json(found))
            self._changed = False

    def restart(self) -> None:
        """Count from the first line again: the file is not what it was."""
        self._cuts = []
        self._begin()
        # What no line says any more must go, even if there are no other lines.
        self._changed = True

    def _begin(self, known: int = 0) -> None:
        """Begin at the first line."""
        self._offset = 0
        # Up to where the file has been looked at before.
        self._known = known
        self._changed = self._searching = False
        self._passed = 0
        self._tallies: dict[str, Tally] = {}
        self._limits: list[float] = [math.inf, *accumulate(self._cuts, min)]

    def _read(self, until: float) -> None:
        """Take in what was appended, portion by portion."""
        try:
            fd = os.open(self._metrics, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            while self._clock() <= until:
                data = os.pread(fd, _PORTION, self._offset)
                if len(data) == _PORTION and b"\n" not in data:
                    data = os.pread(fd, LONGEST_LINE, self._offset)
                if self._take(data):
                    continue
                if not self._searching:
                    return
                self._begin(self._offset)
        finally:
            os.close(fd)

    def _take(self, data: bytes) -> bool:
        """Take in the whole lines of a portion; tell whether there were any."""
        end = data.rfind(b"\n") + 1
        if not end:
            # A line without an end is being written, or is none of ours.
            self._offset += len(data) if len(data) == LONGEST_LINE else 0
            return len(data) == LONGEST_LINE
        lines = data[:end]
        self._offset += end
        self._changed = True
        if self._searching:
            self._search(rows_in(lines) if _EVENT in lines else ())
        elif end < _MANY or not self._count_alike(lines):
            self._count(rows_in(lines))
        return True

    def _count_alike(self, lines: bytes) -> bool:
        """Count lines of one shape; tell whether they are and none is an event."""
        names = tuple(parse_line(lines[: lines.index(b"\n")]) or ())
        if "event" in names:
            return False
        shape = self._shapes.get(names)
        if shape is None:
            if len(self._shapes) == _MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[names] = Shape(names)
        columns = shape.sparing(lines)
        if columns is None:
            return False
        del columns["time"]
        steps = columns.pop("step", None)
        for name, column in columns.items():
            tally, values = self._tally(name), column[:]
            tally.add(steps or tally.next_steps(len(values)), values, self._limits)
        return True

    def _count(self, rows: Sequence[dict[str, Any]]) -> None:
        """Count lines of any shapes."""
        points: Points = {}
        for i, row in enumerate(rows):
            if "event" not in row:
                _collect(points, row)
            elif resumed_from(row) is not None:
                self._add(points)
                points = {}
                if self._passed == len(self._cuts):
                    # Some of what was counted no longer counts: find out all that is
                    # superseded, then count once more.
                    self._searching = True
                    self._search(rows[i:])
                    return
                self._passed += 1
                self._pass()
        self._add(points)

    def _pass(self) -> None:
        """Go on behind a resume."""
        ahead = self._cuts[self._passed :]
        self._limits = [math.inf, *accumulate(ahead, min)]
        for tally in self._tallies.values():
            tally.resume()

    def _search(self, rows: Iterable[dict[str, Any]]) -> None:
        """Note what the resumes among some lines went on from."""
        cuts = (resumed_from(row) for row in rows)
        self._cuts += [cut for cut in cuts if cut is not None]

    def _add(self, points: Points) -> None:
        """Count points of any metrics."""
        for name, (at, values) in points.items():
            tally = self._tally(name)
            steps = [step for step in at if step is not None]
            if len(steps) == len(at):
                tally.add(steps, values, self._limits)
            elif not steps:
                tally.add(tally.next_steps(len(at)), values, self._limits)
            else:
                # With a step and without, in turns: each counts on from the one before.
                for step, value in zip(at, values, strict=True):
                    one = tally.next_steps(1) if step is None else (step,)
                    tally.add(one, (value,), self._limits)

    def _tally(self, name: str) -> Tally:
        """Find the tally of a metric, or begin it."""
        tally = self._tallies.get(name)
        if tally is None:
            tally = self._tallies[name] = Tally(len(self._limits))
        return tally


def _collect(points: Points, row: Mapping[str, Any]) -> None:
    """Sort the numbers of a line under their metrics."""
    step = row.get("step")
    for name, value in row.items():
        if name in ("step", "time"):
            continue
        number = number_in(value)
        if number is None:
            continue
        found = points.get(name)
        if found is None:
            found = points[name] = ([], [])
        found[0].append(step)
        found[1].append(number)


def _summary(facts: Mapping[str, Any]) -> MetricSummary:
    """Read the summary of one metric."""
    plain = {
        key: not_finite(value) if isinstance(value, str) else within_float(value)
        for key, value in facts.items()
    }
    return msgspec.convert(plain, prepared(MetricSummary))
