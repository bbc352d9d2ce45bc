"""Tests of the way of an event to its observers."""

import asyncio
import io
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.observers.base import Completed, Event, Heartbeat, Logged, Printed, Started
from forge.observers.dispatch import Dispatcher
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile
from forge.records.status import Status


STARTED = Started(
    layout=RunLayout(Path("results/train/1")),
    run=RunFile(uid="u", name="train", number=1, status=Status.RUNNING),
    flags={},
)
COMPLETED = Completed("2026-11-20T23:00:00+00:00", 1.0)


class Collector:
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.closed = 0

    def receive(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1


class Broken:
    """Fails at every event of some kinds."""

    def __init__(self, *kinds: type) -> None:
        self.kinds = kinds
        self.seen = 0

    def receive(self, event: Event) -> None:
        self.seen += 1
        if isinstance(event, self.kinds):
            raise KeyError("loss")


class Required(Broken):
    """The run does not begin without it."""

    required = True


def without_place(text: str) -> str:
    """Replace the line number and the folder of this file."""
    lines = text.splitlines(keepends=True)
    mine = str(Path(__file__))
    return "".join(
        f"  slack.py:31: {line.split(': ', 1)[1]}" if mine in line else line
        for line in lines
    ).rstrip("\n")


def test_events_reach_every_observer_in_order() -> None:
    one, two = Collector(), Collector()
    dispatcher = Dispatcher([one, two])
    events: list[Event] = [STARTED, Logged(1, 0.5, {"loss": 1.0}), COMPLETED]
    for event in events:
        dispatcher.send(event)
    assert one.events == two.events == events


def test_an_observer_that_fails_is_reported_once_retried_and_named_at_the_end(
    message: Callable[[str, str], None],
) -> None:
    stream = io.StringIO()
    broken, after = Broken(Logged), Collector()
    dispatcher = Dispatcher([broken, after], stream=stream)
    dispatcher.send(STARTED)
    for step in range(3):
        dispatcher.send(Logged(step, 0.0, {}))
    dispatcher.send(COMPLETED)
    dispatcher.close()
    dispatcher.close()
    assert broken.seen == len(after.events) == 5
    message("observer-failed", without_place(stream.getvalue()))


def test_a_failure_at_the_end_is_told_once(message: Callable[[str, str], None]) -> None:
    stream = io.StringIO()
    dispatcher = Dispatcher([Broken(Completed)], stream=stream)
    dispatcher.send(COMPLETED)
    dispatcher.close()
    message("observer-failed-at-end", without_place(stream.getvalue()))


def test_an_observer_that_cannot_close_is_told(
    message: Callable[[str, str], None],
) -> None:
    class Clinging(Collector):
        def close(self) -> None:
            raise OSError(5, "Input/output error")

    stream = io.StringIO()
    other = Collector()
    dispatcher = Dispatcher([Clinging(), other], stream=stream)
    dispatcher.close()
    assert other.closed == 1
    message("observer-failed-closing", without_place(stream.getvalue()))


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError()])
def test_an_observer_cannot_end_the_process(error: BaseException) -> None:
    class Leaving(Collector):
        def receive(self, event: Event) -> None:
            super().receive(event)
            raise error

        def close(self) -> None:
            raise error

    stream = io.StringIO()
    leaving, after = Leaving(), Collector()
    dispatcher = Dispatcher([leaving, after], stream=stream)
    for event in (STARTED, COMPLETED):
        dispatcher.send(event)
    dispatcher.close()
    assert leaving.events == after.events == [STARTED, COMPLETED]
    assert f"failed at Started: {type(error).__name__}" in stream.getvalue()


def test_an_observer_that_does_not_close_is_told_and_can_be_given_up(
    message: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(Collector):
        def close(self) -> None:
            while "is waited for" not in stream.getvalue():
                time.sleep(0.01)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("forge.observers.dispatch.CLOSING_SECONDS", 0.1)
    stream = io.StringIO()
    after = Collector()
    dispatcher = Dispatcher([Hanging(), after], stream=stream)
    dispatcher.close()
    assert after.closed == 1
    message("observer-slow-to-close", without_place(stream.getvalue()))


def test_a_required_observer_that_fails_at_the_start_stops_the_run() -> None:
    after = Collector()
    dispatcher = Dispatcher([Required(Started), after])
    with pytest.raises(KeyError, match="loss"):
        dispatcher.send(STARTED)
    assert after.events == []


def test_a_required_observer_that_fails_later_does_not_stop_the_run() -> None:
    dispatcher = Dispatcher([Required(Logged)], stream=io.StringIO())
    dispatcher.send(STARTED)
    dispatcher.send(Logged(1, 0.0, {}))


def test_ctrl_c_in_an_observer_is_not_swallowed() -> None:
    class Slow(Collector):
        def receive(self, event: Event) -> None:
            super().receive(event)
            if isinstance(event, Logged):
                raise KeyboardInterrupt

    slow = Slow()
    dispatcher = Dispatcher([slow])
    with pytest.raises(KeyboardInterrupt):
        dispatcher.send(Logged(1, 0.0, {}))
    dispatcher.send(COMPLETED)
    assert slow.events[-1] == COMPLETED


def test_an_event_caused_while_receiving_comes_after_the_present_one() -> None:
    class Echo:
        def receive(self, event: Event) -> None:
            if isinstance(event, Logged):
                dispatcher.send(Printed(f"step {event.step}\n"))

    after = Collector()
    dispatcher = Dispatcher([Echo(), after])
    dispatcher.send(Logged(1, 0.0, {}))
    dispatcher.send(Logged(2, 0.0, {}))
    kinds = [type(event).__name__ for event in after.events]
    assert kinds == ["Logged", "Printed", "Logged", "Printed"]


def test_observers_that_cause_events_without_end_are_stopped(
    message: Callable[[str, str], None],
) -> None:
    class Loop:
        def receive(self, event: Event) -> None:
            if isinstance(event, Printed):
                dispatcher.send(Printed("again\n"))

    stream = io.StringIO()
    dispatcher = Dispatcher([Loop()], stream=stream)
    dispatcher.send(Printed("once\n"))
    dispatcher.send(Printed("once\n"))
    message("observer-endless", stream.getvalue().rstrip("\n"))


def test_an_observer_never_gets_two_events_at_once() -> None:
    class Fragile:
        busy = False
        count = 0

        def receive(self, event: Event) -> None:
            assert not self.busy
            self.busy = True
            threading.Event().wait(0.0001)
            self.busy = False
            self.count += 1

    fragile = Fragile()
    stream = io.StringIO()
    dispatcher = Dispatcher([fragile], stream=stream)

    def beat() -> None:
        for _ in range(50):
            dispatcher.send(Heartbeat(0.0))

    threads = [threading.Thread(target=beat) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (fragile.count, stream.getvalue()) == (200, "")


@pytest.mark.parametrize("way", ["send", "log"])
def test_ctrl_c_while_another_thread_sends_leaves_its_lock_alone(way: str) -> None:
    class Holding(Collector):
        def receive(self, event: Event) -> None:
            super().receive(event)
            if isinstance(event, Heartbeat):
                inside.set()
                released.wait(10)

    def interrupt() -> None:
        time.sleep(0.1)
        signal.pthread_kill(main, signal.SIGINT)

    inside, released = threading.Event(), threading.Event()
    main = threading.get_ident()
    holding = Holding()
    dispatcher = Dispatcher([holding])
    thread = threading.Thread(target=dispatcher.send, args=(Heartbeat(0.0),))
    thread.start()
    inside.wait(10)
    threading.Thread(target=interrupt).start()
    logged = (Logged(1, 0.0, {}),) if way == "send" else (1, 0.0, {})
    with pytest.raises(KeyboardInterrupt):
        getattr(dispatcher, way)(*logged)
    assert holding.events == [Heartbeat(0.0)]
    released.set()
    thread.join(10)
    other = threading.Thread(target=dispatcher.send, args=(Logged(2, 0.0, {}),))
    other.start()
    other.join(10)
    assert holding.events[1:] == [Logged(2, 0.0, {})]


def test_a_forked_child_does_not_wait_for_a_lock_of_the_parent() -> None:
    class Holding:
        def receive(self, event: Event) -> None:
            if isinstance(event, Heartbeat):
                inside.set()
                released.wait(10)

    inside, released = threading.Event(), threading.Event()
    dispatcher = Dispatcher([Holding()])
    thread = threading.Thread(target=dispatcher.send, args=(Heartbeat(0.0),))
    thread.start()
    inside.wait(10)
    child = multiprocessing.get_context("fork").Process(
        target=dispatcher.log, args=(1, 0.0, {})
    )
    child.start()
    child.join(10)
    released.set()
    thread.join()
    assert child.exitcode == 0


def test_nobody_receives_after_the_end() -> None:
    collector = Collector()
    dispatcher = Dispatcher([collector])
    dispatcher.close()
    dispatcher.send(Heartbeat(0.0))
    assert (collector.events, collector.closed) == ([], 1)


@pytest.mark.parametrize(
    ("name", "observer"), [("class", Collector), ("no-receive", object())]
)
def test_what_cannot_receive_is_refused(
    message: Callable[[str, str], None], name: str, observer: object
) -> None:
    with pytest.raises(ForgeError) as caught:
        Dispatcher([observer])  # type: ignore[list-item]
    assert caught.value.code == "bad-observer"
    assert caught.value.observer is observer
    message(f"bad-observer-{name}", str(caught.value))


def test_what_overtakes_waits_for_another_thread_but_not_for_ever() -> None:
    inside, gate = threading.Event(), threading.Event()
    told: list[str] = []

    class Slow:
        def receive(self, event: Event) -> None:
            told.append("begun")
            inside.set()
            gate.wait(60)
            told.append("done")

    dispatcher = Dispatcher([Slow()])
    other = threading.Thread(target=dispatcher.send, args=[Heartbeat(1.0)])
    other.start()
    assert inside.wait(60)
    with dispatcher.overtaking(0.01):
        assert told == ["begun"]
    gate.set()
    with dispatcher.overtaking(60):
        assert told == ["begun", "done"]
        # Its own events are no reason to wait.
        with dispatcher.overtaking(60):
            pass
    other.join()
