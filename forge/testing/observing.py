"""The test class that every observer of runs passes."""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Struct

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
    Observer,
    Printed,
    Saved,
    Started,
)
from forge.observers.dispatch import Dispatcher
from forge.records.layout import RunLayout
from forge.records.runfile import ErrorFact, RunFile, Session
from forge.records.status import Status


_WHEN: Final = "2026-11-20T22:00:00+00:00"

#: Seconds that anything may take that must not hang.
_PATIENCE: Final = 10.0

_THREADS: Final = 4
_EVENTS: Final = 50


class Unheard(Struct, frozen=True):
    """An event of a later version of Forge, which no observer can know."""

    #: Anything.
    value: int = 0


class ObserverContract:
    """What every observer of runs must pass.

    Subclass it, and give it your observer by a fixture of that name:

        import pytest
        from forge.testing import ObserverContract

        class TestDiary(ObserverContract):
            @pytest.fixture
            def observer(self):
                return Diary()

    Each test gets a new one. An observer that has to know the run folder beforehand
    takes the fixture `layout`.
    """

    #: Seconds that an observer may take for one `log` call, on the average of many.
    slowest_log = 1e-3

    @pytest.fixture
    def layout(self, tmp_path: Path) -> RunLayout:
        """The names in a run folder, which exists and is empty."""
        folder = tmp_path / "results" / "train" / "1"
        folder.mkdir(parents=True)
        return RunLayout(folder)

    @pytest.fixture
    def observer(self) -> Observer:
        """The observer under test; subclasses override this."""
        pytest.fail(f"{type(self).__name__} has no fixture named observer.")

    @pytest.fixture
    def course(self, observer: Observer, layout: RunLayout) -> "Iterator[Course]":
        """A run whose events reach the observer; not started yet."""
        made = Course(observer, layout)
        yield made
        made.close()

    @pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, "INTERRUPTED"])
    def test_takes_every_event_in_order(self, course: "Course", status: str) -> None:
        """An observer raises at none of the events of a whole run."""
        course.send(course.started, *course.middle(), ending(status))
        course.close()
        course.expect_no_failure()

    def test_changes_nothing_in_an_event(self, course: "Course") -> None:
        """Events are shared by all observers: what they hold is left as it was."""
        events = [course.started, *course.middle(), ending("COMPLETED")]
        before = deepcopy(events)
        course.send(*events)
        for old, new in zip(before, events, strict=True):
            if old != new:
                pytest.fail(f"it changed what {type(new).__name__} holds.")
        metrics = {"loss": 1.0}
        course.log(3, 11.5, metrics)
        if metrics != {"loss": 1.0}:
            pytest.fail("it changed the metrics of a log call.")

    def test_takes_one_event_at_a_time(self, course: "Course") -> None:
        """Threads that send at once neither fail nor wait for ever."""
        course.send(course.started)

        def work(thread: int) -> None:
            for step in range(_EVENTS):
                course.log(step, 0.5, {f"loss/{thread}": 1.0})

        threads = [
            threading.Thread(target=work, args=(n,), daemon=True)
            for n in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE)
            if thread.is_alive():
                pytest.fail("it hangs when events come from several threads.")
        course.send(ending("COMPLETED"))
        course.expect_no_failure()

    def test_survives_an_event_it_does_not_know(self, course: "Course") -> None:
        """A later version of Forge sends more kinds of events."""
        unheard: Any = Unheard()
        course.send(course.started, unheard, ending("COMPLETED"))
        course.expect_no_failure(
            "\n  receive must pass over kinds of events that it does not know."
        )

    def test_survives_numbers_and_names_of_any_kind(self, course: "Course") -> None:
        """Metrics may be NaN or infinite, without a step, and called anything."""
        course.send(
            course.started,
            Logged(None, 0.0, {"loss": float("nan"), "größe/ä": float("inf")}),
            Logged(0, 0.0, {}),
            Logged(-1, 0.0, {"\udcff\n": -float("inf"), "": 10**30}),
            Printed("no whole line, and not UTF-8: \udcff"),
            ending("COMPLETED"),
        )
        course.expect_no_failure()

    def test_takes_metrics_without_an_event(self, course: "Course") -> None:
        """Where it has `logged`, that is called for most of them."""
        course.send(course.started)
        course.log(1, 0.5, {"loss": 2.0, "acc/top 1": 0.5})
        course.log(None, 0.6, {"loss": 1.0})
        course.send(Logged(2, 0.7, {"loss": 0.5}), ending("COMPLETED"))
        course.expect_no_failure("\n  logged must do what receive does with Logged.")

    def test_goes_on_when_an_event_was_lost(self, course: "Course") -> None:
        """After a failure the next event comes as if nothing had happened."""
        if not getattr(course.observer, "required", False):
            course.send(*course.middle(), ending("COMPLETED"))
            course.expect_no_failure("\n  It must bear that it never saw Started.")

    def test_a_failure_of_another_is_not_its_own(
        self, observer: Observer, layout: RunLayout
    ) -> None:
        """The run goes on, and so do those that did not fail."""
        course = Course(observer, layout, Broken())
        course.send(course.started, *course.middle(), ending("COMPLETED"))
        course.close()
        course.expect_one_failure(of="Broken")

    def test_is_closed_once_whatever_happened(
        self, observer: Observer, layout: RunLayout
    ) -> None:
        """A run that could not start closes its observers; so does one cut short."""
        course = Course(observer, layout)
        limited(course.close, "it does not close before it was started.")
        course.close()
        course.expect_no_failure()

    def test_is_closed_without_a_final_event(self, course: "Course") -> None:
        """An observer lets go of files and threads in bounded time."""
        course.send(course.started, *course.middle())
        limited(course.close, "it does not close in time.")
        course.expect_no_failure()

    def test_does_not_hold_up_training(self, course: "Course") -> None:
        """What `receive` costs, training pays."""
        course.send(course.started)
        began = time.perf_counter()
        for step in range(1000):
            course.log(step, step / 1000, {"loss": 1.0})
        took = (time.perf_counter() - began) / 1000
        course.expect_no_failure()
        if took > self.slowest_log:
            pytest.fail(
                f"a log call takes {took * 1e3:.1f} ms, and {self.slowest_log * 1e3:g} "
                "ms are allowed.\n  It could be: a queue that a thread works off."
            )

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
    def test_survives_a_forked_child(self, course: "Course") -> None:
        """Data loaders fork; the child may log, and the parent goes on."""
        course.send(course.started, Logged(1, 0.5, {"loss": 1.0}))
        with warnings.catch_warnings():
            # That threads are left behind is the subject.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:  # pragma: no cover - coverage does not follow
            try:
                course.log(2, 0.6, {"loss": 1.0})
            finally:
                os._exit(bool(course.said))
        status = waited(child)
        if status is None:
            pytest.fail("it hangs in a forked child.")
        if status:
            pytest.fail("it fails in a forked child.")
        course.send(Logged(3, 0.7, {"loss": 1.0}), ending("COMPLETED"))
        course.expect_no_failure()


class Course:
    """The course of a run, as an observer learns of it.

    Args:
        observer: The observer under test.
        layout: The names in the run folder.
        *others: Observers that get each event before it.
    """

    def __init__(
        self, observer: Observer, layout: RunLayout, *others: Observer
    ) -> None:
        self.observer = observer
        self._stream = StringIO()
        self._dispatcher = Dispatcher((*others, observer), stream=self._stream)
        run = RunFile(
            uid="contract",
            name="train",
            number=1,
            status=Status.RUNNING,
            started=_WHEN,
            sessions=(Session(started=_WHEN),),
        )
        #: The event that begins the run.
        self.started = Started(layout=layout, run=run, flags={"lr": 0.1, "seed": 1})
        self._checkpoint = layout.checkpoint(2)

    def middle(self) -> list[Event]:
        """Make one event of each kind that comes between the start and the end."""
        return [
            Logged(1, 0.5, {"loss": 2.0, "acc/top 1": 0.5}),
            Printed("epoch 1\n"),
            Printed("warning\n", "stderr"),
            Saved(2, self._checkpoint, {"loss": 1.0}),
            Added("artifact", "plots/loss.txt", data=b"2 1"),
            Added("resource", __file__, Path(__file__)),
            Added("source", "late.py", data=b"pass\n"),
            Noted("note", "a note"),
            Noted("tag", ("good", "paper")),
            Noted("info", {"classes": ["cat", "dog"]}),
            Noted("requirements", ["numpy==2.0"]),
            Heartbeat(10.0),
            Logged(2, 11.0, {"loss": 1.0}),
        ]

    @property
    def said(self) -> str:
        """What was reported on stderr."""
        return self._stream.getvalue()

    def send(self, *events: Event) -> None:
        """Send events one after the other.

        Args:
            *events: The events.
        """
        for event in events:
            self._dispatcher.send(event)

    def log(self, step: int | None, time: float, metrics: dict[str, float]) -> None:
        """Log as a run does.

        Args:
            step: The step.
            time: Seconds since the start.
            metrics: The numbers by name.
        """
        self._dispatcher.log(step, time, metrics)

    def close(self) -> None:
        """Close the observers as the end of a run does."""
        self._dispatcher.close()

    def expect_no_failure(self, more: str = "") -> None:
        """Fail if a failure was reported.

        Args:
            more: What to add.
        """
        if self.said:
            pytest.fail(self.said.rstrip() + more)

    def expect_one_failure(self, *, of: str) -> None:
        """Fail unless one observer alone was reported, and named at the end.

        Args:
            of: The class of that observer.
        """
        reports = [line for line in self.said.splitlines() if "observer " in line]
        if any(f"observer {of} " not in line for line in reports[:1] + reports[-1:]):
            pytest.fail(self.said.rstrip())
        if sum(" failed at " in line for line in reports) != 1:
            pytest.fail(self.said.rstrip())


class Broken:
    """An observer that fails at every event."""

    def receive(self, event: Event) -> None:
        """Fail.

        Args:
            event: Anything.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("broken on purpose")


def ending(status: str) -> Ended:
    """Make a final event.

    Args:
        status: What the run ends as.

    Returns:
        The event.
    """
    if status == "COMPLETED":
        return Completed(_WHEN, 12.5, {"accuracy": 0.5})
    if status == "FAILED":
        error = ErrorFact(type="ValueError", message="loss is nan")
        return Failed(_WHEN, 12.5, error, "Traceback\nValueError: loss is nan\n")
    return Interrupted(_WHEN, 12.5, "Ctrl-C", 2)


def limited(action: Callable[[], None], complaint: str) -> None:
    """Call something that must not hang.

    Args:
        action: What to call.
        complaint: What is wrong if it hangs.
    """
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if thread.is_alive():
        pytest.fail(complaint)


def waited(child: int) -> int | None:
    """Wait for a child process, but not for ever.

    Args:
        child: Its id.

    Returns:
        Its exit status; nothing if it had to be killed.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
