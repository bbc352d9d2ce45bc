"""Layers resolved into a config."""

# ruff: noqa: B006, B008 - defaults are the subject

from typing import Any

import pytest
from worlds import World

from forge.component import Component
from forge.configuration.layers import mapping_layer
from forge.configuration.resolve import resolve
from forge.errors import ForgeError
from forge.signature import Model, derived, slot


WORLD = World()


@WORLD.model
def mlp(n_hidden=128, rate=0.1): ...


@WORLD.model
def cnn(width=8): ...


def train(
    model=mlp, lr=0.1, steps=10, size: tuple[int, int] = (1, 2), cfg={"a": 1}
): ...


def mistakes(*words: str, root: Any = train, **values: Any) -> list[str]:
    """The codes and keys of what is wrong."""
    with pytest.raises(ForgeError) as caught:
        WORLD.config(root, *words, **values)
    return [f"{e.code} {e.facts.get('key', '')}".strip() for e in caught.value.errors]


def test_all_mistakes_are_reported_at_once() -> None:
    assert mistakes(
        "lr=x",
        "steps=1,2",
        "size=1",
        "cfg=3",
        "nothing=1",
        "model.n_hiden=3",
        "width=3",
    ) == [
        "bad-value lr",
        "several-values steps",
        "bad-value size",
        "record cfg",
        "unknown-key nothing",
        "unknown-key model.n_hiden",
        "inactive-key width",
    ]


def test_a_reported_mistake_causes_no_others() -> None:
    # Each of these could be right if the component had been found.
    words = ["model=cmn", "width=3", "model.width=4", "model.anything=5"]
    assert mistakes(*words) == ["unknown-component model"]
    assert mistakes("model=cmn", "no_such=3") == [
        "unknown-component model",
        "unknown-key no_such",
    ]


def test_a_lost_layer_causes_no_others() -> None:
    def empty(model, lr=1): ...

    def errors(*codes: str, words: dict[str, Any]) -> list[str]:
        before = [ForgeError(code, code) for code in codes]
        layer = mapping_layer("run(config=)", words, short=True)
        component = Component.of(empty, "experiment")
        with pytest.raises(ForgeError) as caught:
            resolve(component, WORLD.view(empty), [layer], errors=before)
        return [error.code for error in caught.value.errors]

    assert errors("unknown-preset", words={"width": 1}) == ["unknown-preset"]
    assert errors("no-file", words={"nothing": 1}) == ["no-file", "unknown-key"]
    assert errors("no-key", words={"lr": 1}) == ["no-key", "slot-empty"]


def test_inputs_and_cycles_are_looked_at_when_all_else_is_right() -> None:
    def broken(model=slot(mlp, rate=derived(lambda none: 1)), *, missing): ...

    assert mistakes("lr=1", root=broken) == ["unknown-key lr"]
    assert mistakes(root=broken) == ["derived-missing model.rate", "missing missing"]


def test_values_are_in_the_order_of_the_tree() -> None:
    config = WORLD.config(train, "seed=3", "model.rate=1", "lr=1")
    assert [*config] == [
        "lr",
        "steps",
        "size",
        "cfg.a",
        "model",
        "model.n_hidden",
        "model.rate",
        "seed",
    ]


def test_each_value_knows_where_it_comes_from() -> None:
    def outer(model=slot(mlp, rate=0.5), twice=derived(lambda lr: lr), lr=1): ...

    preset = mapping_layer("preset a", {"model.n_hidden": 3})
    config = WORLD.config(outer, "lr=2", layers=[preset])
    assert {key: str(config.origin(key)) for key in config} == {
        "twice": "derived",
        "lr": "command line",
        "model": "default",
        "model.n_hidden": "preset a",
        "model.rate": "slot model",
        "seed": "drawn",
    }


def test_items_of_a_list_know_who_named_them() -> None:
    def many(models: list[Model] = [mlp, cnn]): ...

    config = WORLD.config(many, "models=cnn,cnn")
    assert str(config.origin("models.0")) == "command line"
    assert config["models"] == ["cnn", "cnn"]
    one = WORLD.config(many, "models.1=mlp")
    assert str(one.origin("models.0")) == "default"
    assert str(one.origin("models.1")) == "command line"
    assert one["models"] == ["mlp", "mlp"]


def test_an_open_dict_takes_keys_of_its_type() -> None:
    def opened(a: dict[int, float] = {1: 2.0}, b=derived(lambda c: 1), c={}): ...

    config = WORLD.config(opened, "a.2=3", "c.x=[1]", "c.x=2")
    assert config["a"] == {1: 2.0, 2: 3.0}
    assert config["c"] == {"x": 2}
    assert mistakes("a.x=3", root=opened) == ["bad-value a.x"]


def test_python_values_go_through_the_same_check() -> None:
    config = WORLD.config(train, lr=1, size=[3, 4], cfg={"a": 2}, model=cnn)
    assert config["lr"] == 1.0
    assert (config["size"], config["cfg.a"]) == ((3, 4), 2)
    assert config["model"] == "cnn"
    assert WORLD.config(train, cfg={})["cfg.a"] == 1
    assert mistakes(cfg=3, lr="x") == ["record cfg", "bad-value lr"]


def test_a_stored_config_tells_what_is_new() -> None:
    stored = mapping_layer("stored config", {"model": "cnn", "lr": 1}, stored=True)
    notes = WORLD.config(train, layers=[stored]).notes
    new = "is new since the run; using today's default"
    assert notes == (
        f"steps {new} 10",
        f"size {new} (1, 2)",
        f"cfg.a {new} 1",
        f"model.width {new} 8",
    )
    stored = mapping_layer("stored config", {"model.gone": 1}, stored=True)
    with pytest.raises(ForgeError) as caught:
        WORLD.config(train, layers=[stored])
    assert caught.value.code == "drift-removed"


def test_a_seed_is_drawn_unless_it_is_given() -> None:
    drawn = {WORLD.config(train)["seed"] for _ in range(4)}
    assert len(drawn) > 1
    assert all(0 <= seed < 2**31 for seed in drawn)
    assert WORLD.config(train, "seed=3")["seed"] == 3
    assert mistakes("seed=x") == ["bad-value seed"]
