"""The metrics of a run: the line that is appended, and the series read back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from forge._text import did_you_mean, visible
from forge.records.plain import from_json, not_finite, to_json


#: Names that a line uses itself, so that no metric can have them.
RESERVED = frozenset(("step", "time", "event"))

#: A longer line is none of ours; without a limit a file of zeros would fill the memory.
LONGEST_LINE = 1 << 20

_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines


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
    line = {"time": time, **metrics}
    data = to_json(line if step is None else {"step": step, **line})
    if len(data) < LONGEST_LINE or len(metrics) == 1:
        return data + b"\n"
    items = list(metrics.items())
    halves = dict(items[: len(items) // 2]), dict(items[len(items) // 2 :])
    return b"".join(format_line(step, time, half) for half in halves)


def resumed_line(step: int, time: float) -> bytes:
    """Write that the run goes on from a checkpoint.

    Args:
        step: The last step that counts of what was logged before.
        time: Seconds since the start of the run.

    Returns:
        A line of JSON with its newline.
    """
    return to_json({"event": "resumed", "from": step, "time": time}) + b"\n"


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
            ax = import_pyplot().gca()
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
        try:
            return self.series[name]
        except KeyError as error:
            hint = did_you_mean(str(name), self.series)
            has = ", ".join(map(visible, self.series)) or "none"
            error.add_note(f"The run has these metrics: {has}.{hint}")
            raise

    def __contains__(self, name: object) -> bool:
        # A question, and no mistake that anything has to be said about.
        return name in self.series

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


def rows_in(lines: bytes) -> list[dict[str, Any]]:
    """Read lines of any kind.

    Args:
        lines: Any number of them, each with its newline.

    Returns:
        What each says; those that are torn or none of ours are left out.
    """
    try:
        rows = _decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        rows = [parse_line(line) for line in lines.split(b"\n") if line]
    return [row for row in rows if is_line(row)]


def resumed_from(row: Mapping[str, Any]) -> int | None:
    """Find the step up to which earlier points count.

    Args:
        row: What a line says.

    Returns:
        The step; nothing if the line does not say that the run was resumed.
    """
    step = row.get("from") if row.get("event") == "resumed" else None
    return step if type(step) is int else None


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


def import_pyplot() -> Any:
    """Import matplotlib, or say how to install it.

    Returns:
        The module `matplotlib.pyplot`.

    Raises:
        ModuleNotFoundError: If matplotlib is missing: `pip install matplotlib`.
    """
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
