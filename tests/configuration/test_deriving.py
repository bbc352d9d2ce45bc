"""Values computed from others."""

# ruff: noqa: B006, B008 - defaults are the subject

from typing import Any

import pytest
from worlds import World

from forge.errors import ForgeError
from forge.signature import Derived, derived


WORLD = World()


@WORLD.dataset
def toy(n=3): ...


@WORLD.model
def net(
    n_in, width=derived(lambda size: 2 * size), deep=derived(lambda n_in: n_in)
): ...


def failing(function: Any) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        WORLD.config(function)
    return caught.value


def test_arguments_are_looked_up_outwards() -> None:
    def train(dataset, model=net, size=4): ...

    config = WORLD.config(train)
    assert config["model.width"] == 8
    assert config.origin("model.width").is_derived
    assert isinstance(config["model.deep"], Derived)
    assert config.origin("model.deep").source == "derived at build"
    assert "model.deep" not in config.flags


def test_an_input_leads_to_the_parameter_that_feeds_it() -> None:
    def train(model=net, size=4, n_in=5): ...

    assert WORLD.config(train)["model.deep"] == 5
    assert WORLD.config(train, "model.n_in=6")["model.deep"] == 6


def test_values_may_be_derived_in_any_order() -> None:
    config = WORLD.config(lambda c=derived(lambda b: b + 1), b=2: None)
    assert config["c"] == 3
    found = WORLD.config(
        lambda c=derived(lambda b: b + 1), b=derived(lambda a: a + 1), a=1: None
    )
    assert (found["c"], found["b"]) == (3, 2)


def test_what_a_function_gets_is_its_own() -> None:
    def longer(layers):
        layers.append(9)
        return layers

    def train(layers=[1], more=derived(longer)): ...

    config = WORLD.config(train)
    assert (config["layers"], config["more"]) == ([1], [1, 9])


def test_what_cannot_be_derived() -> None:
    error = failing(lambda a=derived(lambda nothing: 1): None)
    assert (error.code, error.key, error.name) == ("derived-missing", "a", "nothing")
    pair = {"a": derived(lambda b: b), "b": derived(lambda a: a)}
    error = failing(lambda a=pair["a"], b=pair["b"]: None)
    assert error.cycle == ["a", "b", "a"]
    # A name in its own scope is not itself.
    assert failing(lambda a=derived(lambda a: a): None).code == "derived-missing"


def test_a_group_is_there_when_it_is_built() -> None:
    def train(cfg={"a": 2}, b=derived(lambda cfg: cfg["a"])): ...

    assert WORLD.config(train).origin("b").source == "derived at build"
    assert WORLD.build(train, "cfg.a=5")["b"] == 5
