"""The worked examples, continued: several components of a kind, types, derived."""

import enum
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from forge.configuration.show import show
from forge.configuration.values import Config
from forge.errors import ForgeError


def values(config: Config) -> dict[str, Any]:
    """The config without its seed; an enum member by its name."""
    plain = {k: v.name if isinstance(v, enum.Enum) else v for k, v in config.items()}
    plain.pop("seed")
    return plain


def refused(experiment: Any, *words: str) -> ForgeError:
    """The mistake in some words."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words)
    return caught.value


def origins(config: Config) -> Mapping[str, str]:
    """Where values come from that are not defaults of the code."""
    found = {key: config.origin(key).source for key in config}
    return {k: v for k, v in found.items() if v not in ("default", "drawn")}


E6 = """
optimizer = forge.kind("optimizer")
class Net:
    def __init__(self, *facts): self.facts = facts
    def parameters(self): return self.facts
@optimizer
def sgd(params, lr=0.1, momentum=0.9): return ("sgd", params, lr, momentum)
@optimizer
def adam(params, lr=1e-3): return ("adam", params, lr)
@forge.model
def gen(n_latent, width=64): return Net("gen", n_latent)
@forge.model
def disc(width=64): return Net("disc")
@forge.experiment
def gan(generator=gen, discriminator=disc, n_latent=16,
        g_opt: forge.Factory = adam, d_opt: forge.Factory = adam):
    g = g_opt(generator.parameters()); d = d_opt(discriminator.parameters())
    return g, d
"""


def test_two_models_with_an_optimizer_each(load: Callable[[str], Any]) -> None:
    gan = load(E6).gan
    words = ["g_opt=sgd", "g_opt.lr=0.05", "n_latent=8"]
    assert values(gan.configure(words=words)) == {
        "n_latent": 8,
        "generator": "gen",
        "generator.width": 64,
        "discriminator": "disc",
        "discriminator.width": 64,
        "g_opt": "sgd",
        "g_opt.lr": 0.05,
        "g_opt.momentum": 0.9,
        "d_opt": "adam",
        "d_opt.lr": 0.001,
    }
    g, d = gan.run(words=words, record=False).result
    assert g == ("sgd", ("gen", 8), 0.05, 0.9)
    assert d == ("adam", ("disc",), 0.001)
    assert refused(gan, "generator=adam").code == "wrong-kind"
    error = refused(gan, "lr=0.1")
    assert error.code == "ambiguous-key"
    assert error.options == ["g_opt.lr", "d_opt.lr"]


E7 = """
@forge.dataset
def toy():
    return dict(n_in=4)
@forge.model
def mlp(n_in, n_hidden=32): return lambda data: n_in * n_hidden
@forge.model
def linear(n_in): return lambda data: n_in
@forge.experiment
def ensemble(dataset, models: list[forge.Model] = [mlp, linear], vote="mean"):
    return sum(m(dataset) for m in models)
"""


def test_a_list_of_components(load: Callable[[str], Any]) -> None:
    ensemble = load(E7).ensemble
    words = ["models=mlp,mlp", "models.1.n_hidden=64"]
    config = ensemble.configure(words=words)
    assert values(config) == {
        "vote": "mean",
        "dataset": "toy",
        "models": ["mlp", "mlp"],
        "models.0": "mlp",
        "models.0.n_hidden": 32,
        "models.1": "mlp",
        "models.1.n_hidden": 64,
    }
    assert ensemble.run(words=words, record=False).result == 4 * 32 + 4 * 64
    both = ensemble.configure(words=["models=mlp,mlp", "models.*.n_hidden=8"])
    assert (both["models.0.n_hidden"], both["models.1.n_hidden"]) == (8, 8)
    one = ensemble.configure(words=["models.1=mlp"])
    assert one["models"] == ["mlp", "mlp"]
    assert one["models.1.n_hidden"] == 32


E8 = """
import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
class Act(enum.Enum):
    relu = 1
    tanh = 2
@dataclass
class Sched:
    warmup: int = 100
    decay: float = 0.5
@forge.model
def net(layers=[64, 64], act: Act = Act.relu, size: tuple[int, int] = (28, 28),
        init: int | None = None):
    return layers, act, size, init
@forge.experiment
def fit(model, sched=Sched(), opts: dict[str, float] = {}, out: Path = Path("out"),
        mode: Literal["fast", "exact"] = "fast", tag="run", amp=False, steps=1000,
        lr=1e-3, limit=None):
    return sched, opts, out, model
"""


def test_every_type(load: Callable[[str], Any]) -> None:
    module = load(E8)
    words = shlex.split(
        "layers=128,64,32 act=tanh size=32,32 sched.warmup=5 'opts={a:1e-4}' opts.b=2 "
        "out=~/runs mode=exact 'tag=my run' amp=yes steps=1e6 lr=1 limit=0.5"
    )
    config = module.fit.configure(words=words)
    found = values(config)
    assert found == {
        "sched.warmup": 5,
        "sched.decay": 0.5,
        "opts": {"a": 0.0001, "b": 2.0},
        "out": Path.home() / "runs",
        "mode": "exact",
        "tag": "my run",
        "amp": True,
        "steps": 1000000,
        "lr": 1.0,
        "limit": 0.5,
        "model": "net",
        "model.layers": [128, 64, 32],
        "model.act": "tanh",
        "model.size": (32, 32),
        "model.init": None,
    }
    assert type(found["steps"]) is int
    assert type(found["lr"]) is float
    sched, opts, out, model = module.fit.run(words=words, record=False).result
    assert sched == module.Sched(warmup=5)
    assert (opts, out) == (found["opts"], found["out"])
    assert model == ([128, 64, 32], module.Act.tanh, (32, 32), None)


E9 = """
@forge.model
def mlp(n_hidden=128): return n_hidden
@forge.model
def ema(model, decay=0.99): return ("ema", model, decay)
@forge.experiment
def train(model=mlp, batch_size=32,
          lr=forge.derived(lambda batch_size: 1e-3 * batch_size / 32)):
    return lr, model
"""


def test_a_value_derived_from_a_shared_one(load: Callable[[str], Any]) -> None:
    train = load(E9).train
    config = train.configure(words=["batch_size=128"])
    assert config["lr"] == 0.004
    assert re.search(r"^~ lr .*= 0\.004 .*# derived$", show(config), re.MULTILINE)
    fixed = train.configure(words=["batch_size=128", "lr=0.1"])
    assert fixed["lr"] == 0.1
    row = r"^\* lr .*= 0\.1 .*# command line; default derived$"
    assert re.search(row, show(fixed), re.MULTILINE)


def test_a_model_around_a_model(load: Callable[[str], Any]) -> None:
    train = load(E9).train
    words = ["model=ema", "n_hidden=64"]
    assert values(train.configure(words=words)) == {
        "batch_size": 32,
        "lr": 0.001,
        "model": "ema",
        "model.decay": 0.99,
        "model.model": "mlp",
        "model.model.n_hidden": 64,
    }
    assert train.run(words=words, record=False).result == (0.001, ("ema", 64, 0.99))
    two = E9 + "@forge.model\ndef cnn(): return 1\n"
    error = refused(load(two).train, "model=ema")
    assert error.code == "slot-empty"
    assert error.key == "model.model"
