"""Slots filled with components of recorded runs: `teacher=run:train/1@2`."""

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}

DISTILL = """
import forge

@forge.dataset
def toy():
    return {"n_in": 1}

@forge.model
def mlp(n_in):
    return {"w": [0], "name": "own"}

@forge.experiment
def distill(dataset, teacher: forge.Model = mlp, student: forge.Model = mlp):
    return {"teacher": teacher["name"], "w": teacher["w"][0]}

if __name__ == "__main__":
    distill.main()
"""


@pytest.fixture(name="first")
def _first(project):
    return project.load(TRAIN).train.run({"seed": 5}, **QUIET).result["first"]


@pytest.fixture(name="distill")
def _distill(project, first):
    return project.load(DISTILL, "distill.py").distill


def test_a_run_fills_a_slot(project, distill, first):
    run = distill.run({"teacher": "run:train/1"}, **QUIET)
    assert run.result == {"teacher": "mlp", "w": first}
    record = project.record("distill/1")
    assert record.config["teacher"] == "run:train/1"
    lineage = record.run.lineage["teacher"]
    assert lineage.run == str(project.folder / "results/train/1")
    assert lineage.step == 4


def test_a_step_of_a_run(distill, first):
    run = distill.run({"teacher": "run:train/1@2"}, record=False)
    assert run.result["w"] == first - 2


def test_its_parameters_are_fixed(distill):
    with pytest.raises(forge.ForgeError):
        distill.configure({"teacher": "run:train/1", "teacher.n_hidden": 3})


def test_a_run_that_there_is_not(distill, message):
    with pytest.raises(forge.ForgeError) as found:
        distill.configure({"teacher": "run:train/9"})
    message("no-run-slot", str(found.value))


def test_a_run_with_several_components_of_the_kind(project, distill, message):
    distill.run(**QUIET)
    with pytest.raises(forge.ForgeError) as found:
        distill.configure({"teacher": "run:distill/1"})
    message("run-choice", str(found.value))
    run = distill.run({"teacher": "run:distill/1#student"}, record=False)
    assert run.result["teacher"] == "own"


def test_such_a_run_is_loaded_again(project, distill, first):
    distill.run({"teacher": "run:train/1"}, **QUIET)
    exp = forge.Experiment.load("distill/1", step=None)
    try:
        assert exp.teacher["w"][0] == first
        assert exp.student["name"] == "own"
    finally:
        exp.close()
