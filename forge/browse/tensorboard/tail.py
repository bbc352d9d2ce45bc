"""The metrics of a run that may still be logging, read bit by bit."""

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge.records.durable import open_regular
from forge.records.metrics import LONGEST_LINE, number_in, parse_line


#: Farther steps are counted as if they were there.
_FARTHEST: Final = (1 << 62) - 1

#: Bytes read at once.
_PIECE: Final = 1 << 20


class Point(NamedTuple):
    """What one line says.

    Attributes:
        step: The step by name; the same for all but those that count for themselves.
        time: Seconds since the start of the run.
        values: The numbers by name.
    """

    steps: dict[str, int]
    time: float
    values: dict[str, float]


class Resumed(NamedTuple):
    """The run was resumed.

    Attributes:
        step: The step of the checkpoint; later points are superseded.
        time: Seconds since the start of the run.
    """

    step: int
    time: float


class Tail:
    """Reads what was appended since the last time.

    Args:
        path: The file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._inode = 0
        self._rest = b""
        # Where a metric counts on from that is logged without a step depends, after a
        # resume, on which of its points stay.
        self._steps: dict[str, array[int]] = {}

    def read(self) -> Iterator[Point | Resumed]:
        """Read what is new.

        Yields:
            What each whole line says. One that is still being written is left for the
            next time; one that makes no sense is passed over.

        Raises:
            OSError: The file is there and cannot be read.
        """
        for line in self._lines():
            facts = parse_line(line)
            if facts is None:
                continue
            if "event" not in facts:
                yield self._point(facts)
            elif facts["event"] == "resumed" and type(facts.get("from")) is int:
                yield self._resumed(facts)

    def _point(self, facts: dict[str, Any]) -> Point:
        """Take in the numbers of a line."""
        step, time = facts.pop("step", None), float(facts.pop("time"))
        found = {name: number_in(value) for name, value in facts.items()}
        values = {name: value for name, value in found.items() if value is not None}
        steps = {}
        for name in values:
            so_far = self._steps.setdefault(name, array("q"))
            counted = so_far[-1] + 1 if so_far else 1
            steps[name] = counted if step is None else step
            so_far.append(min(max(steps[name], -_FARTHEST), _FARTHEST))
        return Point(steps, time, values)

    def _resumed(self, facts: dict[str, Any]) -> Resumed:
        """Go back to a checkpoint."""
        step = facts["from"]
        for steps in self._steps.values():
            kept = [at for at in steps if at <= step]
            steps[:] = array("q", kept)
        return Resumed(step, number_in(facts.get("time")) or 0.0)

    def _lines(self) -> Iterator[bytes]:
        """Yield whole lines of bounded length."""
        try:
            with open_regular(self._path) as file:
                facts = os.fstat(file.fileno())
                if facts.st_ino != self._inode or facts.st_size < self._offset:
                    # Another file than the last time, or begun again.
                    self._inode, self._offset, self._rest = facts.st_ino, 0, b""
                file.seek(self._offset)
                while piece := file.read(_PIECE):
                    self._offset += len(piece)
                    *lines, self._rest = (self._rest + piece).split(b"\n")
                    yield from lines
                    if len(self._rest) > LONGEST_LINE:
                        self._rest = b"\0"  # its end will make no sense either
        except FileNotFoundError:
            return
