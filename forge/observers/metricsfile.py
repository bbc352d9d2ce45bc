"""The file that every `log` call of a run is appended to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

import msgspec

from forge.observers.linefile import LineFile, write
from forge.records.metrics import LONGEST_LINE, format_line


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
