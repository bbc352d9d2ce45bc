"""Numbers that are still on an accelerator when they are logged."""

import json
import os
import threading
import warnings

import pytest

import forge
from forge.observers.base import Logged, Noted
from forge.observers.dispatch import Dispatcher
from forge.run import fetching
from forge.run.fetching import Fetching
from forge.run.scalars import Unfetched, plain
from forge.run.stopping import Stopping


SCRIPT = """\
import forge


@forge.experiment
def train(*, _run):
    f(_run)
"""


class Device:
    """A device as PyTorch names it."""

    type = "cuda"


class Distant:
    """A tensor of PyTorch on a device that computes until it is told to be done."""

    device = Device()
    shape = ()

    def __init__(self, value, done=None):
        self.value = value
        self.done = done or threading.Event()

    def detach(self):
        return self

    def clone(self):
        return Distant(self.value, self.done)

    def item(self):
        assert self.done.wait(20)
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Collector:
    """Keeps what it receives."""

    def __init__(self):
        self.events = []

    def receive(self, event):
        self.events.append(event)

    @property
    def steps(self):
        return [event.step for event in self.events if isinstance(event, Logged)]


@pytest.fixture
def later(monkeypatch):
    """Let the thread that fetches what nobody else does wait for ever."""
    monkeypatch.setattr(fetching, "SECONDS", 60)


@pytest.fixture
def logging(project):
    """Call a function as the body of a run, with an observer; return what it saw."""

    def run(body, **options):
        module = project.load(SCRIPT)
        module.f = body
        collector = Collector()
        module.train.observers.append(collector)
        module.train.run(quiet=True, capture="no", **options)
        return collector

    return run


def test_log_does_not_wait_and_the_next_call_does(logging, project, later):
    first = Distant(0.5)

    def body(run):
        run.log(loss=first, lr=0.1, step=1)
        assert project.record().metrics.series == {}
        # What is changed in place afterwards was logged as it was.
        first.value = 9.9
        first.done.set()
        run.log(loss=0.25, step=2)
        assert project.record().metrics["loss"].values == (0.5, 0.25)
        assert project.record().metrics["lr"].values == (0.1,)

    assert logging(body).steps == [1, 2]


def test_what_is_held_back_comes_before_anything_else(logging, later):
    one = Distant(0.5)

    def body(run):
        run.log(loss=one, step=1)
        one.done.set()
        run.note("a note")
        run.log(loss=one, step=2)

    collector = logging(body)
    told = [e for e in collector.events if isinstance(e, Logged) or noted(e)]
    assert [type(event) for event in told] == [Logged, Noted, Logged]
    # The last of a run comes before its end.
    assert collector.steps == [1, 2]
    assert type(collector.events[-1]).__name__ == "Completed"


def noted(event):
    return isinstance(event, Noted) and event.what == "note"


def test_it_is_fetched_soon_when_nothing_else_is_logged(logging, project, wait_for):
    one = Distant(0.5)

    def body(run):
        run.log(loss=one, step=1)
        one.done.set()
        assert wait_for(lambda: "loss" in project.record().metrics)

    logging(body)


def test_a_number_that_cannot_be_had_is_told_of_and_left_out(
    logging, project, capsys, message
):
    def body(run):
        for step in (1, 2):
            lost = Distant(RuntimeError("Array has been deleted.\nmore"))
            lost.done.set()
            run.log(loss=lost, lr=0.1, step=step)

    logging(body)
    metrics = project.record().metrics
    assert list(metrics) == ["lr"]
    assert metrics["lr"].steps == (1, 2)
    message("metric-not-fetched", capsys.readouterr().err.rstrip("\n"))


def test_what_is_no_scalar_is_refused_at_once(logging):
    many = Distant(0.5)
    many.shape = (2, 3)

    def body(run):
        with pytest.raises(forge.ForgeError, match=r"got Distant of shape \(2, 3\)"):
            run.log(loss=many)

    assert logging(body).steps == []


def test_a_fork_leaves_to_its_parent_what_was_logged_before(later):
    collector = Collector()
    held = Fetching(Dispatcher([collector]), Stopping())
    one = Distant(0.5)
    held.hold(1, 0.0, plain({"loss": one}))
    one.done.set()
    with warnings.catch_warnings():
        # That the thread which fetches is left behind is the subject.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        held.fetch()
        os._exit(len(collector.events))
    assert os.waitpid(child, 0)[1] == 0
    held.fetch()
    assert collector.events == [Logged(1, 0.0, {"loss": 0.5})]


def test_what_a_checkpoint_is_judged_by_is_waited_for(logging, project):
    value = Distant(0.5)

    def body(run):
        threading.Timer(0.2, value.done.set).start()
        run.checkpoint(step=1, w=[1], metrics={"loss": value, "lr": 0.1})

    logging(body)
    checkpoint = project.record().layout.checkpoint(1)
    manifest = json.loads((checkpoint / "manifest.json").read_text())
    assert manifest["metrics"] == {"loss": 0.5, "lr": 0.1}


def test_an_observer_that_logs_does_not_wait_for_itself(later):
    class Echo(Collector):
        def receive(self, event):
            super().receive(event)
            if event.step < 3:
                held.hold(event.step + 1, 0.0, plain({"loss": done}))

    done = Distant(0.5)
    done.done.set()
    echo = Echo()
    dispatcher = Dispatcher([echo])
    held = Fetching(dispatcher, Stopping())
    held.hold(1, 0.0, plain({"loss": done}))
    held.fetch()
    held.fetch()
    assert echo.steps == [1, 2, 3]


@pytest.mark.frameworks
def test_jax_goes_on_computing_while_it_is_logged(logging, project):
    jax = pytest.importorskip("jax")
    import jax.numpy as jnp

    matrix = jnp.ones((1500, 1500))
    slow = jax.jit(lambda x: jnp.linalg.norm(x @ x @ x @ x @ x @ x) * 0 + 2.5)
    slow(matrix).block_until_ready()

    def body(run):
        value = slow(matrix)
        run.log(loss=value, step=1)
        assert not value.is_ready()
        run.log(loss=jnp.float32(1.0), step=2)

    logging(body)
    assert project.record().metrics["loss"].values == (2.5, 1.0)


@pytest.mark.frameworks
def test_scalars_that_are_at_hand_are_not_held_back():
    values = {}
    for name, make in {
        "jax": lambda jax: jax.numpy.float32(0.5).block_until_ready(),
        "torch": lambda torch: torch.tensor(0.5),
        "tensorflow": lambda tf: tf.constant(0.5),
    }.items():
        values[name] = make(pytest.importorskip(name))
    found = plain(values)
    assert not isinstance(found, Unfetched)
    assert found == dict.fromkeys(values, 0.5)
