"""A config as people read it."""

# ruff: noqa: B006, B008 - defaults are the subject

from collections.abc import Callable

from worlds import World

from forge.component import Component
from forge.configuration.layers import mapping_layer
from forge.configuration.show import show
from forge.signature import Factory, Model, derived, slot


WORLD = World()


@WORLD.dataset
def toy(size=1): ...


@WORLD.model
def mlp(n_in, size, width=8, text="x" * 60): ...


@WORLD.model
def cnn(n_in): ...


def train(
    dataset,
    model=slot(mlp, width=derived(lambda size: size)),
    parts: list[Model] = [mlp, cnn],
    maybe: Model | None = None,
    make: Factory = cnn,
    lr=0.1,
    twice=derived(lambda lr: 2 * lr),
    cfg={"a": 1, "b": {"c": 2}},
    size=3,
): ...


def test_every_kind_of_row(message: Callable[[str, str], None]) -> None:
    def evaluate(lr, split="test"): ...

    def scaled(x, factor=10): ...

    inner = [Component.of(evaluate, "command"), Component.of(scaled, "capture")]
    preset = mapping_layer("preset big", {"cfg.a": 5, "maybe": "cnn"})
    words = ["seed=7", "lr=0.1", "parts=cnn,cnn", "size=9", "split=valid"]
    config = WORLD.config(train, *words, layers=[preset], inner=inner)
    message("shown-config", show(config))


def test_a_config_of_one_value() -> None:
    def nothing(): ...

    assert (
        show(WORLD.config(nothing, "seed=3"))
        == "* seed = 3  # command line; default None"
    )
