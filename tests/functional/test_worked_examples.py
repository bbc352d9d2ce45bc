"""The worked examples that the rules of configuration were written with."""

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from forge.configuration.show import show
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.signature import Derived


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
    (note,) = config.notes
    assert note == (
        "preset big: model.n_hidden=2048 dropped, because model was changed to 'cnn' "
        "by command line"
    )


def test_a_parameter_of_a_component_nobody_chose_is_inactive(
    load: Callable[[str], Any],
) -> None:
    train = load(E2).train
    error = refused(train, "augment=no")
    assert error.code == "inactive-key"
    config = train.configure(words=["dataset=cifar", "augment=no"])
    assert config["dataset.augment"] is False


E3 = """
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
@forge.model
def dense(n_out, n_hidden=128): return (n_out, n_hidden)
@forge.model
def vae(image_shape, n_latent=32,
        encoder=forge.slot(dense, n_out=forge.derived(
            lambda n_latent: 2 * n_latent)),
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
