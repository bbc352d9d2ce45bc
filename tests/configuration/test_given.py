"""Values as layers give them."""

# ruff: noqa: B006 - defaults are the subject

import enum
from collections.abc import Callable
from typing import Any

import pytest
from worlds import World

from forge.configuration.given import group, typed, value_for
from forge.configuration.layers import Layer, mapping_layer
from forge.errors import ForgeError


WORDS = Layer("command line", (), text=True, short=True)
PRESET = mapping_layer("preset big", {})
STORED = mapping_layer("stored config", {}, stored=True)


class Act(enum.Enum):
    relu = 1


def train(n=1, rate=0.5, act=Act.relu, any=None, cfg={"a": 1, "b": 2}, big=10**400): ...  # noqa: A002


NODES = World().tree(train).nodes


@pytest.mark.parametrize(
    ("layer", "key", "value", "expected"),
    [
        (WORDS, "n", "1e3", 1000),
        (WORDS, "any", "[1]", [1]),
        (PRESET, "rate", 1, 1.0),
        (PRESET, "act", "relu", Act.relu),
        (STORED, "act", "relu", Act.relu),
        (STORED, "rate", 1, 1.0),
    ],
)
def test_values_come_out_in_the_type_of_their_parameter(
    layer: Layer, key: str, value: Any, expected: Any
) -> None:
    found = value_for(NODES[key], value, layer)
    assert (found, type(found)) == (expected, type(expected))


def test_mistakes_name_the_layer_and_the_type(
    message: Callable[[str, str], None],
) -> None:
    said = []
    for layer, key, value in [
        (WORDS, "n", "0.5"),
        (WORDS, "n", "x"),
        (WORDS, "n", "1,2"),
        (WORDS, "n", "1,[2"),
        (WORDS, "big", "0.5"),
        (PRESET, "n", 0.5),
        (PRESET, "n", "x"),
        (STORED, "act", "tanh"),
    ]:
        with pytest.raises(ForgeError) as caught:
            value_for(NODES[key], value, layer)
        text = str(caught.value).replace(str(10**400), "1000...")
        said.append(f"{caught.value.code}: {text}")
    said.append(str(group(NODES["cfg"])))
    message("bad-value-given", "\n".join(said))


def test_a_class_is_only_given_from_python() -> None:
    with pytest.raises(ForgeError) as caught:
        typed("a", "x", World, WORDS)
    assert caught.value.code in ("bad-value", "record")
    world = World()
    assert typed("a", world, World, PRESET) is world
