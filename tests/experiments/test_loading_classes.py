"""Loaded runs whose values are of classes that the script itself defines."""

import importlib

import pytest

import forge


KINDS = """\
import dataclasses
import enum

import forge


class Act(enum.Enum):
    relu = 1
    tanh = 2


@dataclasses.dataclass
class Options:
    rate: float = 0.5
    act: Act = Act.relu


class Own:
    def __init__(self, n=1):
        self.n = n


def half(x):
    return x / 2


def double(x):
    return x * 2


@forge.dataset
def data(act: Act = Act.relu, n=3):
    return {"n": n}


@forge.model
def mlp(n, act: Act = Act.relu, f=half, options: Options = Options()):
    print("made of", act.name, options.act.name)
    return {"w": [f(n)]}


@forge.experiment
def kinds(
    dataset=data,
    model=mlp,
    act: Act = Act.relu,
    acts: list[Act] = [Act.relu],
    several={"a": Act.tanh},
    maybe: Act | None = Act.tanh,
    options: Options = Options(),
    own=Own(),
    f=half,
    *,
    _run: forge.Run,
):
    _run.checkpoint(step=1, model=model)
    return f(1)


@kinds.command
def evaluate(model, act, options, f, own, mark: Act = Act.tanh):
    assert isinstance(act, Act) and isinstance(options.act, Act)
    return {"acts": [act.name, mark.name], "f": f(1), **model}


if __name__ == "__main__":
    kinds.main()
"""


@pytest.fixture(name="made")
def _made(project):
    """A run whose values are not those of the code."""
    project.write(KINDS, "kinds.py")
    project("with", "seed=1", "act=tanh", "acts=tanh,relu", script="kinds.py")
    return project


def test_from_takes_enums_dataclasses_functions_and_own_classes(made):
    made("evaluate", "--from", "kinds/1", script="kinds.py")
    assert made.record("kinds/2").result == {
        "acts": ["tanh", "tanh"],
        "f": 0.5,
        "w": [1.5],
    }


def test_such_values_may_be_given_anew(made):
    words = ("model.act=tanh", "model.options.act=tanh", "dataset.act=tanh")
    done = made("evaluate", "--from", "kinds/1", "with", *words, script="kinds.py")
    assert "made of tanh tanh" in done.stdout
    # The data are other ones too, and still the weights are those that were saved.
    assert made.record("kinds/2").result["w"] == [1.5]


def test_a_run_with_such_values_goes_on_and_changes_nothing(made):
    for words in ((), ("--code", "stored"), ("with", "act=tanh")):
        done = made("--resume", *words, script="kinds.py")
        assert " was " not in done.stderr.replace("was COMPLETED", "").replace(
            "the run was resumed", ""
        )
    assert not any(s.changes for s in made.record("kinds/1").run.sessions)


def test_such_a_run_is_loaded_and_run_again(made, capsys):
    exp = forge.Experiment.load("kinds/1")
    try:
        assert exp.config["act"].name == "tanh"
        assert exp.config["f"](4) == 2
        assert exp.call("evaluate", mark="relu")["acts"] == ["tanh", "relu"]
        capsys.readouterr()
        exp.call("evaluate", **{"model.act": "tanh"})
        assert "made of tanh relu" in capsys.readouterr().out
        exp.run(quiet=True, capture="no")
    finally:
        exp.close()
    # What the stored code has made is taken by today's, and by itself.
    made("evaluate", "--from", "kinds/2", script="kinds.py")
    made("--resume", "kinds/2", script="kinds.py")
    assert made.record("kinds/3").result["f"] == 0.5
    assert made.record("kinds/2").run.sessions[-1].changes == {}


def test_a_function_that_was_given_comes_back(made, monkeypatch):
    monkeypatch.syspath_prepend(made.folder)
    found = importlib.import_module("kinds")
    run = found.kinds.run({"f": found.double}, quiet=True, capture="no")
    assert run.result == 2
    exp = forge.Experiment.load(f"kinds/{run.number}")
    try:
        assert exp.config["f"](4) == 8
    finally:
        exp.close()


OTHER = """
import forge


def half(x):
    return x / 2


@forge.model
def net(f=half, width=2):
    return {"w": [f(width)]}
"""
BODY = """
import forge


@forge.experiment
def train(model: forge.Model, *, _run: forge.Run):
    _run.restore(model=model)
    _run.checkpoint(step=_run.step + 1)
    return model["w"][0]


@train.command
def evaluate(model):
    return model["w"][0]


if __name__ == "__main__":
    train.main()
"""


def test_a_component_of_a_file_with_a_function_of_its_own(project, load):
    project.write(OTHER, "other.py")
    project.write(BODY)
    project("with", "model=other.py", "width=6")
    exp = load()
    assert exp.model == {"w": [3.0]}
    assert exp.config["model.f"](4) == 2
    # A file is imported where one says so: with the values that the run has.
    for words in (["--resume"], ["evaluate", "--from", "train/1"]):
        assert "Say it again:" in project(*words, expect=2).stderr
        done = project(*words, "with", "model=other.py")
        assert "dropped" not in done.stderr
        assert "model was" not in done.stderr
    assert project.record("train/1").result == 3
    assert project.record("train/2").result == 3
