"""The worked examples that the rules of configuration were written with."""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from projects import Project

from forge.configuration.show import show
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.signature import Derived


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Import the text of a script as a module of its own."""
    project = Project(tmp_path)
    yield project.load
    project.close()


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


E1 = """
    import forge
    @forge.dataset
    def mnist(path="data", batch_size=32):
        x, y = [[0.0] * 4] * 3, [0, 1, 2]
        return dict(x=x, y=y, n_classes=10)
    @forge.model
    def mlp(x, n_classes, n_hidden=128, dropout=0.1):
        return (len(x[0]), n_hidden, n_classes, dropout)
    @forge.experiment
    def train(dataset, model, lr=1e-3, steps: int = 1000):
        return model
"""
E1_SHOWN = """\
  lr           = 0.001
  steps        = 1000
  seed         = 12345           # drawn
  dataset      = mnist
*   path       = '/data'         # command line; default data
    batch_size = 32
  model        = mlp
    x          <- dataset entry
    n_classes  <- dataset entry
*   n_hidden   = 256             # command line; default 128
    dropout    = 0.1"""


def test_one_script(load: Callable[[str], Any]) -> None:
    train = load(E1).train
    config = train.configure(words=["n_hidden=256", "path=/data"])
    shown = re.sub(r"= \d+ +# drawn", "= 12345           # drawn", show(config))
    assert shown == E1_SHOWN
    run = train.run(words=["n_hidden=256", "path=/data"], record=False)
    assert run.result == (4, 256, 10, 0.1)
    assert dict(run.injected["model.n_classes"]._asdict()) == {
        "value": 10,
        "origin": "dataset.n_classes",
    }


E2 = """
    import forge
    @forge.dataset
    def mnist(batch_size): return dict(n_classes=10, batch_size=batch_size)
    @forge.dataset
    def cifar(batch_size, augment=True): return dict(n_classes=10)
    @forge.model
    def mlp(n_classes, n_hidden=128): return ("mlp", n_hidden)
    @forge.model
    def cnn(n_classes, channels=(16, 32), n_hidden=64): return ("cnn", channels)
    @forge.experiment
    def train(dataset=mnist, model=mlp, batch_size=32, lr=1e-3):
        return dataset["batch_size"], model
    @train.preset
    def big():
        return {"model": "mlp", "model.n_hidden": 2048, "lr": 3e-4}
"""


def test_mix_and_match_with_a_shared_parameter(load: Callable[[str], Any]) -> None:
    train = load(E2).train
    words = ["model=cnn", "model.channels=8,16", "batch_size=64"]
    config = train.configure(words=words)
    assert values(config) == {
        "batch_size": 64,
        "lr": 0.001,
        "dataset": "mnist",
        "model": "cnn",
        "model.channels": (8, 16),
        "model.n_hidden": 64,
    }
    assert "batch_size <- batch_size" in re.sub(" +", " ", show(config))
    assert train.run(words=words, record=False).result == (64, ("cnn", (8, 16)))


def test_a_changed_component_drops_what_a_preset_said_below_it(
    load: Callable[[str], Any],
) -> None:
    config = load(E2).train.configure(words=["big", "model=cnn"])
    assert values(config) == {
        "batch_size": 32,
        "lr": 0.0003,
        "dataset": "mnist",
        "model": "cnn",
        "model.channels": (16, 32),
        "model.n_hidden": 64,
    }
    assert origins(config) == {"lr": "preset big", "model": "command line"}
    assert config.notes == (
        "preset big: model.n_hidden=2048 dropped, because model was changed to 'cnn' "
        "by command line",
    )


def test_a_parameter_of_a_component_nobody_chose_is_inactive(
    load: Callable[[str], Any],
) -> None:
    train = load(E2).train
    error = refused(train, "augment=no")
    assert error.code == "inactive-key"
    assert str(error) == (
        "augment: dataset is 'mnist', which has no parameter 'augment'; cifar has.\n"
        "  Use  with dataset=cifar dataset.augment=...   or a parameter of mnist: none"
    )
    config = train.configure(words=["dataset=cifar", "augment=no"])
    assert config["dataset.augment"] is False


E3 = """
    import forge
    @forge.dataset
    def mnist(batch_size=64):
        return dict(n_classes=10, batches=[(1, 0), (2, 1)])
    @forge.model
    def mlp(n_classes, n_hidden=128):
        return lambda x: (x, n_hidden, n_classes)
    @forge.experiment
    def distill(dataset, teacher: forge.Model = mlp, student: forge.Model = mlp,
                temperature=2.0):
        return [(student(x), teacher(x)) for x, y in dataset["batches"]]
"""


def test_teacher_and_student(load: Callable[[str], Any]) -> None:
    distill = load(E3).distill
    config = distill.configure(words=["student.n_hidden=32"])
    assert values(config) == {
        "temperature": 2.0,
        "dataset": "mnist",
        "dataset.batch_size": 64,
        "teacher": "mlp",
        "teacher.n_hidden": 128,
        "student": "mlp",
        "student.n_hidden": 32,
    }
    run = distill.run(words=["student.n_hidden=32"], record=False)
    assert run.result[0] == ((1, 32, 10), (1, 128, 10))
    error = refused(distill, "n_hidden=32")
    assert error.code == "ambiguous-key"
    assert error.options == ["teacher.n_hidden", "student.n_hidden"]


E4 = """
    from typing import Literal
    import forge
    @forge.dataset
    def shapes(batch_size, split: Literal["train", "test"] = "train", n=1000):
        return dict(images=(split, n, batch_size), n_classes=3)
    @forge.dataset
    def cifar(batch_size):
        return dict(images=..., n_classes=10)
    @forge.model
    def cnn(n_classes, n_hidden=64): return ("cnn", n_classes)
    @forge.experiment
    def run(train_data=shapes, eval_data=forge.slot(shapes, split="test"), model=cnn,
            batch_size=32):
        return train_data["images"], eval_data["images"], model
"""


def test_train_and_eval_data(load: Callable[[str], Any]) -> None:
    run = load(E4).run
    assert values(run.configure()) == {
        "batch_size": 32,
        "train_data": "shapes",
        "train_data.split": "train",
        "train_data.n": 1000,
        "eval_data": "shapes",
        "eval_data.split": "test",
        "eval_data.n": 1000,
        "model": "cnn",
        "model.n_hidden": 64,
    }
    done = run.run(record=False)
    assert done.result == (("train", 1000, 32), ("test", 1000, 32), ("cnn", 3))
    assert done.injected["model.n_classes"] == (3, "train_data.n_classes")


def test_only_eval_changes_and_its_split_stays(load: Callable[[str], Any]) -> None:
    run = load(E4).run
    done = run.run(words=["eval_data.batch_size=256"], record=False)
    assert done.result[:2] == (("train", 1000, 32), ("test", 1000, 256))
    error = refused(run, "eval_data=cifar")
    assert error.code == "slot-value"
    assert str(error) == (
        "slot 'eval_data' of experiment 'run' sets split='test', but dataset 'cifar' "
        "has no parameter 'split'."
    )


def test_datasets_that_disagree_stop_before_the_model_exists(
    load: Callable[[str], Any],
) -> None:
    with pytest.raises(ForgeError) as caught:
        load(E4).run.run(words=["train_data=cifar"], record=False)
    assert caught.value.code == "ambiguous-injection"
    assert caught.value.key == "model.n_classes"
    assert caught.value.options == ["train_data.n_classes", "eval_data.n_classes"]


E5 = """
    from math import prod
    import forge
    @forge.model
    def dense(n_out, n_hidden=128): return (n_out, n_hidden)
    @forge.model
    def vae(image_shape, n_latent=32,
            encoder=forge.slot(dense, n_out=forge.derived(lambda n_latent: 2 * n_latent)),
            decoder=forge.slot(dense, n_out=forge.derived(
                lambda image_shape: prod(image_shape)))):
        return dict(n_latent=n_latent, encoder=encoder, decoder=decoder)
    @forge.dataset
    def mnist():
        return dict(image_shape=(28, 28))
    @forge.experiment
    def train(dataset, model=vae, lr=1e-3): return model
"""


def test_a_nested_model_wired_inside(load: Callable[[str], Any]) -> None:
    train = load(E5).train
    words = ["n_latent=64", "encoder.n_hidden=512"]
    config = train.configure(words=words)
    found = values(config)
    assert isinstance(found.pop("model.decoder.n_out"), Derived)
    assert found == {
        "lr": 0.001,
        "dataset": "mnist",
        "model": "vae",
        "model.n_latent": 64,
        "model.encoder": "dense",
        "model.encoder.n_out": 128,
        "model.encoder.n_hidden": 512,
        "model.decoder": "dense",
        "model.decoder.n_hidden": 128,
    }
    assert config.origin("model.encoder.n_out").source == "derived"
    assert config.origin("model.decoder.n_out").source == "derived at build"
    run = train.run(words=words, record=False)
    assert run.result == {"n_latent": 64, "encoder": (128, 512), "decoder": (784, 128)}
    assert run.injected["model.decoder.n_out"] == (784, "derived at build")
    error = refused(train, "n_hidden=3")
    assert error.code == "ambiguous-key"
    assert error.options == ["model.encoder.n_hidden", "model.decoder.n_hidden"]


E6 = """
    import forge
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
    import forge
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
    import forge
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
    words = (
        "layers=128,64,32|act=tanh|size=32,32|sched.warmup=5|opts={a:1e-4}|opts.b=2|"
        "out=~/runs|mode=exact|tag=my run|amp=yes|steps=1e6|lr=1|limit=0.5"
    ).split("|")
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
    import forge
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
    two = E9 + "    @forge.model\n    def cnn(): return 1\n"
    error = refused(load(two).train, "model=ema")
    assert error.code == "slot-empty"
    assert error.key == "model.model"
