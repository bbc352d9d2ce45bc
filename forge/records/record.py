"""A frozen view of what a run left behind."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

from forge.records.annotations import Annotations, read_annotations
from forge.records.codec import from_json
from forge.records.durable import read_bounded
from forge.records.layout import RunLayout
from forge.records.legacy import is_legacy, legacy_runfile
from forge.records.liveness import Life, heartbeat, life_of
from forge.records.metrics import Metrics
from forge.records.processes import Process
from forge.records.reading import read_metrics
from forge.records.runfile import (
    ErrorFact,
    Git,
    Host,
    RunFile,
    read_runfile,
    unreadable,
)
from forge.records.scriptfiles import script_files
from forge.records.showing import readable
from forge.records.status import Status
from forge.records.store import no_run
from forge.records.summary import read_summary, summary_of
from forge.records.tally import MetricSummary


#: Larger files of JSON are none of ours; of longer output the end is shown.
_LARGEST = 64 << 20
_LONGEST_OUTPUT = 16 << 20

_T = TypeVar("_T")

_STEP = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """What a run left, read from its folder when it is first asked for.

    Reading executes, imports and unpickles nothing; a file that is missing counts as
    empty, one that makes no sense is a `run-unreadable` error of its own, so that the
    rest of the record can be read. Records are equal if they are of one folder.

    Attributes:
        layout: Where the files lie.
        run: The facts of run.json, as they were when the record was read.
    """

    #: What a slot with this annotation takes: the record of a run.
    forge_kind: ClassVar[str] = "record"

    layout: RunLayout
    run: RunFile

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read the record of a run.

        Args:
            path: The run folder.

        Returns:
            The record; a later state of the run is a new record.

        Raises:
            ForgeError: `no-run` if the folder is not that of a run, `run-unreadable`
                if its run.json makes no sense.
        """
        try:
            # A record may be asked, or sent to another process, from anywhere.
            layout = RunLayout(Path(path).absolute())
        except FileNotFoundError:  # no working directory
            raise no_run(path) from None
        try:
            return cls(layout, read_runfile(layout.run))
        except FileNotFoundError:
            if not is_legacy(layout):
                raise no_run(path) from None
        try:
            return cls(layout, legacy_runfile(layout))
        except (OSError, ValueError) as error:
            raise unreadable(layout.flags, error) from error

    def __eq__(self, other: object) -> bool:
        # One run, however often and whenever it was read.
        if not isinstance(other, Record):
            return NotImplemented
        return self._place == other._place

    def __hash__(self) -> int:
        return hash(self._place)

    def __reduce__(self) -> tuple[Any, ...]:
        # What has been read stays behind: mappings that are read-only do not travel.
        return type(self), (self.layout, self.run)

    @property
    def dir(self) -> Path:
        """The run folder."""
        return self.layout.folder

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return self.run.name

    @property
    def number(self) -> int:
        """The number of the run among those of its experiment."""
        return self.run.number

    @property
    def status(self) -> Status:
        """How far the run has come; DEAD if its process is certain to be gone."""
        return self.run.status if self._life.alive else Status.DEAD

    @property
    def doubt(self) -> str:
        """Why a run that says RUNNING may be dead, such as a silent other machine.

        Empty without doubt. Lists show such a run as `DEAD?`: its status stays
        RUNNING, because nobody can be certain from here.
        """
        return self._life.doubt

    @property
    def process(self) -> Process:
        """The process that the run said it runs in, or ran in last."""
        run = self.run
        host = run.sessions[-1].host if run.sessions else None
        return Process(
            pid=run.pid,
            started=run.pid_started,
            boot=run.boot,
            namespace=run.pid_namespace,
            host=host or (run.host.name if run.host else None),
        )

    @property
    def heartbeat(self) -> datetime | None:
        """When the run last showed that it was alive."""
        last = heartbeat(self.layout)
        return None if last is None else datetime.fromtimestamp(last, UTC)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The value of every parameter by full key, as the run began.

        What a resume gave anew is in `run.sessions`.
        """
        return self._mapping(self.layout.flags)

    @cached_property
    def result(self) -> Any:
        """What the function returned, as far as it can be shown without its code."""
        return readable(self.run.result)

    @cached_property
    def metrics(self) -> Metrics:
        """The metrics by name."""
        return self._reading(self.layout.metrics, read_metrics)

    @cached_property
    def summary(self) -> Mapping[str, MetricSummary]:
        """Last, least, greatest and mean value of each metric, and their steps."""
        if self.doubt or self.status is Status.DEAD:
            # Nobody has brought it up to date at the end of the run.
            counted = summary_of(self.metrics)
            if counted:
                return counted
        try:
            return self._reading(self.layout.summary, read_summary)
        except FileNotFoundError:
            return MappingProxyType({})

    @property
    def git(self) -> Git | None:
        """The state of the repository, if there was one."""
        return self.run.git

    @property
    def host(self) -> Host | None:
        """The machine, if it could be asked."""
        return self.run.host

    @cached_property
    def started(self) -> datetime | None:
        """When the run started, with its offset from UTC."""
        return _time(self.run.started)

    @property
    def duration(self) -> float | None:
        """How many seconds the run took, once it has ended."""
        return self.run.duration

    @cached_property
    def annotations(self) -> Annotations:
        """What people wrote on the run: tags, a note, marks."""
        return self._reading(self.layout.annotations, read_annotations)

    @property
    def tags(self) -> tuple[str, ...]:
        """The words that people marked the run with."""
        return self.annotations.tags

    @cached_property
    def checkpoints(self) -> tuple[int, ...]:
        """The steps that were saved, in order; whether they are intact is not asked."""
        try:
            folders = list(self.layout.checkpoints.iterdir())
        except OSError:
            folders = []
        steps = (f for f in folders if _STEP.fullmatch(f.name) and f.is_dir())
        own = {int(folder.name) for folder in steps}
        return tuple(sorted(own | script_files(self.layout.folder).keys()))

    @cached_property
    def output(self) -> str:
        """What the run printed; of very long output the end."""
        return self._text(self.layout.output)

    @cached_property
    def sources(self) -> tuple[Path, ...]:
        """The stored project files, relative to the folder of sources."""
        root, manifest = self.layout.sources, self.layout.manifest
        if root.is_symlink():
            # It could lead anywhere, and what is below is listed.
            return ()
        found = (Path(at, name) for at, _, names in os.walk(root) for name in names)
        return tuple(
            sorted(
                path.relative_to(root)
                for path in found
                if path != manifest and path.is_file() and not path.is_symlink()
            )
        )

    @property
    def error(self) -> ErrorFact | None:
        """What ended the run, if it failed."""
        return self.run.error

    @cached_property
    def traceback(self) -> str:
        """The full traceback of a run that failed; else nothing."""
        return self._text(self.layout.error)

    def __repr__(self) -> str:
        # Whoever wrote the folder shall not write to the terminal.
        name = "".join(c if c.isprintable() else "?" for c in self.name)
        doubt = " DEAD?" if self.doubt else ""
        return f"<Record {name}/{self.number} {self.status}{doubt}>"

    def _repr_html_(self) -> str:
        """Show the record in a notebook."""
        from forge.records.card import card  # noqa: PLC0415 - only notebooks ask

        return card(self)

    @property
    def _place(self) -> str:
        """The folder in its one spelling, without `..`."""
        return os.path.abspath(self.layout.folder)  # noqa: PTH100

    @cached_property
    def _life(self) -> Life:
        """Whether the run is alive, where its folder says that it is running."""
        run = self.run
        if run.status is not Status.RUNNING:
            return Life(alive=True)
        return life_of(self.layout, self.process)

    def _mapping(self, path: Path) -> Mapping[str, Any]:
        """Read a file that holds one JSON mapping."""

        def read(path: Path) -> Mapping[str, Any]:
            found = from_json(read_bounded(path, _LARGEST))
            if not isinstance(found, dict):
                raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data
            return MappingProxyType(found)

        try:
            return self._reading(path, read)
        except FileNotFoundError:
            return MappingProxyType({})

    def _text(self, path: Path) -> str:
        """Read a file of text, or its end."""

        def read(path: Path) -> str:
            return read_bounded(path, _LONGEST_OUTPUT, tail=True).decode(
                errors="replace"
            )

        try:
            return self._reading(path, read)
        except FileNotFoundError:
            return ""

    def _reading(self, path: Path, read: Callable[[Path], _T]) -> _T:
        """Read a file, turning what can go wrong into one error."""
        try:
            return read(path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error


def _time(text: str | None) -> datetime | None:
    """Read a time; nothing where it makes no sense."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
