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


BROKEN = """
import forge


@forge.experiment
def train(lr=0.1):
    pass


@train.preset
def good():
    return {"lr": 1.0}


@train.preset
def no_file():
    return {"lr": float(open("lr.txt").read())}


@train.preset
def no_text():
    '''Ends the process.'''
    raise SystemExit


@train.preset
def no_values():
    return 5


if __name__ == "__main__":
    train.main()
"""


def test_presets_that_cannot_be_had_are_shown_with_the_others(project, message):
    project.write(BROKEN)
    message("print-presets-broken", project("print_presets").stdout)
    page = project("help").stdout
    assert project("--help").stdout == page
    message("help-presets-broken", page[page.index("presets\n ") :].split("\n\n")[0])


def test_a_preset_that_raises_is_told_as_by_a_run(project):
    project.write(BROKEN)
    told = project("with", "no_file", expect=1).stderr
    assert told.startswith("Traceback")
    assert "experiments" not in told
    for words in (["print_config"], ["save_config", "values.json"], ["help"]):
        assert project(*words, "with", "no_file", expect=1).stderr == told
    assert "forge/experiments" in (
        project("print_config", "--debug", "with", "no_file", expect=1).stderr
    )
    assert not (project.folder / "values.json").exists()
