"""Captured functions, hooks, and experiments called plainly."""

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}

CAPTURED = """
import forge

@forge.dataset
def toy(n=3):
    return {"n_in": n}

@forge.model
def mlp(n_in):
    return [n_in]

@forge.experiment
def train(dataset, model=mlp, lr=0.5, *, _run: forge.Run):
    return [step(1), step(2, lr=7), step(x=3, scale=10)]

@train.capture
def step(x, model, lr, scale=2, *, _seed=None, _run=None):
    return (x, model[0], lr, scale)
"""


def test_a_captured_function_is_filled_from_the_run(project):
    module = project.load(CAPTURED)
    run = module.train.run({"step.scale": 4, "n": 9}, record=False)
    assert run.result == [(1, 9, 0.5, 4), (2, 9, 7, 4), (3, 9, 0.5, 10)]
    assert run.config["step.scale"] == 4


def test_outside_of_a_run_it_is_the_function_it_was(project):
    module = project.load(CAPTURED)
    assert module.step(1, [2], 3) == (1, 2, 3, 2)
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        module.step(1)
    assert module.step.__name__ == "step"


def test_a_captured_function_counts_in_the_config(project):
    module = project.load(CAPTURED)
    assert module.train.configure()["step.scale"] == 2
    assert module.train.configure({"scale": 5})["step.scale"] == 5


def test_a_captured_function_of_another_experiment_is_called_as_it_is(project):
    text = (
        CAPTURED
        + """

@forge.experiment
def other():
    return step(1, [2], 3)
"""
    )
    assert project.load(text).other.run(record=False).result == (1, 2, 3, 2)


def test_a_component_that_only_a_captured_function_needs_is_built_once(project):
    text = CAPTURED.replace("return [n_in]", "BUILT.append(1); return [n_in]")
    text = text.replace("import forge\n", "import forge\n\nBUILT = []\n")
    text = text.replace("def train(dataset, model=mlp", "def train(dataset, model=mlp")
    module = project.load(text)
    module.train.run(record=False)
    assert module.BUILT == [1]


HOOKS = """
import forge

CALLS = []

@forge.model
def mlp(n=2):
    CALLS.append("built")
    return [n]

@forge.experiment
def train(model=mlp, fail=False, fail_after=False):
    CALLS.append("body")
    if fail:
        raise ValueError("in the body")
    return {"n": model[0]}

@train.before
def prepare(model, fail_before=False):
    CALLS.append(("before", model[0]))
    if fail_before:
        raise ValueError("before")

@train.after
def finish(result, model, fail_after):
    CALLS.append(("after", result))
    if fail_after:
        raise RuntimeError("in the hook")

@train.after
def finish_too(result):
    CALLS.append("after too")

@train.command
def look(model):
    CALLS.append("look")
"""


def test_hooks_come_before_and_after(project):
    module = project.load(HOOKS)
    module.train.run({"n": 5}, record=False)
    assert module.CALLS == [
        "built",
        ("before", 5),
        "body",
        ("after", {"n": 5}),
        "after too",
    ]


def test_hooks_after_come_also_after_a_failure(project):
    module = project.load(HOOKS)
    with pytest.raises(ValueError, match="in the body"):
        module.train.run({"fail": True}, **QUIET)
    assert module.CALLS[-2:] == [("after", None), "after too"]
    assert project.record().error.message == "in the body"


def test_a_failing_hook_fails_the_run_and_the_next_one_is_called(project):
    module = project.load(HOOKS)
    with pytest.raises(RuntimeError, match="in the hook"):
        module.train.run({"fail_after": True}, **QUIET)
    assert module.CALLS[-1] == "after too"
    record = project.record()
    assert record.status == "FAILED"
    assert record.error.message == "in the hook"


def test_a_failing_hook_does_not_hide_what_the_body_raised(project):
    module = project.load(HOOKS)
    with pytest.raises(ValueError, match="in the body") as found:
        module.train.run({"fail": True, "fail_after": True}, **QUIET)
    assert found.value.__notes__ == [
        "forge: finish failed then: RuntimeError('in the hook')"
    ]
    assert module.CALLS[-1] == "after too"
    record = project.record()
    assert record.error.message == "in the body"
    assert "in the hook" in record.traceback


def test_a_failure_before_the_body_keeps_the_body_from_running(project):
    module = project.load(HOOKS)
    with pytest.raises(ValueError, match="before"):
        module.train.run({"prepare.fail_before": True}, **QUIET)
    assert module.CALLS == ["built", ("before", 2), ("after", None), "after too"]


def test_commands_have_no_hooks(project):
    module = project.load(HOOKS)
    module.train.run(command="look", record=False)
    assert module.CALLS == ["built", "look"]


def test_a_model_that_cannot_be_built_is_named_once(project):
    text = HOOKS.replace(
        '    CALLS.append("built")\n', "    raise OSError('no file')\n"
    )
    module = project.load(text)
    with pytest.raises(OSError, match="no file") as found:
        module.train.run(**QUIET)
    assert len(found.value.__notes__) == 1
    assert module.CALLS == ["after too"]


def test_a_plain_call_is_a_plain_call(project):
    module = project.load(TRAIN)
    with pytest.raises(forge.ForgeError, match="called plainly"):
        module.train({"xs": []})
    model = {"w": [0]}
    result = module.train({"xs": [1, 2]}, model, steps=2)
    assert result == {"accuracy": 0.5, "first": 2}
    assert not (project.folder / "results").exists()


def test_a_plain_call_fills_what_is_special(project):
    text = """
        import forge

        @forge.experiment
        def train(lr=0.5, *, _run, _seed, _rng, _log, _config):
            _run.log(loss=1.0)
            _run.note("n"); _run.tag("t"); _run.info["a"] = 1
            assert _run.checkpoint(step=1, model=[1]) is None
            assert _run.restore(model=[1]) == 0
            assert _run.dir is None and _run.number is None
            return _run.id, _seed == _run.seed, _rng.random() < 1, _log.name
        """
    train = project.load(text).train
    assert train() == ("train", True, True, "train")
    assert train(_seed=4)[1] is False
