"""A folder of logs for TensorBoard that follows runs."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from forge.browse.cells import spelled
from forge.browse.index import Documents, Row
from forge.browse.tables import varying
from forge.browse.tensorboard.eventfile import PREFIX, EventFile
from forge.browse.tensorboard.tail import Point, Resumed, Tail
from forge.browse.tensorboard.wire import ending, parameters, restart, scalars
from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.record import Record
from forge.records.showing import readable
from forge.records.status import Status


#: What a name may consist of; TensorBoard filters names by regular expressions.
_ODD: Final = re.compile(r"[^\w.=,+-]+")
_LONGEST: Final = 80

#: Events that are encoded before they are written.
_AT_ONCE: Final = 10_000

#: Files of events below a run folder that are shown, and how deep they are looked for.
_MOST_FILES: Final = 100
_DEEPEST: Final = 6


class Mirror:
    """Keeps a log folder with one folder for each run.

    Args:
        folder: The log folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runs: dict[str, _Mirrored] = {}

    def refresh(self, rows: Sequence[Row], documents: Sequence[Documents]) -> int:
        """Take over what is new.

        Args:
            rows: The runs to show; those that came before stay.
            documents: Their configs.

        Returns:
            How many runs there are.

        Raises:
            OSError: The log folder cannot be written.
        """
        keys = varying(documents)
        # The number tells repetitions apart already.
        keys = [key for key in keys if key != "seed"]
        for row, found in zip(rows, documents, strict=True):
            if row.attributes["status"] and row.folder not in self._runs:
                name = name_of(row.id, found.config, keys)
                place = self._free(name)
                self._runs[row.folder] = _Mirrored(Path(row.folder), place, row.id)
        for run in self._runs.values():
            run.refresh()
        return len(self._runs)

    def close(self) -> None:
        """Let go of the files."""
        for run in self._runs.values():
            run.close()

    def _free(self, name: str) -> Path:
        """Find a place that no other run has, as runs of two folders may be called."""
        taken = {run.place for run in self._runs.values()}
        place, n = self.folder / name, 1
        while place in taken:
            n += 1
            place = self.folder / f"{name} ({n})"
        return place


class _Mirrored:
    """One run.

    Args:
        folder: The run folder.
        place: Its folder among the logs.
        group: What the hparams page calls it.
    """

    def __init__(self, folder: Path, place: Path, group: str) -> None:
        self.place = place
        self._layout = RunLayout(folder)
        self._group = group
        self._tail = Tail(self._layout.metrics)
        self._file: EventFile | None = None
        self._over = False
        self._session = 0

    def refresh(self) -> None:
        """Take over what is new; a folder that cannot be read is passed over."""
        if self._over:
            return
        try:
            # Before the metrics: what is over then logs no more.
            record = Record.read(self._layout.folder)
        except (ForgeError, OSError):
            return
        if self._file is None:
            self._open(record)
        self._copy(record)
        if record.status is not Status.RUNNING:
            self._end(record)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _open(self, record: Record) -> None:
        """Begin the file, with the parameters, and link files of the user's own."""
        self._starts = [
            _seconds(session.started) for session in record.run.sessions
        ] or [_seconds(record.run.started)]
        self._base = self._starts[0]
        self._file = EventFile(self.place, self._base)
        config = {
            key: readable(value)
            for key, value in record.config.items()
            if value is not None
        }
        self._file.append([parameters(self._base, config, group=self._group)])
        for found in _event_files(self._layout):
            inside = found.parent.relative_to(self._layout.folder)
            target = self.place / inside / found.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(found.resolve())

    def _copy(self, record: Record) -> None:
        """Append the points that are new."""
        if self._file is None:
            return
        self._starts = [
            _seconds(s.started) for s in record.run.sessions
        ] or self._starts
        waiting: list[bytes] = []
        for said in self._new():
            if isinstance(said, Point):
                waiting += _events(self._base + said.time, said)
            else:
                self._session = min(self._session + 1, len(self._starts) - 1)
                # The clock of a run stands still between its sessions.
                self._base = self._starts[self._session] - said.time
                waiting.append(restart(self._base + said.time, said.step + 1))
            if len(waiting) >= _AT_ONCE:
                self._file.append(waiting)
                waiting = []
        self._file.append(waiting)

    def _new(self) -> Iterator[Point | Resumed]:
        """Read what is new, as far as it can be read."""
        with suppress(OSError):
            yield from self._tail.read()

    def _end(self, record: Record) -> None:
        """Say how the run ended."""
        wall = _seconds(record.run.ended) or self._base
        if self._file is not None:
            self._file.append([ending(wall, record.status.name)])
            self._file.close()
        self._over = True


def name_of(run: str, config: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Name a run by what tells it from others.

    Args:
        run: Its experiment and number.
        config: Its parameters.
        keys: Those that vary.

    Returns:
        Such as `train/3 lr=0.1 model=cnn`, of characters that file names may have.
    """
    words = [f"{key}={spelled(config[key])}" for key in keys if key in config]
    name = " ".join(_ODD.sub("_", word) for word in words)[:_LONGEST]
    home = "/".join(_ODD.sub("_", part) for part in run.split("/"))
    return f"{home} {name}".rstrip()


def _events(wall: float, point: Point) -> Iterator[bytes]:
    """Encode a point, as one event for each step in it."""
    by_step: dict[int, dict[str, float]] = {}
    for name, value in point.values.items():
        by_step.setdefault(point.steps[name], {})[name] = value
    for step, values in by_step.items():
        yield scalars(wall, step, values)


def _seconds(text: str | None) -> float:
    """Read a moment; one that makes no sense is the beginning of time."""
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _event_files(layout: RunLayout) -> Iterator[Path]:
    """Find files of events that the user's code wrote into the run folder."""
    left, apart = _MOST_FILES, {layout.checkpoints.name, layout.sources.name}
    for folder, inner, names in os.walk(layout.folder):
        deep = len(Path(folder).relative_to(layout.folder).parts)
        inner[:] = sorted(n for n in inner if n not in apart) if deep < _DEEPEST else []
        for name in sorted(names):
            file = Path(folder, name)
            if name.startswith(PREFIX) and file.is_file() and not file.is_symlink():
                yield file
                left -= 1
                if not left:
                    return
