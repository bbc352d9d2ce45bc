"""Log calls that wait for numbers from an accelerator, while the training goes on."""

import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from forge.observers.base import Event, Logged
from forge.observers.dispatch import Dispatcher
from forge.observers.warning import warn
from forge.run.scalars import Held
from forge.run.stopping import Stopping


#: Seconds within which numbers are fetched although nothing else was logged.
SECONDS: Final = 0.5


class Fetching:
    """Holds back what was logged until its numbers can be had for nothing.

    By the next log call, a step later, they have been computed. Where none comes, a
    thread fetches them soon.

    Args:
        dispatcher: Where events go.
        stopping: Whether the run was asked to end.
    """

    def __init__(self, dispatcher: Dispatcher, stopping: Stopping) -> None:
        self._dispatcher = dispatcher
        self._stopping = stopping
        self._waiting: deque[Logged] = deque()
        self._pid = os.getpid()
        self._thread: threading.Thread | None = None
        self._told = False

    def hold(self, step: int | None, time: float, metrics: Mapping[str, Any]) -> None:
        """Hold a `log` call back.

        Args:
            step: The step.
            time: Seconds since the run started.
            metrics: What was logged, some of its numbers `Held`.

        Raises:
            Terminated: The run was asked to end.
        """
        self.fetch()
        with self._dispatcher.pausing():
            self._waiting.append(Logged(step, time, metrics))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._follow, name="forge-fetching", daemon=True
                )
                self._thread.start()
        self._stopping.act_on_log()

    def send(self, event: Event) -> None:
        """Send an event after those held back.

        Args:
            event: What happened.
        """
        self.fetch()
        self._dispatcher.send(event)

    def log(self, step: int | None, time: float, metrics: Mapping[str, float]) -> None:
        """Send metrics after those held back, and end the run if it was asked to.

        Args:
            step: The step.
            time: Seconds since the run started.
            metrics: The numbers by name.

        Raises:
            Terminated: The run was asked to end.
        """
        self.fetch()
        self._dispatcher.log(step, time, metrics)
        self._stopping.act_on_log()

    def fetch(self) -> None:
        """Send everything that was held back, in order, with its numbers."""
        if os.getpid() != self._pid:
            # What was logged before the fork is the parent's to tell.
            self._waiting.clear()
            self._pid = os.getpid()
            self._thread = None
        if not self._waiting:
            return
        # Nothing else may be sent between finding the oldest and sending it.
        with self._dispatcher.pausing():
            while self._waiting:
                event = self._waiting.popleft()
                self._dispatcher.log(event.step, event.time, self._numbers(event))

    def _numbers(self, event: Logged) -> dict[str, float]:
        """Wait for the numbers; one that cannot be had is told of and left out."""
        found = {}
        for name, value in event.metrics.items():
            try:
                found[name] = value.fetch() if isinstance(value, Held) else value
            except Exception as error:  # noqa: BLE001 - recording never breaks training
                self._tell(name, event.step, error)
        return found

    def _tell(self, name: str, step: int | None, error: Exception) -> None:
        """Warn of the first number that is lost."""
        if not self._told:
            self._told = True
            at = "" if step is None else f" at step {step}"
            reason = str(error).partition("\n")[0]
            warn(
                f"metric {name!r}{at} could not be fetched from its device: "
                f"{type(error).__name__}: {reason}\n"
                "  The run goes on without it, and does not tell of others it loses."
            )

    def _follow(self) -> None:
        """Fetch what nobody else has fetched in time, until nothing waits any more."""
        oldest = None
        while True:
            with self._dispatcher.pausing():
                if oldest is not None and oldest in self._waiting:
                    self.fetch()
                if not self._waiting:
                    self._thread = None
                    return
                oldest = self._waiting[-1]
            # What comes right after a look is seen by the next one.
            time.sleep(SECONDS / 2)
