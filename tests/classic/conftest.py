"""A project of the 2018 kind: two config files, and a script that trains."""

import sys

import pytest


DATA = """\
from forge import flags

flags.DEFINE_integer("n", 3, "How many numbers there are.")
flags.DEFINE_float("scale", 1.0, "What they are multiplied with.")


def load(config, **unused):
    return {"xs": [config.scale * i for i in range(config.n)], "n_in": config.n}
"""

MODEL = """\
import base
from forge import flags

flags.DEFINE_integer("n_hidden", int(2e0), "How many units are hidden.")


def load(config, xs, n_in, **unused):
    return {"weights": base.weights(n_in * config.n_hidden)}
"""

BASE = """\
from forge import flags

flags.DEFINE_boolean("verbose", False, "Whether to say more.")


def weights(n):
    return {"value": [0.0] * n}
"""

TRAIN = """\
from os import path as osp

import forge
import forge.experiment_tools as fet
from forge import flags

flags.DEFINE_string("data_config", "configs/data.py", "Path to a data config file.")
flags.DEFINE_string("model_config", "configs/model.py", "Path to a model config file.")
flags.DEFINE_string("results_dir", "results", "Top directory of all results.")
flags.DEFINE_string("run_name", "train", "Name of the runs.")
flags.DEFINE_boolean("resume", False, "Whether to go on with the newest run.")
flags.DEFINE_integer("steps", 4, "How many steps to train.")
flags.DEFINE_enum("optimizer", "adam", ["adam", "sgd"], "Which optimizer.")
flags.DEFINE_list("layers", "8,8", "Sizes of layers.")

config = forge.config()
logdir = osp.join(config.results_dir, config.run_name)
logdir, checkpoint = fet.init_checkpoint(
    logdir, config.data_config, config.model_config, config.resume
)
data = fet.load(config.data_config, config)
model = fet.load(config.model_config, config, **data)
run = forge.current_run()
for step in range(run.restore(**model) + 1, config.steps + 1):
    model["weights"]["value"][0] += 1.0
    run.log(loss=1 / step, step=step)
    if step % 2 == 0:
        run.checkpoint(step=step, **model)
print(logdir, checkpoint, model["weights"]["value"][0])
"""


@pytest.fixture
def classic(project, monkeypatch):
    """The project, in whose folder scripts are run."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    project.write(DATA, "configs/data.py")
    project.write(MODEL, "configs/model.py")
    project.write(BASE, "configs/base.py")
    project.write(TRAIN)
    return project


@pytest.fixture
def refused(message):
    """Compare what a script prints on stderr with a snapshot."""

    def check(name, done):
        message(name, done.stderr.rstrip("\n"))

    return check
