"""Classes of a run's own sources, and trees that can only be replaced, loaded."""

import pytest

import forge


pytestmark = pytest.mark.frameworks

QUIET = {"quiet": True, "capture": "no"}

SHIFTS = """
from sklearn.base import BaseEstimator, TransformerMixin

class Shift(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        self.mean_ = x.mean(0)
        return self
    def transform(self, x):
        return x - self.mean_
"""

WINES = """
import forge
from shifts import Shift
from sklearn.base import BaseEstimator, TransformerMixin

class Scale(TransformerMixin, BaseEstimator):
    def fit(self, x, y=None):
        self.std_ = x.std(0)
        return self
    def transform(self, x):
        return x / self.std_

@forge.dataset
def wine():
    from sklearn.datasets import load_wine
    return {"train": load_wine(return_X_y=True)}

@forge.model
def pipeline():
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier
    return make_pipeline(Shift(), Scale(), DecisionTreeClassifier(random_state=0))

@forge.experiment
def train(dataset=wine, model=pipeline, *, _run: forge.Run):
    x, y = dataset["train"]
    model.fit(x, y)
    _run.log(loss=0.0, step=1)
    return {"score": model.score(x, y)}

@train.command
def measure(dataset, model):
    return model.score(*dataset["train"])

if __name__ == "__main__":
    train.main()
"""


def test_classes_of_the_sources_are_those_of_the_run(project):
    """Also under the private names they are loaded by, whatever the project has now."""
    project.write(SHIFTS, "shifts.py")
    project.write(WINES)
    project()
    score = project.record().result["score"]
    project.write("raise RuntimeError('today')\n", "shifts.py")
    exp = forge.Experiment.load("train/1")
    steps = [type(step) for _, step in exp.model.steps]
    assert [kind.__name__ for kind in steps[:2]] == ["Shift", "Scale"]
    assert all(kind.__module__.startswith("forge._runs.") for kind in steps[:2])
    assert exp.call("measure") == score
    exp.close()


EQUINOX = """
import equinox as eqx
import jax
import forge

@forge.model
def mlp(_seed):
    return eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(_seed))

@forge.experiment
def train(model=mlp, *, _run: forge.Run):
    model = jax.tree.map(lambda x: x + 1 if eqx.is_array(x) else x, model)
    _run.checkpoint(step=1, model=model)
    return float(model.layers[0].weight.sum())
"""


def test_a_model_that_training_replaces_is_loaded_by_its_name(project):
    project.load(EQUINOX).train.run(**QUIET)
    exp = forge.Experiment.load("train/1")
    assert float(exp.model.layers[0].weight.sum()) == project.record().result
    exp.close()
