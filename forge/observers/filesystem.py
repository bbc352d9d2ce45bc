"""The run folder, written as the events come in."""

import errno
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from forge.errors import ForgeError
from forge.observers.additions import Artifacts, Resources, Sources
from forge.observers.base import (
    Added,
    Completed,
    Ended,
    Event,
    Failed,
    Heartbeat,
    Interrupted,
    Logged,
    Noted,
    Saved,
    Started,
    Take,
)
from forge.observers.contents import error_text, flags_json, lines_of, steady_json
from forge.observers.flushing import Flushing
from forge.observers.metricsfile import MetricsFile
from forge.observers.outcome import ended, not_recorded
from forge.observers.postponed import Postponed
from forge.observers.runstate import KEPT_FOR_LATER, RunState
from forge.observers.signing import Signing
from forge.observers.survival import Survival
from forge.observers.warning import warn as warn_on_stderr
from forge.records.annotations import annotate
from forge.records.durable import (
    place_files,
    remove_leftovers,
    replace_file,
    replace_files,
)
from forge.records.layout import RunLayout
from forge.records.possession import Possession
from forge.records.status import Status
from forge.records.summary import SummaryFile


#: Seconds to wait before each further attempt at the final state.
PATIENCE = (0.1, 0.5, 2.0)

#: Seconds that one heartbeat may take for the summary, because training waits for it.
SUMMARY_SECONDS = 0.05

_NOT_STARTED = """\
  The run was not started.
  It could be: another place with --results-dir, or --no-record"""

_LOST_END = """\
  The run is {status}, but its folder says RUNNING, and readers will show it as DEAD.
  The metrics, output and checkpoints that are in it stay good."""

_UNNOTED = """\
resource {path} cannot be read: {cause}
  The run goes on, and this file is not noted."""

_GONE = """\
  The run goes on. Its metrics and output still go into the files that were open, and
  nothing else is recorded unless the folder comes back; checkpoints cannot be saved."""


class FilesystemObserver:
    """Writes the run folder.

    What a run cannot do without, its identity, config, sources and metrics, is written
    at `Started`; if that fails, the run does not begin. A later file that cannot be
    written is warned about once and done without. The final state is written whatever
    else went wrong.

    Captured output is not written from `Printed`: it goes into the folder as bytes, on
    a shorter way that holds even when this process is killed.

    Args:
        layout: The names in the run folder, which exists.
        warn: Told about files that cannot be written; by default prints on stderr.
        patience: Seconds to wait before each further attempt at the final state.
    """

    #: The run does not begin if its folder cannot be written.
    required = True

    def __init__(
        self,
        layout: RunLayout,
        *,
        warn: Callable[[str], None] = warn_on_stderr,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self._layout = layout
        self._warn = warn
        self._patience = patience
        # Handed on by itself: what led back to the observer would keep all of it in
        # memory until Python looks for such circles.
        self._survival = Survival(warn)
        self._optional = self._survival.of
        self._artifacts = Artifacts(layout.artifacts)
        self._resources = Resources(layout.resources)
        self._summary = SummaryFile(layout)
        self._opened: MetricsFile | None = None
        self._possession: Possession | None = None
        self._later = Postponed(self._optional)
        self._info = self._info_written = b""

    def receive(self, event: Event) -> None:
        """Write what an event says.

        Args:
            event: What happened.

        Raises:
            ForgeError: `not-recorded` at `Started` and at the end, if what a run must
                have cannot be written.
        """
        if type(event) is Logged:
            self._metrics.log(event.step, event.time, event.metrics)
            return
        # What is only taken down for later does not touch the folder.
        kept = type(event) is Noted and event.what in KEPT_FOR_LATER
        if not kept and self._possession and self._possession.is_lost():
            self._miss(event, self._possession)
            return
        _REACTIONS.get(type(event), FilesystemObserver._pass)(self, event)

    @property
    def logged(self) -> Take:
        """What appends the line of one `log` call, known when the run has begun."""
        return self._metrics.log

    def close(self) -> None:
        """Let go of the files; the folder is complete after the final event."""
        if self._opened:
            self._opened.close()

    def _start(self, event: Started) -> None:
        """Write what a run cannot do without."""
        layout, self._session = self._layout, event.session
        self._state = RunState(layout.run, event.run, self._optional)
        folder = self._sources_folder(event)
        if event.session > 1:
            remove_leftovers(layout.folder, besides=layout.checkpoints)
        # First: it looks at what was there before.
        self._signing = Signing(layout, event, folder.name)
        self._sources = Sources(layout, folder, self._signing.manifest)
        # What is found out later is there only of an earlier session.
        found = (layout.git_diff, layout.requirements) if event.session > 1 else ()
        also = layout.trust, layout.flags, *found
        # A folder without a name in the one above it would be lost with all in it.
        self._flushing = Flushing(folder, also=also, above=layout.folder.parents[:3])
        try:
            self._sources.write(event.sources, event.manifest)
            with self._optional(layout.trust):
                self._signing.write()
            self._opened = self._metrics = MetricsFile(layout.metrics, self._warn)
            # Last: a folder without it was given up before its start.
            run = {layout.run: self._state.data}
            if event.session == 1:
                # A run has nothing to lose yet that is worth waiting for the disk.
                place_files({layout.flags: flags_json(event.flags), **run})
                self._state.stale = True
            else:
                replace_files(run)
            self._possession = Possession(layout)
        except OSError as error:
            # Not the error's own path, which may be that of a temporary file.
            raise not_recorded(
                layout.folder, layout.folder, error, _NOT_STARTED
            ) from error

    def _sources_folder(self, event: Started) -> Path:
        """Find where this session's sources lie."""
        if event.run.sessions:
            return self._layout.folder / event.run.sessions[-1].sources
        return self._layout.later_sources(event.session)

    def _pass(self, event: Event) -> None:
        """Do nothing: of what is printed, as the class says, and of unknown events."""

    def _miss(self, event: Event, possession: Possession) -> None:
        """Do without the folder, which is gone, and leave alone what is in its place.

        Raises:
            ForgeError: `not-recorded` at the end.
        """
        self._survival.tell(self._layout.folder, f"{possession.describe()}\n{_GONE}")
        if isinstance(event, Heartbeat):
            self._metrics.sync()
        elif isinstance(event, Ended):
            self._metrics.sync(now=True)
            self._await(possession, ended(self._state.run, event).status)
            self._end(event)

    def _await(self, possession: Possession, status: Status) -> None:
        """Give the folder some time to come back before the final state is written."""
        for seconds in self._patience:
            time.sleep(seconds)
            if not possession.is_lost():
                return
        raise ForgeError(
            "not-recorded",
            f"{possession.describe()}\n  The run is {status}, which is not recorded.",
            folder=self._layout.folder,
        )

    def _beat(self, event: Heartbeat) -> None:
        """Bring what was put off to the disk, now and then."""
        self._settle()
        self._catch_up(SUMMARY_SECONDS)

    def _catch_up(self, seconds: float | None = None) -> None:
        """Look after the metrics, and write a summary within so many seconds."""
        with self._optional(self._layout.metrics):
            if self._metrics.look():
                self._summary.restart()
        self._metrics.sync(now=seconds is None)
        with self._optional(self._layout.summary):
            self._summary.renew(seconds)

    def _save(self, event: Saved) -> None:
        """Bring what was put off to the disk, because a checkpoint counts on it."""
        # A checkpoint that outlives a power cut is worth as much as its sources.
        self._metrics.sync(now=True)
        self._settle()

    def _know(self) -> None:
        """Write what was found out, and have all of it flushed beside the run."""
        placed = self._later.place()
        # With their names, which a checkpoint may have been too early to flush.
        self._flushing.begin((*placed, self._layout.folder) if placed else ())
        self._state.renew()

    def _settle(self) -> None:
        """Bring what was put off to the disk."""
        self._write_users()
        self._later.write()
        self._flush()
        self._state.renew()

    def _write_users(self) -> None:
        """Write what the user has told: the info, and the resources."""
        if self._info != self._info_written:
            with self._optional(self._layout.info):
                replace_file(self._layout.info, self._info)
                self._info_written = self._info
        with self._optional(self._layout.resources):
            self._resources.write()

    def _flush(self) -> None:
        """Have on the disk what the run began with, and sources that came later."""
        for path, error in self._flushing.finish():
            with self._optional(path):
                raise error

    def _add(self, event: Added) -> None:
        """Add a file of the run."""
        match event.kind:
            case "artifact":
                with self._optional(self._layout.artifacts / event.name):
                    self._artifacts.add(event)
            case "resource":
                with self._optional(event.path or Path(event.name), _UNNOTED):
                    fact = self._resources.fact(event)
                    with self._optional(self._layout.resources):
                        self._resources.note(fact)
            case "source":
                with self._optional(self._sources.folder / event.name):
                    self._flushing.repeat()
                    self._sources.add(event)
                    self._signing.change(manifest=self._sources.manifest)

    def _note(self, event: Noted) -> None:
        """Write a fact where it belongs."""
        layout, value = self._layout, event.value
        match event.what:
            case "info":
                with self._optional(layout.info):
                    self._info = steady_json(value)
            case "note" | "tag":
                with self._optional(layout.annotations):
                    self._annotate(event.what, value)
            case "requirements":
                with self._optional(layout.requirements):
                    self._write_once(layout.requirements, lines_of(value))
            case "flags":
                with self._optional(layout.flags):
                    replace_file(layout.flags, flags_json(value))
                    self._signing.change(flags=value)
            case "superseded":
                self._metrics.resume(value, event.time)
            case "resumed" | "level":
                self._state.change_session(**_of_session(event.what, value))
            case "known":
                self._know()
            case _:
                self._fact(event)

    def _annotate(self, what: str, value: Any) -> None:
        """Add a note or tags to the annotations."""
        if what == "note":
            annotate(self._layout.annotations, note=str(value))
        else:
            tags = [value] if isinstance(value, str) else list(value)
            annotate(self._layout.annotations, tags=tags)

    def _fact(self, event: Noted) -> None:
        """Merge a fact into run.json."""
        if event.what == "git" and event.data:
            with self._optional(self._layout.git_diff):
                self._write_once(self._layout.git_diff, event.data)
        self._state.merge(event.what, event.value)

    def _write_once(self, path: Path, data: bytes) -> None:
        """Write soon what tells how the run began: a resume leaves it alone."""
        if self._session == 1 or not path.exists():
            self._later.add(path, data)

    def _end(self, event: Ended) -> None:
        """Write everything that is left, and the final state last, with patience."""
        self._state.end(event)
        for seconds in (*self._patience, None):
            self._complete(event)
            try:
                run = {self._layout.run: self._state.data}
                self._later.write_with(run, before=self._flush)
            except OSError as error:
                if seconds is None:
                    folder, path = self._layout.folder, self._layout.run
                    follows = _LOST_END.format(status=self._state.run.status)
                    raise not_recorded(folder, path, error, follows) from error
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._metrics.close()  # one is enough for all that is left
                time.sleep(seconds)
            else:
                return

    def _complete(self, event: Ended) -> None:
        """Write everything that is left; what is written already stays."""
        self._write_users()
        self._catch_up()
        if isinstance(event, Failed):
            with self._optional(self._layout.error):
                self._later.add(self._layout.error, error_text(event))


_REACTIONS: MappingProxyType[type, Callable[..., None]] = MappingProxyType(
    {
        Started: FilesystemObserver._start,  # noqa: SLF001 - the same module
        Saved: FilesystemObserver._save,  # noqa: SLF001
        Added: FilesystemObserver._add,  # noqa: SLF001
        Noted: FilesystemObserver._note,  # noqa: SLF001
        Heartbeat: FilesystemObserver._beat,  # noqa: SLF001
        Completed: FilesystemObserver._end,  # noqa: SLF001
        Failed: FilesystemObserver._end,  # noqa: SLF001
        Interrupted: FilesystemObserver._end,  # noqa: SLF001
    }
)


def _of_session(what: str, value: Any) -> dict[str, Any]:
    """Name what a session is told of how it goes on."""
    if what == "resumed":
        return {"resumed": value}
    return {"level": value[0], "level_reason": value[1]}
