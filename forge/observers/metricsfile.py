"""The file that every `log` call of a run is appended to."""

from collections.abc import Mapping

import msgspec

from forge.observers.linefile import LineFile, write
from forge.records.metrics import LONGEST_LINE, format_line


_U = ord("u")

_encode = msgspec.json.Encoder().encode


class MetricsFile(LineFile):
    """Appends a line for each `log` call.

    Its arguments are those of `LineFile`.
    """

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
        try:
            data = _encode(line) + b"\n"
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
            self._miss(data, error=error)
            return
        if written != len(data):
            self._miss(data, written)
