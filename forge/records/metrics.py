"""The metrics of a run: the line that is appended, and the series read back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from forge.records.durable import open_regular
from forge.records.plain import from_json, not_finite, to_json
from forge.records.shape import Shape


#: Names that a line uses itself, so that no metric can have them.
RESERVED = frozenset(("step", "time", "event"))

#: A longer line is none of ours; without a limit a file of zeros would fill the memory.
LONGEST_LINE = 1 << 20

#: Pieces of that length without an end of line, after which nothing more is read: a
#: file with a hole can claim any size.
_MOST_PIECES = 64

#: Bytes that are read at once, and from how many on lines are read together.
_PORTION = 1 << 19
_MANY = 1 << 10

_EVENT = b'"event"'

#: More bytes than a step, a time and their names take.
_MOST_BESIDE = 100

_U = ord("u")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def format_line(step: int | None, time: float, metrics: Mapping[str, float]) -> bytes:
    """Write what one call logged as one line.

    Args:
        step: The step; nothing lets readers count for each metric.
        time: Seconds since the start of the run.
        metrics: The numbers by name, none of them in `RESERVED`.

    Returns:
        A line of JSON with its newline; of tens of thousands of metrics several lines,
        because readers do without longer ones.

    Raises:
        TypeError: If a value is no number of Python's own.
    """
    try:
        # Put together from two: a dict that holds all would have to be made first.
        data = _encode(metrics)
    except UnicodeEncodeError:
        return _unusual_line(step, time, metrics)
    # The encoder writes NaN and infinities as null: looking for that is much cheaper
    # than looking at each number, and a name that holds the word only costs time. The
    # rarest of its letters first, because a byte is found ten times as fast as a word.
    if (
        (_U in data and b"null" in data)
        or not metrics
        or len(data) > LONGEST_LINE - _MOST_BESIDE
    ):
        return _unusual_line(step, time, metrics)
    if step is None:
        return b'{"time":%b,%b\n' % (_encode(time), data[1:])
    return b'{"step":%d,"time":%b,%b\n' % (step, _encode(time), data[1:])


def resumed_line(step: int, time: float) -> bytes:
    """Write that the run goes on from a checkpoint.

    Args:
        step: The step of the checkpoint; later points are superseded.
        time: Seconds since the start of the run.

    Returns:
        A line of JSON with its newline.
    """
    return to_json({"event": "resumed", "from": step, "time": time}) + b"\n"


def _unusual_line(step: int | None, time: float, metrics: Mapping[str, float]) -> bytes:
    """Write what JSON has no numbers or names for, is nothing, or is too long."""
    line = {"time": time, **metrics}
    data = to_json(line if step is None else {"step": step, **line})
    if len(data) < LONGEST_LINE or len(metrics) == 1:
        return data + b"\n"
    items = list(metrics.items())
    halves = dict(items[: len(items) // 2]), dict(items[len(items) // 2 :])
    return b"".join(format_line(step, time, half) for half in halves)


@dataclass(frozen=True, slots=True, repr=False)
class Series:
    """The points of one metric, in the order in which they were logged."""

    #: The name of the metric.
    name: str
    #: The step of each point; the same one may occur twice.
    steps: tuple[int, ...]
    #: Seconds since the start of the run, for each point.
    times: tuple[float, ...]
    #: The number at each point.
    values: tuple[float, ...]

    @property
    def last(self) -> float:
        """The number that was logged last."""
        return self.values[-1]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<Series {self.name}: {len(self)} points, last {self.last:g}>"

    def to_pandas(self) -> Any:
        """Turn the points into a `pandas.Series`.

        Returns:
            The numbers under the metric's name, with the steps as index.

        Raises:
            ModuleNotFoundError: If pandas is missing: `pip install "forge-ml[pandas]"`.
        """
        pd = import_pandas()
        index = pd.Index(self.steps, name="step")
        return pd.Series(self.values, index=index, name=self.name)

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the points with matplotlib, step by step.

        Args:
            ax: Where to draw, by default the current axes.
            style: What `ax.plot` takes.

        Returns:
            The axes.

        Raises:
            ModuleNotFoundError: If matplotlib is missing: `pip install matplotlib`.
        """
        if ax is None:
            ax = _pyplot().gca()
        ax.plot(self.steps, self.values, **{"label": self.name, **style})
        ax.set_xlabel("step")
        ax.set_ylabel(self.name)
        return ax


@dataclass(frozen=True, slots=True, repr=False)
class Metrics(Mapping[str, Series]):
    """Every metric of a run by name, in the order of their first points."""

    #: The metrics by name.
    series: Mapping[str, Series]
    #: How many lines could not be read, a torn last one included.
    bad_lines: int = 0
    #: How many points a resume replaced, because they came after its checkpoint.
    superseded: int = 0

    def __getitem__(self, name: str) -> Series:
        return self.series[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def __repr__(self) -> str:
        return f"<Metrics: {', '.join(self.series) or 'none'}>"

    def to_pandas(self) -> Any:
        """Turn all points into one table.

        Returns:
            A `pandas.DataFrame` with the columns `metric`, `step`, `time`, `value`.

        Raises:
            ModuleNotFoundError: If pandas is missing: `pip install "forge-ml[pandas]"`.
        """
        rows = [
            (name, step, time, value)
            for name, one in self.series.items()
            for step, time, value in zip(one.steps, one.times, one.values, strict=True)
        ]
        columns = ["metric", "step", "time", "value"]
        return import_pandas().DataFrame(rows, columns=columns)


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


def parse_line(line: bytes) -> dict[str, Any] | None:
    """Read one line of the metrics.

    Args:
        line: Its bytes, with or without the newline.

    Returns:
        What it says: an `event`, or numbers beside `time` and perhaps `step`. Nothing
        if it is torn or none of ours.
    """
    try:
        facts = _decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        try:
            facts = from_json(line)
        except ValueError:
            return None
    return facts if is_line(facts) else None


def is_line(facts: Any) -> bool:
    """Tell whether a decoded line is one of ours.

    Args:
        facts: What was decoded.

    Returns:
        Whether `parse_line` would return it.
    """
    if type(facts) is not dict:
        return False
    if "event" in facts:
        return True
    step, time = facts.get("step"), facts.get("time")
    whole = step is None or type(step) is int
    return whole and type(time) in (int, float)


def number_in(value: Any) -> float | None:
    """Find the number that a line has for a metric.

    Args:
        value: What stands there.

    Returns:
        The number, also one that JSON lacks; nothing where a text, a list or nothing
        stands in its place.
    """
    number = not_finite(value) if type(value) is str else value
    return number if type(number) is float or type(number) is int else None


class _Reader:
    """Collects points, many lines at a time where they look alike."""

    def __init__(self) -> None:
        self._points: dict[str, tuple[list[int], list[float], list[float]]] = {}
        self._bad = 0
        self._superseded = 0
        self._names: tuple[str, ...] = ()
        self._shape = Shape(())

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
        """Take in lines that all have the names of the first; tell whether they do."""
        names = tuple(parse_line(lines.partition(b"\n")[0]) or ())
        if names != self._names:
            self._names, self._shape = names, Shape(names)
        columns = self._shape.columns(lines)
        if columns is None:
            return False
        times, steps = columns.pop("time"), columns.pop("step", None)
        for name, values in columns.items():
            points = self._points.setdefault(name, ([], [], []))
            first = points[0][-1] + 1 if points[0] else 1
            points[0].extend(steps or range(first, first + len(values)))
            points[1].extend(times)
            points[2].extend(values)
        return True

    def metrics(self) -> Metrics:
        """Return what was collected."""
        series = {
            name: Series(name, tuple(points[0]), tuple(points[1]), tuple(points[2]))
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


def _pyplot() -> Any:
    """Import matplotlib, or say how to install it."""
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415
    except ModuleNotFoundError as error:
        error.add_note("Plots need matplotlib: pip install matplotlib")
        raise
    return plt


def import_pandas() -> Any:
    """Import pandas, or say how to install it.

    Returns:
        The module.

    Raises:
        ModuleNotFoundError: If pandas is missing: `pip install "forge-ml[pandas]"`.
    """
    try:
        import pandas as pd  # noqa: PLC0415
    except ModuleNotFoundError as error:
        error.add_note('Tables need pandas: pip install "forge-ml[pandas]"')
        raise
    return pd
