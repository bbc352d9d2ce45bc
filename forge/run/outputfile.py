"""The file of the output, looked after while a run prints into it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forge.observers.warning import warn
from forge.records.durable import displaced, identity
from forge.records.layout import RunLayout, set_aside
from forge.records.possession import Possession


class OutputFile:
    """Knows whether the file of the output is still in its place.

    Whoever deletes it, or puts another one there, takes nothing away: what was printed
    is in the file that is open, and is written anew. Where the run folder itself is
    gone nothing is done, because another run may have taken its place.

    Args:
        path: The file.
        fd: The same, open.
    """

    def __init__(self, path: Path, fd: int) -> None:
        # Not the descriptor: programs close those that they do not know, and their
        # files get the numbers.
        self._identity = identity(fd)
        self._path = path.absolute()
        self._possession = Possession(RunLayout(self._path.parent))

    def look(self, move: Callable[[Path], object]) -> None:
        """Have the output written anew if its file is not in its place.

        Args:
            move: Goes on in a new file, which begins with all that the present one
                holds. Where it has made none, it is called again the next time.
        """
        path = self._path
        with suppress(OSError):
            what = "" if self._possession.is_lost() else displaced(self._identity, path)
            if not what:
                return
            aside = set_aside(path)
            if what == "replaced":
                path.replace(aside)
            move(path)
            self._identity = identity(path)
            kept = f"\n  What stood in its place is kept as {aside.name}."
            warn(
                f"{path} was {what}, and is written anew with all that was printed."
                f"{kept if what == 'replaced' else ''}"
            )
