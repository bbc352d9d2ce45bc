"""Recorded runs loaded: components rebuilt on first use."""

import copy
import os
import pickle
import sys

import numpy as np
import pytest
from projects import TRAIN

import forge


def test_load_reads_the_record_and_runs_no_code(project, train, load):
    train({"lr": 0.25})
    (project.folder / "train.py").unlink()
    before = {*sys.modules}
    exp = load()
    assert exp.record.status == "COMPLETED"
    assert exp.components == {"dataset": "toy", "model": "mlp"}
    assert exp.name == "train"
    assert exp.step == 4
    assert repr(exp) == "<forge.Experiment train/1, step 4>"
    assert isinstance(exp, forge.Experiment)
    assert not [n for n in {*sys.modules} - before if n.startswith("forge._runs.")]
    assert exp.config["lr"] == 0.25
    assert [n for n in {*sys.modules} - before if n.startswith("forge._runs.")]


def test_components_come_back_with_their_weights(project, train, load):
    run = train()
    (project.folder / "train.py").unlink()
    exp = load("results/train/1")
    assert exp.model["w"][0] == run.result["first"]
    assert exp.model is exp["model"]
    assert exp.dataset["xs"] == [0, 1, 2]
    assert exp.config.model == "mlp"
    assert exp.config["model.n_hidden"] == 4


def test_a_slot_that_there_is_not(project, train, load, message):
    train()
    exp = load()
    with pytest.raises(forge.ForgeError) as found:
        _ = exp["teacher"]
    message("no-slot", str(found.value))
    with pytest.raises(AttributeError, match="train/1 has no component 'teacher'"):
        _ = exp.teacher
    assert not hasattr(exp, "__array__")


def test_a_loaded_experiment_is_not_called(project, train, load, message):
    train()
    with pytest.raises(forge.ForgeError) as found:
        load()()
    message("plain-call-loaded", str(found.value))


def test_a_loaded_run_outlives_a_change_of_directory(project, train, load, monkeypatch):
    run = train()
    exp, again = load(), load("results/train/1")
    monkeypatch.chdir("/")
    for one in (exp, again):
        assert one.model["w"][0] == run.result["first"]
        assert one.record.metrics["loss"].last == 0.25


def test_close_forgets_the_modules_and_keeps_the_objects(project, train, load):
    train()
    exp = load()
    model = exp.model
    names = [
        n for n in sys.modules if n.startswith("forge._runs.") and n.endswith(".train")
    ]
    exp.close()
    exp.close()
    assert not [n for n in names if n in sys.modules]
    assert model["name"] == "mlp"


def test_loading_leaves_the_random_state_of_the_caller_alone(project, load):
    text = TRAIN.replace("import forge", "import forge, random, numpy").replace(
        '"name": "mlp"', '"name": "mlp", "r": [random.random(), numpy.random.rand()]'
    )
    project.load(text).train.run({"seed": 5}, quiet=True, capture="no")
    np.random.seed(3)  # noqa: NPY002 - what is set back
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    model = load(step=None).model
    assert np.random.rand() == expected  # noqa: NPY002
    # And what is built repeats itself.
    assert load(step=None).model["r"] == model["r"]


def test_loaded_experiments_are_pickled_and_copied_by_reference(project, train, load):
    run = train()
    exp = load()
    other = pickle.loads(pickle.dumps(exp))
    assert other.model["w"][0] == run.result["first"]
    other.close()
    assert copy.deepcopy(exp) is exp


def test_configure_presets_and_commands_of_a_loaded_experiment(project, train, load):
    train()
    exp = load()
    assert [*exp.presets] == ["tiny"]
    assert [*exp.commands] == ["evaluate"]
    assert exp.options["keep_last"] == 3
    assert exp.observers == []


def test_a_folder_that_is_no_run(project, train, message):
    train()
    with pytest.raises(forge.ForgeError) as found:
        forge.Experiment.load("train/9")
    message("no-run-load", str(found.value))


def test_a_read_only_run_folder(project, train, load):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    run = train()
    folder = project.folder / "results/train/1"
    folder.chmod(0o500)
    try:
        assert load().model["w"][0] == run.result["first"]
    finally:
        folder.chmod(0o700)
