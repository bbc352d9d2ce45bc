"""Experiments built on recorded runs: parameters that take a whole run."""

import pickle
import shutil

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}

FINETUNE = """
import forge

@forge.experiment
def finetune(base: forge.Experiment, before: forge.Record | None = None, steps=3,
             stop_at=0, *, _run: forge.Run):
    model = base.model
    _run.restore(model=model)
    for step, x in _run.track(base.dataset["xs"], stop=steps):
        model["w"][0] += 100
        if step == stop_at:
            raise ValueError("stopped")
        _run.checkpoint()
    seen = before.result["first"] if before else None
    return {"w": model["w"][0], "seen": seen, "base": str(base)}

@finetune.command
def compare(base, before):
    return [base.record.number, before.number]

if __name__ == "__main__":
    finetune.main()
"""


@pytest.fixture(name="first")
def _first(project):
    return project.load(TRAIN).train.run({"seed": 5}, **QUIET).result["first"]


@pytest.fixture(name="finetune")
def _finetune(project, first):
    return project.load(FINETUNE, "finetune.py").finetune


def test_a_parameter_takes_a_run(project, finetune, first):
    run = finetune.run({"base": "train/1@2"}, **QUIET)
    assert run.result == {
        "w": first - 2 + 300,
        "seen": None,
        "base": "<forge.Experiment train/1, step 2>",
    }
    record = project.record("finetune/1")
    assert record.config["base"] == "train/1@2"
    assert record.config["before"] is None
    (origin,) = record.run.lineage.items()
    assert origin[0] == "base"
    assert origin[1].run == str(project.folder / "results/train/1")
    assert (origin[1].kind, origin[1].step) == ("component", 2)


def test_a_record_is_read_and_runs_no_code(project, finetune, first):
    (project.folder / "results/train/1/sources/train.py").write_text("changed")
    config = finetune.configure({"base": "train/1", "before": "train/1"})
    assert config["before"] == "train/1"
    built = forge.build(reading, r="train/1")
    assert built.result["first"] == first


@forge.model
def reading(r: forge.Record):
    return r


def test_a_path_will_do(project, finetune):
    folder = project.folder / "results" / "train" / "1"
    run = finetune.run({"base": folder, "steps": 1}, record=False)
    assert run.result["base"] == "<forge.Experiment train/1, step 4>"


def test_a_run_must_be_named(finetune, message):
    with pytest.raises(forge.ForgeError) as found:
        finetune.configure()
    message("slot-empty-run", str(found.value))


def test_a_run_that_there_is_not(project, finetune, message):
    with pytest.raises(forge.ForgeError) as found:
        finetune.run({"base": "train/9"}, **QUIET)
    message("no-run-parameter", str(found.value))
    assert project.runs("finetune") == []
    with pytest.raises(forge.ForgeError, match="step 7 was not saved"):
        finetune.configure({"base": "train/1@7"})


def test_a_number_is_no_run(finetune, message):
    with pytest.raises(forge.ForgeError) as found:
        finetune.configure({"base": 7})
    message("not-a-run", str(found.value))


def test_from_the_command_line(project, finetune, first):
    done = project(
        "with", "base=train/1", "before=train/1", "steps=1", script="finetune.py"
    )
    assert "COMPLETED" in done.stderr
    record = project.record("finetune/1")
    assert record.result["seen"] == first
    assert sorted(record.run.lineage) == ["base", "before"]
    done = project("print_config", "with", "base=train/1", script="finetune.py")
    assert "* base    = train/1 " in done.stdout
    project("compare", "--from", "finetune/1", script="finetune.py")
    assert project.record("finetune/2").result == [1, 1]


def test_such_a_run_is_loaded_and_resumed_from_what_it_was_made_of(
    project, finetune, first
):
    """Another run is the newest by now, and another step the last."""
    with pytest.raises(ValueError, match="stopped"):
        finetune.run({"base": "train", "stop_at": 2, "seed": 1}, **QUIET)
    project.load(TRAIN).train.run({"seed": 6}, **QUIET)
    project("--resume", "train/1", "with", "steps=6")
    exp = forge.Experiment.load("finetune/1")
    try:
        assert exp.base.record.number == 1
        assert exp.base.step == 4
        assert exp.base.model["w"][0] == first
    finally:
        exp.close()
    project("--resume", "with", "stop_at=0", script="finetune.py")
    record = project.record("finetune/1")
    assert record.result["w"] == first + 300
    assert record.result["base"] == "<forge.Experiment train/1, step 4>"


def test_each_session_has_the_runs_that_it_was_given(project, finetune, first):
    """What a resume takes anew is what the next one goes on with."""
    second = project.load(TRAIN).train.run({"seed": 6}, **QUIET).result["first"]
    finetune.run({"base": "train/1", "seed": 1, "steps": 1}, **QUIET)
    more = {"base": "train/2", "steps": 2}
    finetune.run(more, resume=True, **QUIET)
    project.load(TRAIN).train.run({"seed": 7}, **QUIET)
    done = finetune.run({"steps": 3}, resume=True, **QUIET)
    assert done.result["base"].startswith("<forge.Experiment train/2,")
    record = project.record("finetune/1")
    names = [s.lineage and s.lineage["base"].run for s in record.run.sessions]
    assert names == [None, str(project.folder / "results/train/2"), None]
    for step, number, w in ((1, 1, first), (2, 2, second), (3, 2, second)):
        exp = forge.Experiment.load("finetune/1", step=step)
        try:
            assert exp.base.record.number == number
            assert exp.base.model["w"][0] == w
        finally:
            exp.close()
    project("--from", "finetune/1@1", "with", "steps=2", script="finetune.py")
    result = project.record("finetune/2").result
    assert result["base"].startswith("<forge.Experiment train/1,")


def test_results_that_were_moved_are_found_by_their_names(project, finetune):
    finetune.run({"base": "train/1", "steps": 1}, **QUIET)
    shutil.move(project.folder / "results", project.folder / "archive")
    exp = forge.Experiment.load(project.folder / "archive/finetune/1", trust=True)
    try:
        assert exp.base.record.dir == project.folder / "archive/train/1"
    finally:
        exp.close()


def test_a_plain_call_takes_what_was_loaded(project, finetune, first):
    with forge_loaded("train/1") as base:
        assert finetune(base, steps=1)["w"] == first + 100


def forge_loaded(reference):
    from contextlib import closing

    return closing(forge.Experiment.load(reference))


def test_a_teacher_from_a_run_is_resumed_with_the_same_weights(project, first):
    project.write(
        """
        import forge

        @forge.model
        def mlp():
            return {"w": [0]}

        @forge.experiment
        def distill(teacher: forge.Model = mlp, steps=2, *, _run: forge.Run):
            student = {"w": [0]}
            _run.restore(student=student)
            for step, _ in _run.track([0], stop=steps):
                student["w"][0] += teacher["w"][0]
            return student["w"][0]

        distill.main()
        """,
        "distill.py",
    )
    project("with", "teacher=run:train/1", script="distill.py")
    project("--resume", "with", "steps=3", script="distill.py")
    record = project.record("distill/1")
    assert record.result == 3 * first
    assert record.run.sessions[1].changes.keys() == {"steps"}


def test_an_ensemble_takes_a_list_of_runs(project, first):
    train = project.load(TRAIN).train
    train.run({"seed": 6}, **QUIET)
    text = """
        import forge

        @forge.experiment
        def vote(members: list[forge.Experiment]):
            return [m.record.number for m in members]
        """
    vote = project.load(text, "vote.py").vote
    run = vote.run(words=["members=train/2,train/1@2"], **QUIET)
    assert run.result == [2, 1]
    assert [*project.record("vote/1").run.lineage] == ["members.0", "members.1"]


def test_what_was_given_pickles_to_a_worker(project, finetune, first):
    with forge_loaded("train/1") as base:
        other = pickle.loads(pickle.dumps(base))
        assert other.model["w"][0] == first
        other.close()
