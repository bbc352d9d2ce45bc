"""The state of a run, brought up to date in run.json as facts come in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from forge.observers.base import Ended
from forge.observers.outcome import ended
from forge.records.codec import pretty_json, to_json
from forge.records.durable import replace_file
from forge.records.runfile import RunFile


#: Facts that are found out in the first moments, one after the other: the file is
#: written with whatever else comes first, in short runs with the final state.
_WAITING = frozenset({"injected", "seeds", "git", "host"})

#: Those of them that come without a file of their own.
KEPT_FOR_LATER = _WAITING - {"git"}


class RunState:
    """What run.json is to say.

    Args:
        path: The file.
        run: The state at the start.
        surviving: Gives, for a file, the context in which it is written where the run
            goes on without it.
    """

    def __init__(
        self,
        path: Path,
        run: RunFile,
        surviving: Callable[[Path], AbstractContextManager[None]],
    ) -> None:
        self._path = path
        self._surviving = surviving
        #: The present state.
        self.run = run
        #: Whether it is not in the file, or the file not on the disk.
        self.stale = False

    @property
    def data(self) -> bytes:
        """The present state as the file holds it."""
        return pretty_json(self.run)

    def merge(self, what: str, value: Any) -> None:
        """Take a fact into the state; some are written with what comes next.

        How the run began stays on record when it goes on: a session says what changed.

        Args:
            what: The name of the fact.
            value: What is known now; what there was of its kind is kept with it.
        """
        before = getattr(self.run, what)
        match before:
            case dict():
                value = {**before, **value}
            case tuple():
                value = (*before, *([value] if isinstance(value, str) else value))
            case _ if before is not None and len(self.run.sessions) > 1:
                return
        self._change(write=what not in _WAITING, **{what: value})

    def change_session(self, **facts: Any) -> None:
        """Take new facts into the present session.

        Args:
            facts: What is known now.
        """
        *before, last = self.run.sessions or (None,)
        if last is not None:
            self._change(sessions=(*before, replace(last, **facts)))

    def end(self, event: Ended) -> None:
        """Go over to the final state, which whoever calls this writes.

        Args:
            event: How the run ended.
        """
        # What was put off is part of it.
        self.run, self.stale = ended(self.run, event), False

    def renew(self) -> None:
        """Write the present state if the file may not hold it."""
        if self.stale:
            with self._surviving(self._path):
                self._write()

    def _change(self, *, write: bool = True, **facts: Any) -> None:
        """Take new facts into the state, and the state into the file if it can be."""
        with self._surviving(self._path):
            run = replace(self.run, **facts)
            if run == self.run:
                return
            to_json(facts)
            # Only now: a fact that JSON cannot express would spoil the final state.
            self.run, self.stale = run, True
            if write:
                self._write()

    def _write(self) -> None:
        """Replace the file."""
        replace_file(self._path, self.data)
        self.stale = False
