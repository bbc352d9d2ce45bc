"""A recorded run's own script called again: `forge run`, when the script is gone."""

import pytest
from projects import TRAIN

import forge


@pytest.fixture(name="again")
def _again(project):
    """Call `forge run` in the folder of a run whose script is gone."""
    project.write(TRAIN.replace("import forge\n", "import forge, part\n", 1))
    project.write("NAME = 'mlp'\n", "part.py")
    project("with", "seed=5", "lr=0.25")
    (project.folder / "train.py").unlink()
    (project.folder / "part.py").unlink()

    def call(*words, run="train/1", **options):
        return project("run", run, *words, module="forge", **options)

    return call


def test_a_command_runs_on_what_the_run_has_trained(project, again):
    again("evaluate", "with", "split=train")
    record = project.record("train/2")
    first = project.record().result["first"]
    assert record.result == {"split": "train", "n": 3, "first": first}
    assert record.run.command == "evaluate"
    assert record.run.argv == ("forge run train/1", "evaluate", "with", "split=train")
    assert record.run.parent.kind == "loaded"
    assert record.run.parent.run == str(project.folder / "results/train/1")
    assert record.run.parent.step == 4


def test_a_new_run_has_the_values_and_the_sources_of_the_old_one(project, again):
    again("--label", "more", "with", "steps=2")
    record = project.record("train/2")
    assert (record.config["lr"], record.config["seed"]) == (0.25, 5)
    assert record.config["steps"] == 2
    assert record.run.label == "more"
    assert sorted(p.name for p in (record.dir / "sources").iterdir()) == [
        "MANIFEST.json",
        "part.py",
        "train.py",
    ]
    # What came from it can be run once more.
    again("evaluate", run="train/2")
    assert project.record("train/3").result["first"] == record.result["first"]


def test_a_step_may_be_named(project, again):
    again("evaluate", run="train/1@2")
    first = project.record().result["first"]
    assert project.record("train/2").result["first"] == first - 2
    done = again("evaluate", run="train/1@3", expect=2)
    assert "step 3 was not saved" in done.stderr


def test_the_run_goes_on(project, again):
    done = again("--resume", "with", "steps=6")
    assert done.stderr.startswith("note: steps was 4 in train/1, and is 6 from now on")
    record = project.record()
    assert record.metrics["loss"].steps == (1, 2, 3, 4, 5, 6)
    assert [s.level for s in record.run.sessions] == [None, "exact"]
    assert project.runs() == ["1"]


def test_its_values_can_be_looked_at(project, again, message):
    message("again-print-config", again("print_config", "with", "lr=1").stdout)
    assert "usage: forge run train/1 [COMMAND]" in again("help").stdout
    assert project.runs() == ["1"]


def test_mistakes_are_told_as_those_of_a_script(again, message):
    text = "".join(
        again(*words, expect=2).stderr
        for words in (("evalute",), ("with", "lrr=1"), ("--lr", "2"))
    )
    message("again-mistakes", text)


@pytest.mark.parametrize(
    "words", [["--from", "train/2"], ["--code", "current"], ["--resume", "train/2"]]
)
def test_another_run_or_other_code_is_refused(project, again, message, words):
    done = again(*words, expect=2)
    message(f"again-settled-{words[0].strip('-')}", done.stderr)
    assert project.runs() == ["1"]


def test_a_command_is_not_resumed(project, again, message):
    message("again-command-resume", again("evaluate", "--resume", expect=2).stderr)
    assert len(project.record("train/1").run.sessions) == 1
    done = again("--resume", "with", "steps=6", run="train/1@2", expect=2)
    assert "newest checkpoint, which is step 4" in done.stderr
    assert project.runs() == ["1"]


def test_code_of_somebody_else_does_not_run(project, again):
    project.record().layout.trust.unlink()
    done = again("evaluate", expect=2)
    assert "nobody signed it" in done.stderr
    assert project.runs() == ["1"]
    again("evaluate", FORGE_TRUST=str(project.folder / "results"))


def test_libraries_find_the_stored_modules_by_name(project):
    text = TRAIN.replace(
        'return {"split": split,',
        'import sys\n    plain = sys.modules["train"].__name__\n'
        '    return {"plain": plain, "split": split,',
    )
    project.write(text)
    project("with", "tiny")
    (project.folder / "train.py").unlink()
    words = ["results/train/1", "x", "evaluate"]
    project(*words, module="forge.experiments.again")
    assert project.record("train/2").result["plain"].startswith("forge._runs.")


def test_a_stored_value_stands_above_the_config_file(project):
    project.write('{"lr": 0.125, "steps": 2}', "default.json")
    text = TRAIN.replace(
        "@forge.experiment", '@forge.experiment(config="default.json")'
    )
    train = project.load(text).train
    train.run({"lr": 0.25}, quiet=True, capture="no")
    exp = forge.Experiment.load("train/1")
    try:
        run = exp.run(quiet=True, capture="no")
        assert (run.config["lr"], run.config["steps"]) == (0.25, 2)
    finally:
        exp.close()
    run = train.run({"steps": 4}, resume="train/1", quiet=True, capture="no")
    assert (run.config["lr"], run.config["steps"]) == (0.25, 4)
