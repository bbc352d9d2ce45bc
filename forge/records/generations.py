"""What of a run's metrics still counts when it goes on from a checkpoint."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from forge.records.durable import open_regular
from forge.records.metrics import LONGEST_LINE, number_in, resumed_from, rows_in


#: Before the first step that anybody logs.
NOTHING: Final = -1

#: Bytes that are read at once.
_PORTION: Final = 1 << 18

#: Bytes at the beginning and the end of many that are looked at.
_RECENT: Final = 1 << 14


def last_step(path: Path, size: int) -> int:
    """Find the highest step among the points that had been logged at some time.

    Args:
        path: The metrics of a run.
        size: How many bytes of them there were then.

    Returns:
        The step, `NOTHING` if there was no point. Those that a resume had superseded
        by then do not count; those without a step are counted for each metric.

    Raises:
        OSError: If the file is there and cannot be read.
    """
    highest = _Highest()
    with suppress(FileNotFoundError), open_regular(path) as file:
        while data := file.read(max(min(_PORTION, size - file.tell()), 0)):
            if not data.endswith(b"\n"):
                data += file.readline(LONGEST_LINE)
            for row in rows_in(data):
                highest.take(row)
    return highest.step


def steps_since(path: Path, offset: int) -> list[int]:
    """List the steps of what was logged since some time.

    Args:
        path: The metrics of a run.
        offset: How many bytes of them there were then.

    Returns:
        The steps that calls named, in their order; of very many the first and the last.
    """
    found: list[int] = []
    with suppress(OSError), open_regular(path) as file:
        end = file.seek(0, os.SEEK_END)
        for start in sorted({offset, max(end - _RECENT, offset)}):
            file.seek(start)
            steps = (row.get("step") for row in rows_in(file.read(_RECENT)))
            found += (step for step in steps if step is not None)
    return found


class _Highest:
    """The highest step so far, and where each metric stands."""

    def __init__(self) -> None:
        self.step = NOTHING
        self._tails: dict[str, int] = {}

    def take(self, row: Mapping[str, Any]) -> None:
        """Take a line into account."""
        cut = resumed_from(row)
        if cut is not None:
            self.step = min(self.step, cut)
            self._tails = {name: min(at, cut) for name, at in self._tails.items()}
        if "event" in row:
            return
        step = row.get("step")
        for name, value in row.items():
            if name in ("step", "time") or number_in(value) is None:
                continue
            at = max(self._tails.get(name, 0), 0) + 1 if step is None else step
            self._tails[name] = at
            self.step = max(self.step, at)
