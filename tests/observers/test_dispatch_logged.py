"""Tests of the way of metrics to observers, with an event and without."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.observers.base import Added, Event, Heartbeat, Logged, Noted, Started
from forge.observers.dispatch import Dispatcher
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile
from forge.records.status import Status


STARTED = Started(
    layout=RunLayout(Path("results/train/1")),
    run=RunFile(uid="u", name="train", number=1, status=Status.RUNNING),
    flags={},
)


class Collector:
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def receive(self, event: Event) -> None:
        self.events.append(event)


class Ready(Collector):
    """Takes metrics without an event."""

    def __init__(self) -> None:
        super().__init__()
        self.logs: list[tuple[int | None, float, object]] = []

    def logged(self, step: int | None, time: float, metrics: object) -> None:
        self.logs.append((step, time, metrics))


def test_metrics_go_to_logged_or_come_as_an_event() -> None:
    ready, usual = Ready(), Collector()
    dispatcher = Dispatcher([ready, usual])
    dispatcher.send(STARTED)
    dispatcher.log(1, 0.5, {"loss": 2.0})
    dispatcher.send(Logged(None, 1.0, {}))
    assert ready.logs == [(1, 0.5, {"loss": 2.0})]
    assert ready.events == [STARTED, Logged(None, 1.0, {})]
    assert usual.events == [STARTED, Logged(1, 0.5, {"loss": 2.0}), ready.events[1]]


def test_a_receive_that_is_newer_than_logged_gets_every_event() -> None:
    class Newer(Ready):
        def receive(self, event: Event) -> None:
            super().receive(event)

    newer, own = Newer(), Ready()
    own.receive = newer.receive  # type: ignore[method-assign]
    dispatcher = Dispatcher([newer, own])
    dispatcher.log(1, 0.5, {})
    assert newer.events == [Logged(1, 0.5, {})] * 2
    assert newer.logs == own.logs == []


def test_logged_is_looked_up_again_when_the_run_has_begun() -> None:
    class Late(Collector):
        def __init__(self) -> None:
            super().__init__()
            self.ready: Ready | None = None

        @property
        def logged(self) -> object:
            return self.ready.logged if self.ready else None

        def receive(self, event: Event) -> None:
            super().receive(event)
            self.ready = Ready()

    late = Late()
    dispatcher = Dispatcher([late])
    dispatcher.send(STARTED)
    dispatcher.log(1, 0.5, {})
    assert late.ready
    assert (late.events, late.ready.logs) == ([STARTED], [(1, 0.5, {})])


@pytest.mark.parametrize("ready", [True, False])
def test_a_failure_at_metrics_is_reported_with_its_line(
    message: Callable[[str, str], None], *, ready: bool
) -> None:
    class Broken(Collector):
        def receive(self, event: Event) -> None:
            raise KeyError("loss")

    class BrokenReady(Broken):
        def logged(self, *_: object) -> None:
            raise KeyError("loss")

    BrokenReady.__name__ = "Broken"
    stream = io.StringIO()
    after = Collector()
    dispatcher = Dispatcher(
        [BrokenReady() if ready else Broken(), after], stream=stream
    )
    for step in range(2):
        dispatcher.log(step, 0.0, {})
    assert len(after.events) == 2
    said = stream.getvalue().rstrip("\n")
    places = re.compile(re.escape(__file__) + r":\d+")
    message("observer-failed-at-log", places.sub("slack.py:31", said))


def test_an_observer_that_ends_everything_and_fails_is_told_as_well() -> None:
    class Closing(Collector):
        required = True

        def logged(self, *_: object) -> None:
            dispatcher.close()
            raise KeyError("loss")

    stream = io.StringIO()
    dispatcher = Dispatcher([Closing()], stream=stream)
    dispatcher.log(1, 0.0, {})
    told = stream.getvalue()
    assert told.startswith("forge: warning: observer Closing failed at Logged: ")


def test_metrics_logged_while_receiving_come_after_the_present_ones() -> None:
    class Echo(Ready):
        def logged(self, step: int | None, time: float, metrics: object) -> None:
            super().logged(step, time, metrics)
            if step == 1:
                dispatcher.log(2, time, {})

    echo, after = Echo(), Collector()
    dispatcher = Dispatcher([echo, after])
    dispatcher.log(1, 0.0, {})
    assert after.events == [Logged(1, 0.0, {}), Logged(2, 0.0, {})]
    assert (len(echo.logs), echo.events) == (1, after.events[1:])
    dispatcher.close()
    dispatcher.log(3, 0.0, {})
    assert len(after.events) == 2


class Recording(Collector):
    """Stands for the run folder, without which there is no run."""

    required = True


@pytest.mark.parametrize(
    "late",
    [
        Logged(1, 0.5, {"loss": 1.0}),
        Added("artifact", "a.bin", data=b""),
        Added("resource", "b.bin", Path("b.bin")),
        Noted("note", "text"),
        Noted("tag", ("a",)),
    ],
)
def test_what_comes_when_the_run_is_over_is_told_to_be_lost(
    late: Event, message: Callable[[str, str], None]
) -> None:
    stream = io.StringIO()
    dispatcher = Dispatcher([Recording()], stream=stream)
    dispatcher.send(STARTED)
    dispatcher.close()
    # What Forge sends late is of no use to anybody.
    dispatcher.send(Heartbeat(1.0))
    dispatcher.send(Noted("git", None))
    dispatcher.send(Added("source", "a.py", data=b""))
    assert stream.getvalue() == ""
    dispatcher.send(late)
    dispatcher.log(1, 0.5, {})
    dispatcher.send(late)
    message("run-over", stream.getvalue().rstrip())


def test_a_run_that_was_not_recorded_loses_nothing() -> None:
    stream = io.StringIO()
    dispatcher = Dispatcher([Collector()], stream=stream)
    dispatcher.close()
    dispatcher.log(1, 0.5, {})
    assert stream.getvalue() == ""
