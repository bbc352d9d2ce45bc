"""Config files as components: their `load` builds, their flags are the parameters."""

import shutil

import pytest

import forge
from forge.errors import ForgeError


DATA = """
from forge import flags
import near_of_component

flags.DEFINE_integer("n", 3, "How many examples.")
flags.DEFINE_enum("split", "train", ["train", "test"], "Which part.")
flags.DEFINE_string("path", None, "Where it is.")
flags.DEFINE_list("names", "a,b", "What they are called.")


def load(config, **unused):
    seen = flags.FLAGS.n, config["batch_size"], config.get("deep")
    return {"n_in": config.n, "split": config.split, "seen": seen, **config}
"""

NEAR = """
from forge import flags

flags.DEFINE_boolean("deep", False, "Whether it is deep.")
"""

MODEL = """
from forge import flags

flags.DEFINE_float("gain", 1, "What weights begin with.")


def load(config, n_in, activation="relu", **unused):
    return {"w": [config.gain] * n_in, "activation": activation}
"""

SCRIPT = """
import forge

@forge.dataset
def toy(n=1): return {"n_in": n}

@forge.model
def linear(n_in): return {"w": [0.0] * n_in}

@forge.experiment
def train(dataset=toy, model=linear, batch_size=32, *, _run: forge.Run):
    _run.restore(model=model)
    model["w"][0] += 1.0
    _run.log(loss=0.5, step=_run.step + 1)
    return dataset, model

if __name__ == "__main__":
    train.main()
"""
WORDS = ("dataset=configs/data.py", "model=configs/model.py")


@pytest.fixture(name="train")
def _train(project):
    project.write(DATA, "configs/data.py")
    project.write(NEAR, "configs/near_of_component.py")
    project.write(MODEL, "configs/model.py")
    return project.load(SCRIPT).train


def test_flags_are_parameters_and_arguments_are_injected(train):
    run = train.run(words=[*WORDS, "n=2", "split=test", "deep=true"], record=False)
    data, model = run.result
    assert data["n_in"] == 2
    assert data["split"] == "test"
    assert data["names"] == ["a", "b"]
    # Other flags, as the script of 2018 defined them, come from the experiment.
    assert data["seen"] == (2, 32, True)
    assert model == {"w": [2.0, 1.0], "activation": "relu"}
    assert run.config["dataset.n"] == 2
    assert run.config["model.gain"] == 1.0
    assert run.config["dataset.path"] is None


def test_values_are_checked_like_all_others(train, message):
    words = [*WORDS, "split=tset", "n=many", "gian=3", "activation=tanh"]
    with pytest.raises(ForgeError) as caught:
        train.configure(words=words)
    message("config-component-values", str(caught.value))


def test_the_same_file_fills_several_slots(train, project):
    text = """
        import forge

        @forge.experiment
        def train(one: forge.Dataset, other: forge.Dataset, batch_size=32):
            return one["n"], other["n"], one["seen"][0], other["seen"][0]
        """
    script = project.load(text, "several.py").train
    words = ["one=configs/data.py", "other=configs/data.py", "one.n=1", "other.n=2"]
    assert script.run(words=words, record=False).result == (1, 2, 1, 2)


def test_what_nothing_supplies_is_said(train, project):
    text = SCRIPT.replace("batch_size=32, ", "")
    with pytest.raises(ForgeError, match="batch_size"):
        project.load(text, "lacking.py").train.run(words=WORDS, record=False)


def test_a_run_is_rebuilt_and_resumed_from_its_copies(train, project):
    project("with", *WORDS, "n=4", "gain=0.5", "deep=true")
    shutil.rmtree(project.folder / "configs")
    loaded = forge.Experiment.load("train/1")
    assert loaded.dataset["n_in"] == 4
    assert loaded.dataset["seen"] == (4, 32, True)
    assert loaded.model == {"w": [1.5, 0.5, 0.5, 0.5], "activation": "relu"}
    loaded.close()
    done = project("--resume", "train/1", "--code", "stored")
    assert "train/1  COMPLETED" in done.stderr
    assert forge.Experiment.load("train/1").model["w"][0] == 2.5


def test_a_load_without_arguments(project):
    project.write("def load(): return {'n_in': 5}", "configs/plain.py")
    train = project.load(SCRIPT).train
    run = train.run(words=["dataset=configs/plain.py"], record=False)
    assert run.result[0] == {"n_in": 5}


def test_help_says_what_flags_are_for(train, project):
    done = project("help", "with", *WORDS)
    assert "How many examples." in done.stdout
    assert "one of train, test" in done.stdout
