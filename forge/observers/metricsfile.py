"""The file that every `log` call of a run is appended to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

import msgspec

from forge.observers.linefile import LineFile, write
from forge.records.metrics import (
    LONGEST_LINE,
    format_line,
    parse_line,
    resumed_line,
)


_U = ord("u")

_encode_into = msgspec.json.Encoder().encode_into
_NEWLINE = ord("\n")


class MetricsFile(LineFile):
    """Appends a line for each `log` call.

    Its arguments are those of `LineFile`. One thread at a time may log.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(path, warn, clock=clock)
        self._line = bytearray()
        # How long it was before this session.
        self._begun = self._length

    def resume(self, last: int, time: float) -> None:
        """Say that the run goes on from a checkpoint, or begins again.

        Args:
            last: The last step that counts of what earlier sessions logged.
            time: Seconds since the start of the run.
        """
        own = self._own_lines()
        self.append(resumed_line(last, time))
        for line in own:
            self.append(line)

    def _own_lines(self) -> list[bytes]:
        """What this session has logged, whose steps may be those of earlier ones."""
        with self.path.open("rb") as file:
            file.seek(self._begun)
            lines = file.readlines()
        return [line for line in lines if "event" not in (parse_line(line) or {})]

    # Training waits here: whatever is called in between costs it time.
    def log(self, step: int | None, time: float, metrics: Mapping[str, float]) -> None:
        """Append what `format_line` makes, in less time.

        Args:
            step: The step; None lets readers count for each metric.
            time: Seconds since the start of the run.
            metrics: The numbers by name.

        Raises:
            TypeError: If a value is no number of Python's own.
        """
        line = {"time": time} if step is None else {"step": step, "time": time}
        line |= metrics
        # Its own: text that is made for one line only takes half as long again.
        data = self._line
        try:
            _encode_into(line, data)
            data.append(_NEWLINE)
            # The encoder writes NaN and infinities as null: looking for that is much
            # cheaper than looking at each number, and a name that holds the word only
            # costs time. The rarest of its letters first, because a byte is found ten
            # times as fast as a word.
            if (
                (_U in data and b"null" in data)
                or len(data) > LONGEST_LINE
                or self._failing
            ):
                self.append(format_line(step, time, metrics))
                return
        except UnicodeEncodeError:
            self.append(format_line(step, time, metrics))
            return
        try:
            written = write(self._fd, data)
        except OSError as error:
            self._miss(bytes(data), error=error)
            return
        self._length += written
        if written != len(data):
            self._miss(bytes(data), written)
