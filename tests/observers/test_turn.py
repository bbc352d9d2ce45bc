"""Tests of whose turn it is, with threads, signals and forks."""

import io
import itertools
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest

from forge.observers.base import Event, Heartbeat, Logged
from forge.observers.dispatch import Dispatcher


class Careful:
    """Takes metrics without an event, and notices when it is called twice at once."""

    def __init__(self) -> None:
        self.busy = False
        self.clashes = 0
        self.steps: list[int | None] = []
        self.beats = 0
        self.while_busy: Callable[[], object] = bool

    def receive(self, event: Event) -> None:
        """Count it, as slowly as others need to come in between."""
        with self.alone():
            if isinstance(event, Logged):
                self.steps.append(event.step)
            else:
                self.beats += 1

    def logged(self, step: int | None, time: float, metrics: object) -> None:
        """Count it."""
        with self.alone():
            self.steps.append(step)

    def alone(self) -> AbstractContextManager[None]:
        """Notice who comes in between."""
        return _Alone(self)


class _Alone:
    """The inside of an observer; a generator would be closed by Ctrl-C elsewhere."""

    def __init__(self, careful: Careful) -> None:
        self.careful = careful

    def __enter__(self) -> None:
        self.careful.clashes += self.careful.busy
        self.careful.busy = True
        self.careful.while_busy()

    def __exit__(self, *_: object) -> None:
        self.careful.busy = False


@pytest.fixture
def hectic() -> Iterator[None]:
    """Let threads take turns as often as it goes."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.fixture
def careful() -> Careful:
    """An observer that lets other threads in while it is called."""
    careful = Careful()
    careful.while_busy = lambda: time.sleep(0)
    return careful


def in_threads(*actions: Callable[[], object]) -> None:
    """Do things at once, the last one in this thread."""
    threads = [threading.Thread(target=action) for action in actions[:-1]]
    for thread in threads:
        thread.start()
    actions[-1]()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.usefixtures("hectic")
def test_one_at_a_time_while_one_logs_and_others_send(careful: Careful) -> None:
    dispatcher = Dispatcher([careful])
    over = threading.Event()

    def beat() -> None:
        while not over.is_set():
            dispatcher.send(Heartbeat(0.0))
            with dispatcher.pausing():
                dispatcher.send(Heartbeat(0.0))
                dispatcher.log(None, 0.0, {})
            with dispatcher.overtaking(60):
                dispatcher.send(Heartbeat(0.0))

    def log() -> None:
        for step in range(3000):
            dispatcher.log(step, 0.0, {})
        over.set()

    in_threads(beat, beat, log)
    assert careful.clashes == 0
    assert [step for step in careful.steps if step is not None] == [*range(3000)]
    assert careful.beats == 3 * careful.steps.count(None) > 0


@pytest.mark.usefixtures("hectic")
def test_one_at_a_time_while_many_log(careful: Careful) -> None:
    dispatcher = Dispatcher([careful])

    def log(first: int) -> Callable[[], None]:
        def some() -> None:
            for step in range(first, first + 1000):
                dispatcher.log(step, 0.0, {})

        return some

    in_threads(*map(log, range(0, 4000, 1000)))
    assert (careful.clashes, len(careful.steps)) == (0, 4000)
    for first in range(0, 4000, 1000):
        mine = [step for step in careful.steps if step is not None]
        last = first + 1000
        assert [s for s in mine if first <= s < last] == [*range(first, last)]


def test_nobody_passes_who_is_in_the_middle_of_it(careful: Careful) -> None:
    dispatcher = Dispatcher([careful])
    inside, gate = threading.Event(), threading.Event()
    told: list[str] = []

    def wait() -> None:
        inside.set()
        gate.wait(60)

    def send() -> None:
        inside.wait(60)
        with dispatcher.overtaking(0.01):
            told.append("overtaken")
            with dispatcher.overtaking(0.01):
                pass
        threading.Timer(0.05, gate.set).start()
        dispatcher.send(Heartbeat(0.0))
        told.append("sent")

    def log() -> None:
        careful.while_busy = wait
        dispatcher.log(1, 0.0, {})
        told.append("logged")

    in_threads(send, log)
    assert sorted(told) == ["logged", "overtaken", "sent"]
    assert told[0] == "overtaken"
    assert (careful.clashes, careful.steps, careful.beats) == (0, [1], 1)


def test_what_comes_in_the_middle_of_a_turn_comes_after_it(careful: Careful) -> None:
    dispatcher = Dispatcher([careful])

    def cause() -> None:
        careful.while_busy = bool
        with dispatcher.pausing(), dispatcher.overtaking(60):
            dispatcher.send(Heartbeat(0.0))
            dispatcher.log(2, 0.0, {})
        assert (careful.steps, careful.beats) == ([], 0)

    careful.while_busy = cause
    dispatcher.log(1, 0.0, {})
    assert (careful.clashes, careful.steps, careful.beats) == (0, [1, 2], 1)


@pytest.mark.parametrize("way", ["send", "pausing", "overtaking"])
def test_others_wait_until_it_is_given_back(careful: Careful, way: str) -> None:
    dispatcher = Dispatcher([careful])
    inside, gate = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        gate.wait(60)

    def hold() -> None:
        if way == "send":
            careful.while_busy = wait
            dispatcher.send(Heartbeat(0.0))
            return
        others = {"pausing": dispatcher.pausing, "overtaking": overtake}[way]
        with others():
            # What is done within does not give it back.
            dispatcher.send(Heartbeat(0.0))
            with dispatcher.pausing(), dispatcher.overtaking(60):
                pass
            wait()

    def overtake() -> AbstractContextManager[None]:
        return dispatcher.overtaking(60)

    def log() -> None:
        inside.wait(60)
        careful.while_busy = bool
        opened = threading.Timer(0.05, gate.set)
        opened.start()
        dispatcher.log(1, 0.0, {})
        assert gate.is_set()

    in_threads(hold, log)
    assert (careful.clashes, careful.steps) == (0, [1])


@pytest.fixture
def after() -> Iterator[Callable[[float, Callable[[], object]], None]]:
    """Have a signal interrupt this thread in so many seconds, and do something."""
    before = signal.getsignal(signal.SIGALRM)

    def interrupt(seconds: float, action: Callable[[], object]) -> None:
        signal.signal(signal.SIGALRM, lambda *_: action())
        signal.setitimer(signal.ITIMER_REAL, seconds)

    yield interrupt
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def press_ctrl_c() -> None:
    """Do what Python does then."""
    raise KeyboardInterrupt


def repeat(act: Callable[[], object], end: float) -> None:
    """Do something until then; within a `try`, 3.13.0 leaves it at the loop's end."""
    while time.monotonic() < end:
        act()


def is_interrupted(seconds: float, act: Callable[[], object]) -> bool:
    """Do something again and again, and tell whether Ctrl-C has ended that."""
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            repeat(act, time.monotonic() + 1.0)  # it may be lost, or late
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.usefixtures("hectic", "uncollected")
def test_ctrl_c_at_any_moment_leaves_nobody_waiting(
    after: Callable[[float, Callable[[], object]], None],
) -> None:
    careful = Careful()
    dispatcher = Dispatcher([careful])
    logged: list[int] = []
    numbers, interrupted = itertools.count(), 0

    def beat() -> None:
        dispatcher.send(Heartbeat(0.0))

    def log() -> None:
        step = next(numbers)
        dispatcher.log(step, 0.0, {})
        logged.append(step)

    after(0, press_ctrl_c)  # only what is to come of a signal
    for i in range(300):
        interrupted += is_interrupted(0.0003 + i % 7 * 1e-5, log)
        careful.busy = False
        if i % 10 == 0:
            in_threads(beat, bool)
    assert interrupted > 250
    assert (careful.clashes, careful.beats) == (0, 30)
    # Of what was interrupted nobody knows whether it came; the rest came once.
    assert set(logged) <= set(careful.steps)
    assert len(set(careful.steps)) == len(careful.steps)


@pytest.mark.parametrize("by", ["send", "pausing", "overtaking"])
@pytest.mark.parametrize("way", ["send", "log", "pausing", "overtaking", "close"])
def test_a_signal_while_one_waits_for_the_keeper_waits_as_well(
    after: Callable[[float, Callable[[], object]], None], way: str, by: str
) -> None:
    made: list[Dispatcher] = []
    inside, gate = threading.Event(), threading.Event()
    careful = Careful()

    def wait() -> None:
        careful.while_busy = bool
        inside.set()
        gate.wait(60)

    def keep() -> None:
        made.append(Dispatcher([careful]))
        careful.while_busy = wait
        made[0].log(1, 0.0, {})

    def interrupt() -> None:
        threading.Timer(0.05, gate.set).start()
        act(made[0], by)
        assert careful.steps == [1]
        # The one that it interrupts has not begun with its own.
        made[0].log(3, 0.0, {})
        press_ctrl_c()

    def go() -> None:
        inside.wait(60)
        after(0.05, interrupt)
        with pytest.raises(KeyboardInterrupt):
            act(made[0], way)
        made[0].log(4, 0.0, {})

    in_threads(keep, go)
    assert (careful.clashes, careful.steps) == (0, [1, 3, 4])


def act(dispatcher: Dispatcher, way: str) -> None:
    """Do what has to wait for others."""
    match way:
        case "send":
            dispatcher.send(Heartbeat(0.0))
        case "log":
            dispatcher.log(2, 0.0, {})
        case "pausing":
            with dispatcher.pausing():
                pass
        case "overtaking":
            with dispatcher.overtaking(60):
                pass
        case "close":
            dispatcher.close()


@pytest.mark.parametrize("observers", [1, 2])
@pytest.mark.usefixtures("hectic")
def test_what_a_signal_raises_is_blamed_on_who_was_called_or_nobody(
    after: Callable[[float, Callable[[], object]], None], observers: int
) -> None:
    class Failing(Careful):
        def alone(self) -> AbstractContextManager[None]:
            return nullcontext()

    def fail() -> None:
        raise ConnectionError("lost")

    stream = io.StringIO()
    dispatcher = Dispatcher([Failing() for _ in range(observers)], stream=stream)
    raised = 0
    for i in range(200):
        try:
            after(0.0002 + i % 7 * 1e-5, fail)
            for _ in range(1000):
                dispatcher.log(1, 0.0, {})
        except ConnectionError:
            raised += 1
    said = {line for line in stream.getvalue().splitlines() if "observer" in line[:24]}
    assert raised
    assert said <= {
        "forge: warning: observer Failing failed at Logged: ConnectionError: lost"
    }


@pytest.mark.parametrize("who", ["keeper", "other"])
def test_a_fork_in_the_middle_of_a_turn_leaves_the_child_its_own(
    careful: Careful, who: str
) -> None:
    dispatcher = Dispatcher([careful])
    inside, gate = threading.Event(), threading.Event()
    codes: list[int | None] = []

    def fork() -> None:
        child = multiprocessing.get_context("fork").Process(
            target=dispatcher.log, args=(1, 0.0, {})
        )
        child.start()
        child.join(10)
        codes.append(child.exitcode)

    def other() -> None:
        inside.wait(60)
        fork()
        gate.set()

    def begin() -> None:
        careful.while_busy = bool
        if who == "keeper":
            fork()
        else:
            inside.set()
            gate.wait(60)

    careful.while_busy = begin
    actions = [other] if who == "other" else []
    in_threads(*actions, lambda: dispatcher.log(1, 0.0, {}))
    assert (codes, careful.steps) == ([0], [1])
