"""Tasks that a scheduler starts again go on with their run."""

import json
import os
import signal

import pytest
from projects import TRAIN


@pytest.fixture(name="task")
def _task(project):
    """Start the script as a task of Slurm with a folder of its own."""
    project.write()

    def task(*words, restarts=None, number=77, expect=0, name="train"):
        env = {"FORGE_RUN_DIR": f"results/{name}/{number}"}
        if restarts is not None:
            env["SLURM_RESTART_COUNT"] = str(restarts)
        return project("with", "seed=5", *words, expect=expect, **env)

    return task


def notes(done):
    lines = done.stderr.splitlines()
    return "\n".join(line for line in lines if line.startswith("note: "))


def test_the_run_of_a_task_has_the_folder_it_was_given(project, task):
    task()
    assert project.runs() == ["77"]
    record = project.record("train/77")
    assert (record.number, record.status) == (77, "COMPLETED")
    # Later runs count on from there.
    project("with", "tiny")
    assert project.runs() == ["77", "78"]


def test_a_task_that_was_killed_goes_on_in_its_run(project, task, message):
    die = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    project.write(TRAIN.replace('raise ValueError(f"stopped at {step}")', die))
    task("stop_at=3", restarts=0, expect=-9)
    assert project.record("train/77").status == "DEAD"
    done = task("stop_at=0", restarts=1)
    message("note-requeued", notes(done))
    record = project.record("train/77")
    assert record.status == "COMPLETED"
    assert [(s.resumed, s.level) for s in record.run.sessions] == [
        (None, None),
        (2, "exact"),
    ]
    assert record.metrics["loss"].steps == (1, 2, 3, 4)
    assert project.runs() == ["77"]


def test_a_task_goes_on_with_the_code_it_began_with(project, task):
    task("stop_at=3", expect=1)
    project.write(TRAIN.replace('model["w"][0] += 1', 'model["w"][0] += 100'))
    task("stop_at=0", restarts=1)
    record = project.record("train/77")
    assert [s.sources for s in record.run.sessions] == ["sources", "sources"]
    project.write()
    project("with", "seed=5")
    assert record.result == project.record("train/78").result


def test_a_task_killed_before_its_run_began_begins(project, task):
    (project.folder / "results/train/77").mkdir(parents=True)
    task(restarts=2)
    assert project.record("train/77").status == "COMPLETED"


def test_a_folder_that_is_taken_is_refused(project, task, message):
    task()
    done = task(expect=2)
    text = done.stderr.replace(str(project.folder), "PROJECT")
    message("run-dir-taken", text)
    assert len(project.record("train/77").run.sessions) == 1


def test_a_folder_of_another_experiment_is_not_used(project, task, message):
    done = task("tiny", name="tarin")
    message("note-run-dir", notes(done))
    assert project.runs() == ["1"]
    assert project.runs("tarin") == []


def test_commands_and_what_is_not_recorded_have_no_such_folder(project, task):
    env = {"FORGE_RUN_DIR": "results/train/77"}
    project("evaluate", **env)
    project("--no-record", **env)
    project("--dry-run", **env)
    assert project.runs() == ["1"]


def test_another_machine_left_it_running(project, task):
    """Its heartbeat is fresh, but the task cannot be in two places."""
    task("stop_at=3", expect=1)
    layout = project.record("train/77").layout
    facts = json.loads(layout.run.read_text())
    facts |= {"status": "RUNNING", "boot": "another"}
    facts["host"]["name"] = facts["sessions"][-1]["host"] = "node-of-before"
    layout.run.write_text(json.dumps(facts))
    os.utime(layout.lock)
    assert project.record("train/77").status == "RUNNING"
    env = {"FORGE_RUN_DIR": "results/train/77", "SLURM_RESTART_COUNT": "1"}
    project("--resume", "train/77", expect=2)
    project("with", "stop_at=0", **env)
    assert project.record("train/77").status == "COMPLETED"
