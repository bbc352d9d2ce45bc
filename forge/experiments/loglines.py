"""Lines of `logging`, written where standard error leads at that moment."""

import logging
import sys

from forge.errors import ForgeError


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


def show_lines(name: str, level: object) -> None:
    """Let the lines of an experiment be shown, from a level on.

    Args:
        name: The experiment.
        level: `info` and such, or a number.

    Raises:
        ForgeError: `bad-option` for what is no level.
    """
    text = str(level).upper()
    number = logging.getLevelNamesMapping().get(text)
    if text.isdigit():
        number = int(text)
    if number is None:
        names = "debug, info, warning, error, critical"
        raise ForgeError(
            "bad-option",
            f"--loglevel {text.lower()}: expected one of {names}, or a number.",
            name="loglevel",
        )
    form = "%(levelname)s %(name)s: %(message)s"
    logging.basicConfig(format=form, handlers=[LogLines()])
    logging.getLogger(name).setLevel(number)
