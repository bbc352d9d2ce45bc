"""Runs of Sacred, written as run folders of Forge."""

import shutil
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from forge.observers.base import (
    Added,
    Completed,
    Failed,
    Heartbeat,
    Interrupted,
    Noted,
    Started,
)
from forge.observers.dispatch import Dispatcher
from forge.observers.filesystem import FilesystemObserver
from forge.observers.translation import (
    error_of,
    facts_of,
    flags_of,
    iso,
    logged,
    manifest_of,
    sources_of,
)
from forge.observers.warning import warn
from forge.records.layout import RunLayout
from forge.records.liveness import Lock, hold
from forge.records.numbers import allocate


def for_sacred(results_dir: str | Path = "results") -> "SacredObserver":
    """Make an observer for Sacred that leaves run folders of Forge.

        ex.observers.append(forge.observers.for_sacred("results"))

    Everything that reads run folders reads these: `forge ls`, `forge.runs`, `Record`.
    They cannot be rebuilt: Sacred knows no components.

    Args:
        results_dir: The folder of all results.

    Returns:
        The observer; one serves any number of runs, one after the other.
    """
    return SacredObserver(Path(results_dir))


class SacredObserver:
    """Takes what Sacred tells of a run, and tells it to the observer of a run folder.

    Sacred hands over metrics and output at its heartbeats, every ten seconds and at the
    end: what came after the last of them is lost with a killed process.

    Args:
        results_dir: The folder of all results.
    """

    # The last to be asked: the id it gives a run is no name of a folder for others.
    priority = 0

    def __init__(self, results_dir: Path) -> None:
        self._results_dir = results_dir

    def queued_event(self, **_: Any) -> None:
        """Leave nothing: a run that only waits is Sacred's own affair."""

    def started_event(
        self,
        *,
        ex_info: Mapping[str, Any],
        command: str,
        host_info: Mapping[str, Any],
        start_time: datetime,
        config: Mapping[str, Any],
        meta_info: Mapping[str, Any],
        _id: Any,
    ) -> str | None:
        """Make the run folder, and write what a run cannot do without.

        Args:
            ex_info: The experiment.
            command: The function that is run.
            host_info: The machine.
            start_time: When it began, in UTC.
            config: The config.
            meta_info: The command line.
            _id: The id that another observer has given the run.

        Returns:
            The id `name/number`, unless the run has one.

        Raises:
            ForgeError: `results-dir`, `not-recorded`: the run is not started.
        """
        name = str(ex_info["name"])
        number, folder = allocate(self._results_dir, name)
        layout = self.layout = RunLayout(folder)
        self._lock: Lock = hold(layout)
        self._started, self._printed = start_time, ""
        self._info: dict[str, Any] = {}
        self._own = {"id": None if _id is None else str(_id), "command": command}
        self._odd: set[str] = set()
        self._dispatcher = Dispatcher([FilesystemObserver(layout)])
        run = facts_of(
            name,
            number,
            ex_info,
            command=command,
            host_info=host_info,
            meta_info=meta_info,
            started=start_time,
        )
        sources = sources_of(ex_info)
        try:
            self._dispatcher.send(
                Started(
                    layout=layout,
                    run=run,
                    flags=flags_of(config, run.git.commit if run.git else None),
                    sources=sources,
                    manifest=manifest_of(sources, ex_info),
                )
            )
        except BaseException:
            # Sacred does not start the run, so none is left behind.
            self._let_go()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._dispatcher.send(
            Noted("requirements", sorted(ex_info.get("dependencies", ())))
        )
        if comment := meta_info.get("comment"):
            self._dispatcher.send(Noted("note", str(comment)))
        return f"{name}/{number}" if _id is None else None

    def heartbeat_event(
        self,
        *,
        info: Mapping[str, Any],
        captured_out: str,
        beat_time: datetime,
        **_: Any,
    ) -> None:
        """Take over what was printed, and show that the run is alive.

        Args:
            info: The user's info.
            captured_out: All that was printed so far.
            beat_time: When, in UTC.
        """
        self._keep_output(captured_out)
        self._info = dict(info)
        self._dispatcher.send(Noted("info", {**self._info, "sacred": self._own}))
        self._dispatcher.send(Heartbeat((beat_time - self._started).total_seconds()))
        self._lock.beat()

    def log_metrics(
        self, *, metrics_by_name: Mapping[str, Mapping[str, Any]], **_: Any
    ) -> None:
        """Write the metrics since the last heartbeat.

        Args:
            metrics_by_name: Steps, values and times by name.
        """
        events, odd = logged(metrics_by_name, self._started)
        for event in events:
            self._dispatcher.send(event)
        for name in odd:
            if name not in self._odd:
                self._odd.add(name)
                warn(
                    f"metric {name!r} has values that are no numbers; they are left out"
                )

    def resource_event(self, *, filename: str) -> None:
        """Note a file that the run read.

        Args:
            filename: Its path.
        """
        self._dispatcher.send(Added("resource", filename, Path(filename)))

    def artifact_event(self, *, name: str, filename: str, **_: Any) -> None:
        """Keep a file that the run made.

        Args:
            name: What it is called.
            filename: Its path.
        """
        self._dispatcher.send(Added("artifact", name, Path(filename)))

    def completed_event(self, *, stop_time: datetime, result: Any) -> None:
        """Record that the run came to its end.

        Args:
            stop_time: When, in UTC.
            result: What the function returned.
        """
        self._end(Completed(iso(stop_time), self._seconds(stop_time), result))

    def interrupted_event(self, *, interrupt_time: datetime, status: str) -> None:
        """Record that the run was stopped.

        Args:
            interrupt_time: When, in UTC.
            status: Sacred's word for it.
        """
        # It is told while the exception is under way.
        ctrl_c = isinstance(sys.exception(), KeyboardInterrupt)
        reason = "Ctrl-C" if ctrl_c else status.lower()
        seconds = self._seconds(interrupt_time)
        self._end(Interrupted(iso(interrupt_time), seconds, reason))

    def failed_event(self, *, fail_time: datetime, fail_trace: list[str]) -> None:
        """Record that the run failed.

        Args:
            fail_time: When, in UTC.
            fail_trace: The lines of the traceback.
        """
        error = error_of(fail_trace, sys.exception())
        text = "".join(fail_trace)
        seconds = self._seconds(fail_time)
        self._end(Failed(iso(fail_time), seconds, error, text))

    def join(self) -> None:
        """Have nothing to wait for: everything is written."""

    def _seconds(self, moment: datetime) -> float:
        """Count from the start of the run."""
        return (moment - self._started).total_seconds()

    def _keep_output(self, text: str) -> None:
        """Append what is new; a filter of the user's may have changed what was not."""
        grown = text.startswith(self._printed)
        new = text[len(self._printed) :] if grown else text
        with self.layout.output.open("ab" if grown else "wb") as file:
            file.write(new.encode("utf-8", "surrogateescape"))
        self._printed = text

    def _end(self, event: Completed | Failed | Interrupted) -> None:
        """Write the final state, and let go of the folder."""
        try:
            self._dispatcher.send(event)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Close the files, and show that the run is over."""
        self._dispatcher.close()
        self._lock.release()
