"""What help says of an experiment with every sort of parameter."""

PAGE = '''
import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
import forge

class Act(enum.Enum):
    relu = 1

@dataclass
class Sched:
    warmup: int = 100

optimizer = forge.kind("optimizer")

@optimizer
def sgd(params, lr=0.1):
    """Plain descent.

    Args:
        lr: How far.
    """

@forge.dataset
def toy(batch_size, *, _rng=None):
    """Toy data."""
    return {"n_in": 3}

@forge.model
def mlp(n_in, width: Annotated[int, "hidden units"] = 8, act: Act = Act.relu):
    """A perceptron."""

@forge.model
def ema(model, decay=0.99, half=forge.derived(lambda decay: decay / 2)):
    """A model around a model."""

@forge.experiment
def train(
    dataset=toy, models: list[forge.Model] = [mlp, mlp], batch_size=32,
    opt: forge.Factory = sgd, mode: Literal["fast", "exact"] = "fast", sched=Sched(),
    tags={"a": 1}, limit: float | None = None, out=Path("out"),
    twice=forge.derived(lambda batch_size: 2 * batch_size),
):
    """Train them."""

@train.preset
def big():
    """A large one."""
    return {"models.0.width": 64}

@train.preset
def small():
    return {"models": {"0": {"width": 2}}, "batch_size": 4}

train.main()
'''


def test_help_of_everything(project, message):
    project.write(PAGE)
    message("script-help-everything", project("help").stdout)


def test_presets_of_everything(project, message):
    project.write(PAGE)
    message("script-presets-everything", project("print_presets").stdout)


def test_config_of_everything(project, message):
    project.write(PAGE)
    message("script-config-everything", project("print_config", "seed=1").stdout)
