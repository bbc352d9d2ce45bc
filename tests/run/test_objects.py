"""Built objects, as far as checkpoints are concerned."""

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}

SCRIPT = """
import forge

optimizer = forge.kind("optimizer")

class Momentum:
    def __init__(self):
        self.v = 0

    def get_state(self):
        return {{"v": self.v}}

    def set_state(self, state):
        self.v = state["v"]

@optimizer
def sgd():
    return Momentum()

@forge.dataset
def toy():
    return {{"xs": [1]}}

@forge.model
def mlp():
    return {{"w": [1]}}

@forge.model
def function():
    return lambda: 1

@forge.model
def opaque():
    return object()

@forge.experiment
def train(dataset, model=mlp, second: forge.Model = {second}, opt=sgd,
          later: forge.Factory = sgd, none: forge.Model | None = None, *, _run):
    opt.v = 3
    _run.checkpoint(step=1{named})
"""


def saved(project, **options):
    options = {"second": "function", "named": "", **options}
    project.load(SCRIPT.format(**options)).train.run(**QUIET)
    folder = project.record().layout.checkpoint(1)
    return {p.name for p in folder.iterdir()} - {"manifest.json", "state"}


def test_components_with_state_are_saved_and_datasets_are_not(project):
    assert saved(project) == {"model", "opt"}
    exp = forge.Experiment.load("train/1")
    assert exp.opt.v == 3
    exp.close()


def test_what_has_no_adapter_is_left_out_where_nothing_is_named(project):
    assert saved(project, second="opaque") == {"model", "opt"}


def test_a_named_object_knows_its_slot(project):
    assert saved(project, named=", net=model, o=opt, extra=[1]") == {
        "net",
        "o",
        "extra",
    }
    exp = forge.Experiment.load("train/1")
    assert exp.model == {"w": [1]}
    assert exp.opt.v == 3
    exp.close()


def test_the_script_of_the_tests_saves_its_model(project):
    project.load(TRAIN).train.run(presets=["tiny"], **QUIET)
    folder = project.record().layout.checkpoint(2)
    assert (folder / "model").is_dir()


TORCH = """
import torch
import forge

@forge.dataset
def toy():
    return {"xs": [1]}

@forge.model
def net():
    return torch.nn.Linear(2, 2)

@forge.experiment
def train(dataset, model=net, *, _run: forge.Run):
    with torch.no_grad():
        model.weight.fill_(3)
    fast = torch.compile(torch.nn.DataParallel(model), backend="eager")
    _run.checkpoint(step=1, fast=fast)
    _run.log(loss=1.0, step=2)
"""


@pytest.mark.frameworks
def test_a_wrapped_model_is_that_of_its_slot(project):
    project.load(TORCH).train.run(**QUIET)
    assert (project.record().layout.checkpoint(1) / "fast").is_dir()
    exp = forge.Experiment.load("train/1", step=1)
    assert exp.model.weight.sum() == 12
    exp.close()


@pytest.mark.frameworks
def test_a_model_of_torch_is_saved_at_the_end_without_being_named(project):
    script = TORCH.replace("_run.checkpoint(step=1, fast=fast)", "pass")
    project.load(script).train.run(**QUIET)
    exp = forge.Experiment.load("train/1")
    assert exp.model.weight.sum() == 12
    exp.close()
