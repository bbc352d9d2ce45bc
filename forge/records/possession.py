"""Possession of a run folder, which others may delete, move or take."""

import os

from forge._text import near
from forge.errors import ForgeError
from forge.records.durable import identity
from forge.records.layout import RunLayout
from forge.records.processes import this_process
from forge.records.runfile import read_runfile


class Possession:
    """Knows the folder that a run began in from another one of the same path.

    Where results are deleted while a run goes on, the next run gets its number, and its
    path: what the first one still has to write must not go there.

    Args:
        layout: The run, whose folder exists.

    Raises:
        OSError: If the folder cannot be asked.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._process = this_process()
        self._folder = os.fspath(layout.folder)
        self._key = identity(self._folder)

    def is_lost(self) -> bool:
        """Tell whether the folder is not there any more, or is that of another run."""
        try:
            if identity(self._folder) == self._key:
                return False
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            # A file server that does not answer may have it still.
            return False
        # Some network file systems number their files anew now and then.
        try:
            run = read_runfile(self._layout.run)
        except (OSError, ForgeError):
            return True
        mine = self._process
        return (run.pid, run.pid_started, run.boot) != (
            mine.pid,
            mine.started,
            mine.boot,
        )

    def describe(self) -> str:
        """Say what has become of it, in one line."""
        return f"{near(self._folder)} is gone: it was deleted, moved or replaced."
