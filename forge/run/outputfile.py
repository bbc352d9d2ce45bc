"""The file of the output, looked after while a run prints into it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forge.observers.warning import warn
from forge.records.growing import GrowingFile
from forge.records.layout import RunLayout
from forge.records.possession import Possession


_THEN = "The run goes on, and what it prints is appended."


class OutputFile:
    """Tells what others do to the file of the output, and has it mended.

    Where the run folder itself is gone nothing is done, because another run may have
    taken its place.

    Args:
        path: The file.
        fd: The same, open.
    """

    def __init__(self, path: Path, fd: int) -> None:
        content = "all that was printed"
        self._file = GrowingFile(path, fd, content=content, then=_THEN)
        self._possession = Possession(RunLayout(path.absolute().parent))

    def look(self, move: Callable[[Path], object]) -> None:
        """Have the output written anew if its file is not in its place.

        Args:
            move: Goes on in a new file, which begins with all that the present one
                holds. Where it has made none, it is called again the next time.
        """
        with suppress(OSError):
            if self._possession.is_lost():
                return
            for told in (self._file.put_back(move), self._file.check()):
                if told:
                    warn(told)
