"""Tests of whose code runs when a script goes on from a recorded run."""

import pytest


@pytest.fixture(name="made")
def _made(project):
    """A project with one run."""
    project.write()
    project("--quiet")
    return project


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "--from", "train/1"],
        ["--from", "train/1"],
        ["--resume", "train/1", "--code", "stored"],
        ["with", "model=run:train/1"],
    ],
)
def test_a_script_asks_who_made_the_run_before_it_writes_anything(
    made, words, message
) -> None:
    key = str(made.folder / "another-key")
    done = made(*words, expect=2, FORGE_KEY_FILE=key)
    folder = str(made.folder.resolve())
    message("untrusted-script", done.stderr.replace(folder, "/project").rstrip())
    assert made.runs() == ["1"]
    assert len(made.record().run.sessions) == 1
    made(*words)
    made(*words, FORGE_KEY_FILE=key, FORGE_TRUST="results")


def test_todays_code_goes_on_with_any_run(made) -> None:
    key = str(made.folder / "another-key")
    made("--resume", "train/1", "--code", "current", FORGE_KEY_FILE=key)
    made("--from", "train/1", "--code", "current", FORGE_KEY_FILE=key)
    assert made.runs() == ["1", "2"]


def test_a_run_that_goes_on_with_new_code_stays_ones_own(made) -> None:
    train = made.folder / "train.py"
    made.write(train.read_text().replace("toy(n=3", "toy(n=4"))
    made("--resume", "train/1", "--code", "current", "with", "steps=8")
    assert (made.record().layout.later_sources(2) / "train.py").exists()
    made("evaluate", "--from", "train/1")
