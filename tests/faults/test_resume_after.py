"""Runs go on after whatever has ended them, and end as if nothing had happened."""

import signal

import pytest
from projects import Project, wait_for


SCRIPT = """
import os, random, signal, time
import forge
from forge.checkpoints import manager

commit = manager.commit

def dying(*args):
    if os.environ.get("DIE") == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = commit(*args)
    if os.environ.get("DIE") == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return done

@forge.model
def model():
    return {"sum": [0.0]}

@forge.experiment
def train(model, steps=12, pause=0.0, *, _run: forge.Run):
    _run.restore(model=model)
    for step, x in _run.track([1, 2, 3, 4, 5], stop=steps):
        model["sum"][0] += x * random.random()
        _run.log(sum=model["sum"][0], step=step)
        time.sleep(pause)
        if step == 8:
            manager.commit = dying
        if step % 4 == 0:
            _run.checkpoint()
    return model["sum"][0]

train.main()
"""

FIT = """
import forge
from sklearn.linear_model import SGDClassifier
import numpy as np

@forge.model
def model(max_iter=10**9):
    return SGDClassifier(max_iter=max_iter, tol=None)

@forge.experiment
def train(model, *, _run: forge.Run):
    x = np.random.default_rng(0).normal(size=(50, 3))
    y = x[:, 0] > 0
    model.partial_fit(x, y, classes=[False, True])
    print("up", flush=True)
    while True:
        model.partial_fit(x, y)

train.main()
"""


@pytest.fixture(name="whole")
def _whole(project: Project):
    """What the script comes to when it is left alone."""
    project.write(SCRIPT)
    project("with", "seed=3")
    return project.record().result


@pytest.mark.parametrize(("moment", "goes_on_from"), [("before", 4), ("after", 8)])
def test_a_crash_while_a_checkpoint_is_saved(project, whole, moment, goes_on_from):
    project("with", "seed=3", expect=-signal.SIGKILL, DIE=moment)
    assert project.record("train/2").status == "DEAD"
    project("--resume")
    record = project.record("train/2")
    assert record.result == whole
    last = record.run.sessions[-1]
    assert (last.resumed, last.level, last.level_reason) == (goes_on_from, "exact", "")
    assert record.metrics["sum"].steps == tuple(range(1, 13))
    assert not [*record.layout.checkpoints.glob(".tmp-*")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_preemption_saves_the_step_and_the_place(project, whole, number):
    process = project.start("with", "seed=3", "pause=0.05")
    metrics = project.folder / "results/train/2/metrics.jsonl"
    assert wait_for(lambda: metrics.exists() and metrics.read_bytes().count(b"\n") > 5)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    record = project.record("train/2")
    assert (record.status, record.run.reason) == ("INTERRUPTED", number.name)
    assert record.checkpoints[-1] == record.metrics["sum"].steps[-1]
    project("--resume", "with", "pause=0")
    record = project.record("train/2")
    assert record.result == whole
    assert record.run.sessions[-1].level == "exact"


@pytest.mark.frameworks
def test_a_body_that_never_calls_forge_is_ended_and_saved(project):
    """Scikit-learn's loops know nothing of runs."""
    project.write(FIT)
    process = project.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGUSR1
    record = project.record()
    assert (record.status, record.run.reason) == ("INTERRUPTED", "SIGUSR1")
    assert record.checkpoints == (0,)
