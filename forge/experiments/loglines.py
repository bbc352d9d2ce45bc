"""Lines of `logging`, written where standard error leads at that moment."""

import logging
import sys


class LogLines(logging.Handler):
    """Writes to `sys.stderr` as it is when a line comes.

    A handler of the library keeps the stream that it was made with: what replaces
    `sys.stderr` later, as the capture of a run does, would see none of the lines.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line.

        Args:
            record: What was logged.
        """
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 - as the library does
            self.handleError(record)
