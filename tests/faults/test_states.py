"""A run, its observers and their failures, in any order that Hypothesis thinks of.

The body of a real run waits in a thread for what it is to do next. Whatever observers
raise and whenever, the body never notices, every other observer gets every event in
order and one final event last, and the state in the folder is final once it is written.
"""

import io
import queue
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from projects import Project

import forge
from forge.observers.base import (
    Added,
    Completed,
    Failed,
    Interrupted,
    Logged,
    Noted,
    Saved,
    Started,
)
from forge.records.record import Record


SCRIPT = """\
import forge


@forge.experiment
def train(*, _run: forge.Run):
    return BODY(_run)
"""

FINAL = (Completed, Failed, Interrupted)
KINDS = ["Started", "Logged", "Saved", "Added", "Noted", "Heartbeat"]
KINDS += [kind.__name__ for kind in FINAL]
ERRORS = [ValueError("no"), OSError(5, "no network"), SystemExit(3), KeyError("loss")]

#: How a body may end: what it raises, and the state that follows.
ENDS = {
    "return": (None, "COMPLETED"),
    "exit": (SystemExit(0), "COMPLETED"),
    "raise": (ValueError("on purpose"), "FAILED"),
    "exit 3": (SystemExit(3), "FAILED"),
    "odd": (type("Odd", (BaseException,), {})(), "FAILED"),
    "Ctrl-C": (KeyboardInterrupt(), "INTERRUPTED"),
    "Interrupt": (forge.Interrupt("timeout"), "INTERRUPTED"),
}
NAMES = st.text(min_size=1, max_size=8).filter(
    lambda name: name not in ("step", "time", "event")
)


class Collector:
    """Keeps what it receives."""

    def __init__(self):
        self.events = []
        self.closed = 0

    def receive(self, event):
        self.events.append(event)

    def close(self):
        self.closed += 1


class Flaky(Collector):
    """Fails at the kinds of events that are chosen, with the error that is chosen."""

    def __init__(self):
        super().__init__()
        self.fails_at = set()
        self.error = ERRORS[0]
        self.failed = 0

    def receive(self, event):
        super().receive(event)
        if type(event).__name__ in self.fails_at:
            self.failed += 1
            raise self.error

    def close(self):
        super().close()
        if "close" in self.fails_at:
            self.failed += 1
            raise self.error


class Lives(RuleBasedStateMachine):
    """The life of one run."""

    def __init__(self):
        super().__init__()
        # In memory where there is such a folder: a disk is not the subject.
        shm = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=shm if shm.exists() else None)
        self.project = Project(Path(self.folder.name) / "project")
        self.module = self.project.load(SCRIPT)
        self.module.BODY = self.body
        self.orders, self.answers = queue.Queue(), queue.Queue()
        self.first, self.flaky, self.last = Collector(), Flaky(), Collector()
        self.module.train.observers[:] = [self.first, self.flaky, self.last]
        self.expected = []
        self.final = None
        self.written = b""
        self.step = 0
        self.said, self.stderr = io.StringIO(), sys.stderr

    @initialize(kinds=st.sets(st.sampled_from([*KINDS, "close"])))
    def start(self, kinds):
        """Start the run, with observers of which one may fail from the beginning."""
        self.flaky.fails_at = kinds
        sys.stderr = self.said
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()
        self.run = self.answers.get(timeout=60)

    def live(self):
        results = self.project.folder / "results"
        try:
            self.module.train.run(results_dir=results, quiet=True, capture="no")
        except BaseException as error:  # noqa: BLE001 - how it ended is judged below
            self.answers.put(error)
        else:
            self.answers.put(None)

    def body(self, run):
        self.answers.put(run)
        while True:
            act = self.orders.get(timeout=60)
            if isinstance(act, str):
                error, _ = ENDS[act]
                if error is None:
                    return act
                raise error
            try:
                self.answers.put(act(run))
            except BaseException as error:  # noqa: BLE001 - the body must see none
                self.answers.put(error)

    def does(self, act, *expected):
        """Let the body do something; that an observer fails is not seen there."""
        if self.final:
            # It is over: nobody receives anything any more.
            act(self.run)
            return
        self.orders.put(act)
        assert self.answers.get(timeout=60) is None
        self.expected += expected

    @rule(metrics=st.dictionaries(NAMES, st.floats(), max_size=3))
    def logs(self, metrics):
        self.step += 1
        step = self.step
        self.does(lambda run: run.log(metrics, step=step), ("Logged", step))

    @rule(text=st.text(max_size=5))
    def notes(self, text):
        self.does(lambda run: run.note(text), ("Noted", "note"))

    @rule(tags=st.lists(st.text(max_size=5), min_size=1, max_size=2))
    def tags(self, tags):
        self.does(lambda run: run.tag(*tags), ("Noted", "tag"))

    @rule(data=st.binary(max_size=5))
    def adds(self, data):
        self.does(lambda run: run.artifact(data, "a.bin"), ("Added", "artifact"))

    @rule()
    def reads(self):
        self.does(lambda run: run.resource(__file__) and None, ("Added", "resource"))

    @rule(value=st.integers())
    def informs(self, value):
        self.does(lambda run: run.info.update(value=value))

    @precondition(lambda self: not self.final)
    @rule()
    def saves(self):
        self.step += 1
        step = self.step

        def save(run):
            run.checkpoint(step=step, weights=[0.5])

        self.does(save, ("Saved", step))

    @rule(
        kinds=st.sets(st.sampled_from([*KINDS, "close"])),
        error=st.sampled_from(ERRORS),
    )
    def fails(self, kinds, error):
        self.flaky.fails_at, self.flaky.error = kinds, error

    @precondition(lambda self: not self.final)
    @rule(how=st.sampled_from(sorted(ENDS)))
    def ends(self, how):
        error, status = ENDS[how]
        self.orders.put(how)
        raised = self.answers.get(timeout=60)
        # Interrupt is no failure, and whoever called the run goes on.
        assert raised is (None if how == "Interrupt" else error)
        self.thread.join(60)
        self.final = status
        self.written = self.record.layout.run.read_bytes()
        assert self.run.status == status
        self.tell_apart()

    def tell_apart(self):
        """Judge what observers received, and what was said of the one that fails."""
        for one in (self.first, self.flaky, self.last):
            events = one.events
            assert isinstance(events[0], Started)
            assert [e for e in events if isinstance(e, FINAL)] == [events[-1]]
            assert [e for e in events if isinstance(e, Started)] == [events[0]]
            assert one.closed == 1
        assert self.first.events == self.flaky.events == self.last.events
        said = self.said.getvalue()
        assert said.count("observer Flaky failed") in (
            (1, 2) if self.flaky.failed else (0,)
        )
        assert "Collector failed" not in said
        assert said.count("times, first") <= 1

    @property
    def record(self):
        return Record.read(self.project.folder / "results/train/1")

    @invariant()
    def what_happened_is_delivered_in_order(self):
        told = [fact for event in self.last.events if (fact := fact_of(event))]
        assert told[: len(self.expected)] == self.expected
        # Only a last checkpoint may follow.
        assert len(told) <= len(self.expected) + bool(self.final)

    @invariant()
    def the_state_is_that_of_the_run(self):
        record = self.record
        assert record.status == (self.final or "RUNNING")
        if self.final:
            assert record.layout.run.read_bytes() == self.written

    def teardown(self):
        if not self.final:
            self.orders.put("return")
            self.thread.join(60)
        sys.stderr = self.stderr
        self.project.close()
        self.folder.cleanup()


def fact_of(event):
    """Say of an event that the body caused what it was."""
    match event:
        case Logged(step=step) | Saved(step=step):
            return type(event).__name__, step
        case Added(kind=("artifact" | "resource") as kind):
            return "Added", kind
        case Noted(what=("note" | "tag") as what):
            return "Noted", what
    return None


@pytest.mark.filterwarnings("error")
class TestLives(Lives.TestCase):
    settings = settings(
        max_examples=max(10, settings().max_examples // 2), stateful_step_count=15
    )
