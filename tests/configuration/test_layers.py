"""Layers of values."""

# ruff: noqa: B006 - defaults are the subject

from typing import Any

import pytest
from worlds import World

from forge.configuration.layers import Layer, mapping_layer
from forge.signature import Model


WORLD = World()


@WORLD.model
def cnn(channels=(1,), cfg={"a": 1}): ...


def train(model=cnn, models: list[Model] = [cnn], opts={}, free=None, lr=1): ...


TREE = WORLD.tree(train)


@pytest.mark.parametrize(
    ("values", "entries"),
    [
        ({"lr": 1}, {"lr": 1}),
        (
            {"model": {"_use_": "cnn", "channels": [4], "cfg": {"a": 2}}},
            {"model": "cnn", "model.channels": [4], "model.cfg.a": 2},
        ),
        ({"opts": {"a": {"b": 1}}}, {"opts": {"a": {"b": 1}}}),
        ({"free": {"x": 1}}, {"free": {"x": 1}}),
        ({"unknown": {"x": {"y": 1}}}, {"unknown.x.y": 1}),
        ({"model": {}}, {"model": {}}),
        (
            {"models": [{"_use_": "cnn", "channels": [1]}, "cnn"]},
            {"models": ["cnn", "cnn"], "models.0.channels": [1]},
        ),
        ({"models": [{"channels": 1}, {"_use_": "cnn"}]}, None),
        ({"free": [{"_use_": "cnn"}]}, {"free": [{"_use_": "cnn"}]}),
        ({3: 1}, {"3": 1}),
    ],
)
def test_mappings_are_taken_apart_down_to_parameters(
    values: dict[Any, Any], entries: dict[str, Any] | None
) -> None:
    found = mapping_layer("a.json", values).entries(TREE)
    expected = {"models": [{"channels": 1}, "cnn"]} if entries is None else entries
    assert found == expected


def test_of_a_key_given_twice_the_last_counts_at_its_place() -> None:
    pairs = [("lr", "1"), ("free", "2"), ("lr", "3")]
    layer = Layer("command line", pairs, text=True, short=True)
    assert list(layer.entries(TREE).items()) == [("free", "2"), ("lr", "3")]


def test_only_the_command_line_speaks_for_itself() -> None:
    assert Layer("command line", (), text=True).prefix == ""
    assert mapping_layer("preset big", {}).prefix == "preset big: "
