"""The checkpoint of a run, restored into its rebuilt components."""

import pytest
from projects import TRAIN

import forge


def test_another_step_and_fresh_weights(project, train, load):
    first = train().result["first"]
    assert load(step=2).model["w"][0] == first - 2
    assert load("train/1@2").model["w"][0] == first - 2
    assert load(step=None).model["w"][0] == first - 4
    exp = load()
    assert exp.restore(step=2).model["w"][0] == first - 2
    assert exp.model["w"][0] == first


def test_best_of_a_metric(project, load):
    text = TRAIN.replace(
        "_run.checkpoint()", "_run.checkpoint(metrics={'loss': abs(step - 2)})"
    )
    train = project.load(text).train
    train.run({"steps": 6}, quiet=True, capture="no")
    assert load("train/1@best:loss").step == 2
    assert load(step="best:loss").step == 2


def test_a_checkpoint_that_there_is_not(project, train, message):
    train()
    with pytest.raises(forge.ForgeError) as found:
        forge.Experiment.load("train/1", step=3)
    message("no-checkpoint-load", str(found.value))


def test_a_damaged_checkpoint_is_passed_over(project, train, load, caplog):
    """Damage is found while the components are built; the record needs no weights."""
    first = train().result["first"]
    record = project.record()
    for step in reversed(record.checkpoints):
        assert load().step == step
        assert load().model["w"][0] == first - 4 + step
        (record.layout.checkpoint(step) / "model" / "tree.json").write_bytes(b"{}")
    exp = load()
    assert exp.record.status == "COMPLETED"
    with pytest.raises(forge.ForgeError, match="checkpoint 4 is damaged") as found:
        _ = exp.model
    assert found.value.code == "checkpoint-damaged"
    assert "checkpoint 4 is damaged and skipped: model/tree.json" in caplog.text


def test_sizes_alone_are_compared_on_request(project, train, load):
    train()
    file = project.record().layout.checkpoint(4) / "model" / "tree.json"
    file.write_bytes(file.read_bytes().replace(b"m", b"M"))
    assert load(verify="size").step == 4
    assert load().step == 2


def test_a_run_without_checkpoints(project, load, message):
    train = project.load(
        TRAIN.replace("@forge.experiment", "@forge.experiment(final_checkpoint=False)")
    ).train
    train.run({"steps": 1}, quiet=True, capture="no")
    exp = load()
    assert exp.dataset["n_in"] == 3
    assert repr(exp) == "<forge.Experiment train/1, no checkpoint>"
    with pytest.raises(forge.ForgeError) as found:
        _ = exp.model
    message("no-checkpoint-run", str(found.value))
    assert load(step=None).model["name"] == "mlp"


def test_a_component_that_was_not_saved(project, load, message):
    text = TRAIN.replace("_run.checkpoint()", "_run.checkpoint(other=[1])").replace(
        "    _run.restore(model=model)\n", ""
    )
    train = project.load(text).train
    train.run({"steps": 2}, quiet=True, capture="no")
    with pytest.raises(forge.ForgeError) as found:
        _ = load().model
    message("not-in-checkpoint-load", str(found.value))


def test_objects_saved_under_another_name_are_found_by_their_slot(project, load):
    text = TRAIN.replace("_run.checkpoint()", "_run.checkpoint(net=model)").replace(
        "_run.restore(model=model)", "_run.restore(net=model)"
    )
    run = project.load(text).train.run(quiet=True, capture="no")
    assert load().model["w"][0] == run.result["first"]


def test_a_checkpoint_whose_shapes_differ(project, load, message):
    text = """
        import forge, numpy as np

        @forge.model
        def weights(n=2):
            return np.zeros(n)

        @forge.experiment
        def train(model, *, _run: forge.Run):
            model += 1
            _run.checkpoint(step=1)
        """
    project.load(text).train.run(quiet=True, capture="no")
    assert load().model.tolist() == [1.0, 1.0]
    with pytest.raises(forge.ForgeError) as found:
        _ = load(config={"n": 3}).model
    message("checkpoint-mismatch-load", str(found.value))


def test_a_list_of_models(project, load):
    text = """
        import forge, random

        @forge.model
        def mlp(n=2):
            return {"w": [random.random()] * n}

        @forge.experiment
        def train(models: list[forge.Model] = [mlp, mlp], *, _run: forge.Run):
            for model in models:
                model["w"][0] = 0.0
            _run.checkpoint(step=1, first=models[0], second=models[1])
        """
    module = project.load(text)
    module.train.run({"models.1.n": 3}, quiet=True, capture="no")
    exp = load()
    assert [len(m["w"]) for m in exp.models] == [2, 3]
    assert [m["w"][0] for m in exp.models] == [0.0, 0.0]
    assert exp["models.1"] is exp.models[1]
