"""Commands called on loaded runs, new runs made from them, and runs gone on with."""

import pytest
from projects import TRAIN

import forge


def test_call_runs_a_command_on_the_rebuilt_components(project, train, load):
    run = train()
    exp = load()
    result = exp.call("evaluate", split="train")
    assert result == {"split": "train", "n": 3, "first": run.result["first"]}
    assert exp.call("evaluate", n=7)["n"] == 7
    assert exp.call("evaluate")["n"] == 3
    assert project.runs() == ["1"]


def test_call_with_another_value_never_uses_untrained_weights(train, load, project):
    text = TRAIN.replace("import forge", "import forge, numpy").replace(
        '{"w": [_seed % 1000] * n_in * n_hidden, "name": "mlp"}',
        "numpy.zeros(n_in * n_hidden)",
    )
    text = text.replace('model["w"][0]', "model[0]")
    project.load(text).train.run(quiet=True, capture="no")
    exp = load()
    assert exp.call("evaluate")["first"] == 4
    with pytest.raises(forge.ForgeError, match="does not fit model"):
        exp.call("evaluate", n_hidden=9)


def test_components_that_use_the_run_are_rebuilt(project, load):
    text = TRAIN.replace("toy(n=3, offset=0)", "toy(n=3, offset=0, *, _run)").replace(
        'return {"xs"', '_run.resource(__file__)\n    return {"xs"'
    )
    project.write(text)
    project("with", "seed=1")
    exp = load()
    assert exp.dataset == {"xs": [0, 1, 2], "n_in": 3}
    assert exp.call("evaluate")["n"] == 3
    project("evaluate", "--from", "train/1")
    assert project.record("train/2").result["n"] == 3


def test_a_short_name_is_first_that_of_the_command(project, load, message):
    text = TRAIN.replace(
        "@train.command",
        "@train.capture\ndef score(split=1):\n    return split\n\n\n@train.command",
    ).replace('"first": model["w"][0]}\n\n\nif', '"score": score()}\n\n\nif')
    project.write(text)
    project("with", "tiny")
    result = load().call("evaluate", split="train")
    assert (result["split"], result["score"]) == ("train", 1)
    done = project("evaluate", "with", "split=train")
    message("short-name-of-command", done.stderr.splitlines()[0])
    assert project.record("train/2").result["split"] == "train"
    # What the body is to be called with has no such namesake.
    project("with", "tiny", "split=2")
    assert project.record("train/3").config["score.split"] == 2


def test_call_of_a_command_that_there_is_not(project, train, load, message):
    train()
    with pytest.raises(forge.ForgeError) as found:
        load().call("evalute")
    message("unknown-command-call", str(found.value))


def test_run_starts_a_new_run_from_the_same_code(project, train, load):
    train({"n": 2})
    project.write(TRAIN.replace("+= 1", "+= 1000"))
    exp = load()
    run = exp.run({"steps": 6}, quiet=True, capture="no")
    assert run.id == "train/2"
    assert run.config["dataset.n"] == 2
    assert run.config["seed"] == 5
    record = project.record("train/2")
    assert record.run.parent.kind == "loaded"
    assert record.run.parent.run == str(project.folder / "results/train/1")
    assert record.run.parent.step == 4
    assert (record.dir / "sources/train.py").read_text() == TRAIN
    assert record.metrics["loss"].steps == tuple(range(1, 7))
    # What came from stored sources has stored sources of its own.
    again = load("train/2")
    assert again.model["w"][0] == run.result["first"]
    assert {f.module for f in record.run.components} == {"train"}


def test_resume_goes_on_in_the_same_folder(project, train, load):
    first = train({"stop_at": 0}).result["first"]
    project.write(TRAIN.replace("+= 1", "+= 1000"))
    exp = load(config={"steps": 6})
    run = exp.resume(quiet=True, capture="no")
    assert run.id == "train/1"
    assert run.result["first"] == first + 2
    record = project.record()
    assert [s.resumed for s in record.run.sessions] == [None, 4]
    assert record.run.sessions[1].sources == "sources"
    assert record.run.sessions[1].changes["steps"].new == 6
    assert load().config["steps"] == 6
    assert load(step=4).config["steps"] == 4
