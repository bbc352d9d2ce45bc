"""A folder brought onto the device while the run goes on."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from forge.records.durable import fsync_path, fsync_tree
from forge.records.errand import Errand


class Flushing:
    """Flushes a folder with everything in it, which takes long file by file.

    It is done in a thread of its own, so that neither the start of a run nor the next
    heartbeat waits for two hundred files on a slow disk.

    Args:
        folder: The folder.
        above: Folders whose names for what is in them are flushed with it, as far as
            that can be done.
    """

    def __init__(self, folder: Path, *, above: Iterable[Path] = ()) -> None:
        self._folder = folder
        self._above = tuple(above)
        self._done = False
        self._errand: Errand[None] | None = None

    def begin(self) -> None:
        """Flush what there is, beside the run."""
        if self._folder.exists():
            self._done = True
            self._errand = Errand(self._flush)

    def repeat(self) -> None:
        """Note that something was added, which the next `finish` is to flush."""
        self._done = False

    def finish(self) -> None:
        """Have everything on the device; what failed is tried again the next time.

        Raises:
            OSError: Something could not be read or flushed.
        """
        errand, self._errand = self._errand, None
        if errand is not None:
            try:
                errand.result()
            except OSError:
                self._done = False
                raise
        if not self._done and self._folder.exists():
            fsync_tree(self._folder)
        self._done = True

    def _flush(self) -> None:
        """Flush the folder and the names above it."""
        try:
            fsync_tree(self._folder)
        finally:
            for folder in self._above:
                # Whoever may write below a folder need not be one who may read it.
                with suppress(OSError):
                    fsync_path(folder)
