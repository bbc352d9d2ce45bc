"""What goes on beside the body of a recorded run: probes and the heartbeat."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from forge._clock import Appointment, clock
from forge._crew import Work, beside
from forge.observers.base import Added, Heartbeat, Noted
from forge.observers.dispatch import Dispatcher
from forge.observers.warning import warn
from forge.records.liveness import Lock
from forge.run.lifecycle import Run
from forge.run.modules import imported_files
from forge.run.provenance import Probes
from forge.run.sources import Sources


#: Seconds between two heartbeats.
INTERVAL: Final = 10.0

#: Seconds after which what has been found out is written, if the run still goes on.
SOON: Final = 0.5

#: Seconds that the end of a run waits for probes that have not finished; less where
#: somebody waits for the process to end, and may soon kill it.
PATIENCE: Final = 10.0
HURRY: Final = 1.0


class Probing:
    """Tells of facts as they are found out, and that the run is alive.

    Args:
        dispatcher: Where facts and heartbeats go.
        run: The run.
        sources: The copies made at its start; None when nothing is recorded.
        probes: What has been being found out since before the start.
        lock: The lock that shows the run is alive.
        again: Collects the sources once more, for modules imported late.
        look: Looks after the file of the output.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        run: Run,
        *,
        sources: Sources | None,
        probes: Probes | None,
        lock: Lock | None,
        again: Callable[[], Sources],
        look: Callable[[], None],
    ) -> None:
        self._dispatcher = dispatcher
        self._run = run
        self._sources = sources
        self._again = again
        self._look = look
        self._lock = lock
        self._ended = threading.Event()
        self._telling: Work | None = None
        self._soon: Appointment | None = None
        if probes is None:
            return
        tell = partial(self._tell_all, probes)
        # What is known by now needs nobody to wait for it.
        known = probes.wait(0)
        if known:
            tell()
        with suppress(RuntimeError):  # a run goes on where no thread can be started
            if not known:
                self._telling = beside(tell)
            # A shorter run writes it once, with its final state.
            self._soon = clock.after(SOON, self._beat)

    def finish(self, *, hurried: bool = False) -> None:
        """Wait for what is still being found out, and tell what came late.

        Args:
            hurried: Whether the process was asked to end.
        """
        self._ended.set()
        if self._soon is not None:
            self._soon.call_off()
        if self._sources is None:
            return
        if self._telling is not None:
            self._telling.wait(HURRY if hurried else PATIENCE)
        self._look()
        # The final state follows, whatever has become of the project and of `info`.
        try:
            self._add_sources(self._sources)
        except Exception as error:  # noqa: BLE001 - recording never breaks training
            warn(
                "modules that were imported late are not kept: "
                f"{type(error).__name__}: {error}"
            )
        self._tell_info()

    def _add_sources(self, before: Sources) -> None:
        """Send what was imported late."""
        if before.imported == imported_files():
            return
        for copy in self._again().added_since(before):
            file = before.root / copy.path
            self._dispatcher.send(Added("source", copy.path, Path(file), copy.data))

    def _tell_all(self, probes: Probes) -> None:
        """Send each fact as it is found out."""
        for fact in probes.facts():
            self._tell(*fact)

    def _tell(self, what: Any, value: Any, data: bytes = b"") -> None:
        """Send a fact that was found out."""
        self._dispatcher.send(Noted(what, value, data))

    def _tell_info(self) -> None:
        """Send what the user keeps in `info`."""
        # A body may have put anything in its place.
        info: Any = self._run.info
        told = dict(info) if isinstance(info, dict) else info
        if isinstance(told, dict) and not told:
            return
        self._dispatcher.send(Noted("info", told))

    def _beat(self) -> None:
        """Show every few seconds that the run is alive."""
        if not self._ended.is_set():
            self._look()
            self._tell("known", None)
        while not self._ended.wait(INTERVAL):
            with suppress(OSError):
                if self._lock is not None:
                    self._lock.beat()
            self._look()
            self._tell_info()
            self._dispatcher.send(Heartbeat(self._run.elapsed))
