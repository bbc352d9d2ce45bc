"""Runs that need no resuming, or are not to be resumed like that."""

import pytest
from projects import TRAIN

import forge


def test_a_run_that_was_complete_is_said_to_be(project, message):
    project.write()
    project("with", "steps=2")
    done = project("--resume")
    message("resumed-complete", done.stderr.splitlines()[0])
    assert project.record().run.notes[-1] in done.stderr
    assert "was COMPLETED" not in project("--resume", "with", "steps=3").stderr


def test_a_run_of_another_script_is_refused(project, message):
    project.write()
    project("with", "steps=2")
    other = project.folder / "other.py"
    other.write_text((project.folder / "train.py").read_text())
    done = project("--resume", "with", "steps=3", script="other.py", expect=2)
    message("not-resumable-script", done.stderr)
    # One that was renamed goes on, where it is said with which code.
    (project.folder / "train.py").unlink()
    words = ("--resume", "--code", "current", "with", "steps=3")
    assert "goes on after step 2" in project(*words, script="other.py").stderr


def test_a_command_does_not_take_over_a_run(project, message):
    project.write()
    project("with", "tiny")
    before = project.record("train/1").result
    done = project("evaluate", "--resume", expect=2)
    message("not-resumable-by-command", done.stderr)
    assert project("evaluate", "--resume", "1", expect=2).stderr == done.stderr
    stored = ("evaluate", "--resume", "train/1", "--code", "stored")
    assert project(*stored, expect=2).stderr == done.stderr
    train = project.load().train
    with pytest.raises(forge.ForgeError) as error:
        train.run(command="evaluate", resume="train/1", quiet=True)
    assert f"forge: error: {error.value}\n" == done.stderr
    assert project.runs() == ["1"]
    record = project.record("train/1")
    assert (record.result, len(record.run.sessions)) == (before, 1)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("2", "not-resumable-step"),
        ("best:loss", "not-resumable-best"),
        ("77", "no-checkpoint-resume"),
        ("newest", "no-checkpoint-resume-word"),
    ],
)
def test_a_run_goes_on_from_no_other_checkpoint_than_its_newest(
    project, message, step, name
):
    text = TRAIN.replace("_run.checkpoint()", '_run.checkpoint(metrics={"loss": step})')
    project.write(text)
    project("with", "seed=1")
    done = project("--resume", f"train/1@{step}", "with", "steps=6", expect=2)
    message(name, done.stderr)
    words = ("--resume", f"1@{step}", "--code", "stored", "with", "steps=6")
    assert project(*words, expect=2).stderr.splitlines()[0] in done.stderr
    assert len(project.record("train/1").run.sessions) == 1


@pytest.mark.parametrize("step", ["4", "latest", "best:loss"])
def test_the_newest_checkpoint_may_be_named(project, step):
    text = TRAIN.replace(
        "_run.checkpoint()", '_run.checkpoint(metrics={"loss": -step})'
    )
    project.write(text)
    project("with", "seed=1")
    done = project("--resume", f"train/1@{step}", "with", "steps=6")
    assert "goes on after step 4" in done.stderr


def test_a_run_loaded_at_an_older_step_does_not_go_on(project):
    project.write()
    project("with", "seed=1")
    exp = forge.Experiment.load("train/1@2")
    for older in (exp, forge.Experiment.load("train/1").restore(step=2)):
        with pytest.raises(
            forge.ForgeError, match="newest checkpoint, which is step 4"
        ):
            older.resume({"steps": 6}, quiet=True, capture="no")
        older.close()
    newest = forge.Experiment.load("train/1", step=4)
    newest.resume({"steps": 6}, quiet=True, capture="no")
    newest.close()
    assert project.record("train/1").metrics["loss"].steps == (1, 2, 3, 4, 5, 6)


def test_a_label_given_to_a_run_that_goes_on(project):
    project.write()
    project("--label", "first", "with", "steps=2")
    project("--resume", "with", "steps=3")
    assert project.record("train/1").run.label == "first"
    project("--resume", "--label", "second", "with", "steps=4")
    assert project.record("train/1").run.label == "second"
