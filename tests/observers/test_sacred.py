"""Runs of the real Sacred, which has an environment of its own."""

import json
import os
import signal

import pytest
from projects import wait_for

from forge import runs
from forge.errors import ForgeError
from forge.experiments.experiment import Experiment
from forge.records.status import Status


pytest.importorskip("sacred", reason="Sacred is not installed: tox -e sacred")

SCRIPT = """\
import sys, time
import forge
from sacred import Experiment, Ingredient
from sacred.observers import FileStorageObserver

data = Ingredient("data")

@data.config
def _():
    path = "x"

ex = Experiment("walk", ingredients=[data])
if "both" in sys.argv:
    sys.argv.remove("both")
    ex.observers.append(FileStorageObserver("theirs"))
ex.observers.append(forge.observers.for_sacred("results"))

@ex.config
def _():
    lr = 0.5
    how = ""

@ex.named_config
def big():
    lr = 2.0

@ex.command
def evaluate(lr):
    return {"lr": lr}

@ex.automain
def train(lr, how, _run):
    _run.beat_interval = 0.1
    for step in range(3):
        ex.log_scalar("loss", 1 / (step + 1), step)
        # What is still in Python's buffer at the end, Sacred loses.
        print("step", step, flush=True)
    ex.log_scalar("phase", "warm-up", 0)
    _run.info["classes"] = ["cat", "dog"]
    with open("made.txt", "w") as file:
        file.write("made")
    ex.add_artifact("made.txt")
    ex.open_resource("made.txt").close()
    if how == "raise":
        raise ValueError("loss is nan")
    if how == "wait":
        print("waiting", flush=True)
        time.sleep(60)
    return {"loss": 1 / 3}
"""


@pytest.fixture(name="walk")
def _walk(project):
    project.write(SCRIPT, "walk.py")

    def run(*words, **options):
        return project(
            *words, script="walk.py", fresh=True, PYTHONWARNINGS="ignore", **options
        )

    return run


def test_a_run_is_recorded_like_one_of_forge(walk, project):
    done = walk("with", "big", "data.path=y", "seed=7", "-c", "just looking")
    assert 'Started run with ID "walk/1"' in done.stderr
    record = project.record("walk/1")
    assert record.status is Status.COMPLETED
    assert record.config == {
        "data.path": "y",
        "how": "",
        "lr": 2.0,
        "seed": 7,
        "git_commit": None,
    }
    assert record.result == {"loss": 1 / 3}
    assert list(record.metrics["loss"].steps) == [0, 1, 2]
    assert list(record.metrics["loss"].values) == [1.0, 0.5, 1 / 3]
    assert "step 0\nstep 1\nstep 2\n" in record.output
    assert (record.layout.artifacts / "made.txt").read_text() == "made"
    assert json.loads(record.layout.resources.read_bytes())[0]["size"] == 4
    info = json.loads(record.layout.info.read_bytes())
    assert info["classes"] == ["cat", "dog"]
    assert info["sacred"]["command"] == "train"
    assert (record.layout.sources / "walk.py").read_text() == SCRIPT
    assert record.run.presets == ("big",)
    assert "sacred==0.8" in record.layout.requirements.read_text()
    assert json.loads(record.layout.annotations.read_bytes())["note"] == "just looking"


def test_runs_are_found_and_compared(walk, project):
    walk()
    walk("evaluate", "with", "lr=3.0")
    found = runs(project.folder / "results")
    assert [run.run.command for run in found.sort("number")] == [None, "evaluate"]
    assert [run.number for run in found.where("config.lr = 3.0")] == [2]
    assert found.where("summary.loss.min < 0.4")[0].number == 1


def test_what_is_no_number_is_told_once(walk, message):
    done = walk()
    warnings = [text for text in done.stderr.splitlines() if "forge" in text]
    message("sacred-no-number", "\n".join(warnings))


def test_a_failed_run_has_its_traceback(walk, project):
    walk("with", "how=raise", expect=1)
    record = project.record("walk/1")
    assert record.status is Status.FAILED
    assert (record.error.type, record.error.message) == ("ValueError", "loss is nan")
    assert 'raise ValueError("loss is nan")' in record.layout.error.read_text()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, Status.INTERRUPTED), (signal.SIGKILL, Status.DEAD)],
)
def test_a_run_that_was_stopped_is_told_apart_from_one_that_lives(
    walk, project, number, status
):
    with project.start("with", "how=wait", script="walk.py") as process:
        output = project.folder / "results/walk/1/output.txt"
        assert wait_for(lambda: output.exists() and b"waiting" in output.read_bytes())
        assert project.record("walk/1").status is Status.RUNNING
        os.kill(process.pid, number)
        process.communicate(timeout=60)
    record = project.record("walk/1")
    assert record.status is status
    # What the heartbeats had brought is there.
    assert list(record.metrics["loss"].steps) == [0, 1, 2]


def test_observers_of_sacred_go_on_beside_it(walk, project):
    walk("both")
    assert (project.folder / "theirs/1/run.json").exists()
    info = json.loads(project.record("walk/1").layout.info.read_bytes())
    assert info["sacred"]["id"] == "1"


def test_a_run_that_cannot_be_recorded_does_not_begin(walk, project):
    (project.folder / "results").write_text("in the way")
    done = walk(expect=1)
    assert "no run folder can be made in results/walk" in done.stderr
    assert "step 0" not in done.stdout


def test_it_cannot_be_rebuilt_and_says_why(walk, project, message):
    walk()
    experiment = Experiment.load(project.folder / "results/walk/1", trust=True)
    with pytest.raises(ForgeError) as found:
        experiment.run()
    message("not-rebuildable-sacred", str(found.value))
