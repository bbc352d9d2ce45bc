"""The metrics of a run read back, many lines at a time."""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, compress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import UNSET

from forge.records.durable import open_regular
from forge.records.metrics import (
    LONGEST_LINE,
    Metrics,
    Series,
    is_line,
    number_in,
    parse_line,
)
from forge.records.shape import Shape
from forge.records.tally import within_float


#: Bytes that are read at once, and from how many on lines are read together.
_PORTION = 1 << 19
_MANY = 1 << 10

#: Pieces without an end of line, after which nothing more is read: a file with a hole
#: can claim any size.
_MOST_PIECES = 64

#: More names than this are read line by line.
_MOST_NAMES = 100

_EVENT = b'"event"'

_decode_lines = msgspec.json.Decoder().decode_lines


def read_metrics(path: Path) -> Metrics:
    """Read the metrics of a run, which may still be writing them.

    Lines that are torn or make no sense are passed over and counted.

    Args:
        path: The file; a missing one holds no metrics.

    Returns:
        The points of the latest generation: after a resume, what was logged after its
        checkpoint before counts no more.

    Raises:
        OSError: If the file is there and cannot be read.
    """
    reader = _Reader()
    for lines in _portions(path):
        reader.add(lines)
    return reader.metrics()


class _Reader:
    """Collects points, many lines at a time where they look alike."""

    def __init__(self) -> None:
        self._points: dict[str, tuple[list[int], list[float], list[float]]] = {}
        self._bad = 0
        self._superseded = 0
        self._names: tuple[str, ...] = ()
        self._shape = Shape(())
        self._every: tuple[str, ...] = ()
        self._ragged = Shape(())

    def add(self, lines: bytes) -> None:
        """Take in some lines."""
        if len(lines) < _MANY or _EVENT in lines or not self._log_alike(lines):
            for line in lines.split(b"\n"):
                if line:
                    self._add(line)

    def _add(self, line: bytes) -> None:
        """Take in one line."""
        facts = parse_line(line)
        if facts is None:
            self._bad += 1
        elif "event" not in facts:
            self._log(facts, facts.pop("step", None), facts.pop("time"))
        elif facts["event"] == "resumed":
            self._resume(facts.get("from"))

    def _log_alike(self, lines: bytes) -> bool:
        """Take in lines of numbers together; tell whether that can be done."""
        columns = self._columns(lines)
        if columns is None or UNSET in columns["time"]:
            return False
        times, steps = columns.pop("time"), columns.pop("step", None)
        if steps and UNSET in steps:
            if any(step is not UNSET for step in steps):
                return False
            steps = None
        for name, values in self._in_order(columns):
            if UNSET in values:
                has = [value is not UNSET for value in values]
                some = (
                    [*compress(column, has)] if column else None
                    for column in (steps, times, values)
                )
                self._extend(name, *some)
            else:
                self._extend(name, steps, times, values)
        return True

    def _columns(self, lines: bytes) -> dict[str, list[Any]] | None:
        """Read lines that have the names of the first, or some of those known."""
        names = tuple(parse_line(lines.partition(b"\n")[0]) or ())
        if names != self._names:
            self._names, self._shape = names, Shape(names)
        columns = self._shape.columns(lines) or self._ragged.columns(lines)
        if columns is None and self._learn(lines):
            columns = self._ragged.columns(lines)
        return columns

    def _learn(self, lines: bytes) -> bool:
        """Learn names from lines; tell whether there were new ones."""
        try:
            rows = _decode_lines(lines)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return False
        names = chain.from_iterable(filter(is_line, rows))
        every = dict.fromkeys([*self._every, *names])
        if len(every) == len(self._every) or len(every) > _MOST_NAMES:
            return False
        self._every = tuple(every)
        self._ragged = Shape(self._every, ragged=True)
        return True

    def _in_order(self, columns: dict[str, list[Any]]) -> list[tuple[str, list[Any]]]:
        """Order columns as their first points came."""
        new = [name for name in columns if name not in self._points]
        if len(new) > 1:
            first = {
                name: next(
                    (i for i, value in enumerate(columns[name]) if value is not UNSET),
                    len(columns[name]),
                )
                for name in new
            }
            columns = dict(sorted(columns.items(), key=lambda c: first.get(c[0], -1)))
        return list(columns.items())

    def _extend(
        self,
        name: str,
        steps: Sequence[int] | None,
        times: Sequence[float] | None,
        values: Sequence[float] | None,
    ) -> None:
        """Add points to a metric."""
        if not values or not times:
            return
        points = self._points.setdefault(name, ([], [], []))
        first = points[0][-1] + 1 if points[0] else 1
        points[0].extend(steps or range(first, first + len(values)))
        points[1].extend(times)
        points[2].extend(values)

    def metrics(self) -> Metrics:
        """Return what was collected."""
        series = {
            name: Series(name, tuple(points[0]), tuple(points[1]), _floats(points[2]))
            for name, points in self._points.items()
            if points[0]
        }
        return Metrics(MappingProxyType(series), self._bad, self._superseded)

    def _log(self, facts: dict[str, Any], step: int | None, time: float) -> None:
        """Take in the numbers of one line."""
        for name, value in facts.items():
            number = number_in(value)
            if number is None:
                # The rest of the line is good all the same.
                continue
            points = self._points.get(name)
            if points is None:
                points = self._points[name] = ([], [], [])
            steps = points[0]
            steps.append((steps[-1] + 1 if steps else 1) if step is None else step)
            points[1].append(time)
            points[2].append(number)

    def _resume(self, step: Any) -> None:
        """Drop the points that a resume replaced."""
        if type(step) is not int:
            self._bad += 1
            return
        for columns in self._points.values():
            keep = [i for i, at in enumerate(columns[0]) if at <= step]
            self._superseded += len(columns[0]) - len(keep)
            columns[0][:] = [columns[0][i] for i in keep]
            columns[1][:] = [columns[1][i] for i in keep]
            columns[2][:] = [columns[2][i] for i in keep]


def _floats(values: Sequence[float]) -> tuple[float, ...]:
    """Keep numbers as they are, but for whole ones beyond every float."""
    try:
        # A tenth of the time that looking at each one takes.
        math.fsum(values)
    except OverflowError:
        return tuple(map(within_float, values))
    except ValueError:
        pass  # infinities of both signs
    return tuple(values)


def _portions(path: Path) -> Iterator[bytes]:
    """Yield whole lines, some at a time, each line of bounded length."""
    try:
        with open_regular(path) as file:
            pieces = 0
            while pieces < _MOST_PIECES and (data := file.read(_PORTION)):
                # The rest of an endless line comes piece by piece, each of them bad.
                lines = data
                if not data.endswith(b"\n"):
                    lines += file.readline(LONGEST_LINE)
                pieces = 0 if lines.endswith(b"\n") else pieces + 1
                yield lines
    except FileNotFoundError:
        return
