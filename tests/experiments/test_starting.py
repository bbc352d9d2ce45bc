"""Starts from recorded runs: `--from`."""

import json

import pytest
from projects import TRAIN


@pytest.fixture(autouse=True)
def _script(project):
    project.write()


def test_a_command_uses_the_components_of_a_run(project):
    project("with", "seed=5", "n=4", "model=cnn")
    project("evaluate", "--from", "train/1")
    first, second = project.record("train/1"), project.record("train/2")
    assert second.result == {"split": "test", "n": 4, "first": first.result["first"]}
    assert second.config["model"] == "cnn"
    assert second.config["seed"] == 5
    assert second.run.parent.kind == "loaded"
    assert second.run.parent.run == str(project.folder / "results/train/1")
    assert second.run.parent.step == 4
    assert second.run.command == "evaluate"


def test_from_a_step(project):
    project()
    project("evaluate", "--from", "results/train/1@2")
    last = project.record("train/1").result["first"]
    assert project.record("train/2").result["first"] == last - 2
    assert project.record("train/2").run.parent.step == 2


def test_a_bare_number_is_a_run_of_the_experiment(project):
    project()
    project("evaluate", "--from", "1@2")
    assert project.record("train/2").run.parent.step == 2
    project("--resume", "1", "with", "steps=6")
    assert project.record("train/1").metrics["loss"].last == 1 / 6


def test_from_uses_the_code_of_the_run(project):
    project()
    project.write(TRAIN.replace('"xs": [offset', '"xs": [100 + offset'))
    project.write(
        (project.folder / "train.py")
        .read_text()
        .replace('len(dataset["xs"])', 'dataset["xs"][0]')
    )
    project("evaluate", "--from", "train/1")
    assert project.record("train/2").result["n"] == 0
    project("evaluate", "--from", "train/1", "--code", "current")
    assert project.record("train/3").result["n"] == 100


def test_no_note_calls_the_parameters_of_a_command_new(project):
    project("with", "tiny")
    assert "note" not in project("evaluate", "--from", "train/1").stderr


def test_given_values_win_and_reach_the_components(project):
    project()
    project("evaluate", "--from", "train/1", "with", "offset=7", "split=val", "n=3")
    record = project.record("train/2")
    assert record.result["split"] == "val"
    assert record.config["dataset.offset"] == 7
    text = TRAIN.replace('len(dataset["xs"])', 'dataset["xs"][0]')
    project.write(text)
    project("evaluate", "--from", "train/1", "with", "offset=7")
    assert project.record("train/3").result["n"] == 7


def test_the_body_may_start_from_a_run_too(project):
    project()
    project("--from", "train/1", "with", "steps=2")
    first = project.record("train/1").result["first"]
    assert project.record("train/2").result["first"] == first + 2
    assert project.record("train/2").metrics["loss"].steps == (1, 2)


def test_from_an_unknown_run(project, message):
    done = project("evaluate", "--from", "train/9", expect=2)
    message("no-run-from", done.stderr.replace(str(project.folder), "PROJECT"))
    assert project.runs() == []


def test_from_a_run_of_another_experiment(project, message):
    project("with", "tiny")
    project.write(
        TRAIN.replace("def train(", "def other(").replace("train.", "other."),
        "other.py",
    )
    done = project("evaluate", "--from", "train/1", script="other.py", expect=2)
    message("not-from-here", done.stderr)
    assert project.runs("other") == []


def test_from_a_run_without_checkpoints(project, message):
    text = TRAIN.replace(
        "@forge.experiment", "@forge.experiment(final_checkpoint=False)"
    )
    project.write(text)
    project("with", "steps=1")
    done = project("evaluate", "--from", "train/1", expect=2)
    text = done.stderr[done.stderr.index("forge: error") :]
    message("no-checkpoint-from", text.replace(str(project.folder), "PROJECT"))


def test_from_a_run_whose_sources_were_altered(project, message):
    project("with", "tiny")
    file = project.folder / "results/train/1/sources/train.py"
    file.write_text(file.read_text() + "# planted\n")
    done = project("evaluate", "--from", "train/1", expect=2)
    message("source-altered-from", done.stderr.replace(str(project.folder), "PROJECT"))
    assert project.runs() == ["1"]


@pytest.mark.parametrize("option", ["--resume", "--from"])
def test_a_config_is_shown_upon_that_of_a_run(project, message, option):
    project("with", "seed=1", "lr=0.25", "steps=2")
    project("with", "seed=2")
    shown = project("print_config", option, "train/1", "with", "steps=3").stdout
    message(f"print-config{option}", shown)
    assert project("print_config", option, "1@2").stdout == (
        project("print_config", option, "results/train/1").stdout
    )
    project("save_config", "run.json", option, "train/1")
    flags = json.loads((project.folder / "run.json").read_text())
    assert {**flags, "git_commit": None} == {**project.record("train/1").config}
    wrong = project("print_config", option, "train/7", "--code", "x", expect=2).stderr
    assert "there is no run 'train/7'" in wrong
    assert "--code x: expected one of" in wrong
    wrong = project("print_config", option, "train/1@7", expect=2).stderr
    assert "step 7 was not saved" in wrong
    assert "Did you mean lr?" in (
        project("print_config", option, "1", "with", "lrr=1", expect=2).stderr
    )


def test_the_config_of_the_newest_run_is_shown(project):
    project("with", "seed=1", "steps=2")
    project("with", "seed=2", "steps=2")
    project("evaluate")
    shown = json.loads(project("print_config", "--resume", "--json").stdout)
    assert shown["seed"] == 2
    message = project("print_config", "--resume", "train/3", expect=2).stderr
    assert "is a run of 'evaluate'" in message
