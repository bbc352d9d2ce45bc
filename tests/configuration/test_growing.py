"""The tree of an experiment, laid out."""

# ruff: noqa: B006, B008 - defaults are the subject

import enum
from dataclasses import dataclass, field
from typing import Annotated

import pytest
from worlds import World

from forge.component import Component
from forge.configuration.growing import grow, spell
from forge.configuration.tree import Tree
from forge.errors import ForgeError
from forge.registry import ComponentFunction
from forge.signature import Dataset, Model, Role, derived, slot


def shape(tree: Tree) -> dict[str, str]:
    return {path: node.role.value for path, node in tree.nodes.items()}


def test_plain_names_come_before_what_is_in_slots() -> None:
    world = World()

    @world.model
    def mlp(x, width=1): ...

    def train(model=mlp, lr=0.1): ...

    assert shape(world.tree(train)) == {
        "lr": "parameter",
        "model": "slot",
        "model.x": "input",
        "model.width": "parameter",
        "seed": "parameter",
    }


def test_groups_have_members_as_deep_as_they_go() -> None:
    class Act(enum.Enum):
        relu = 1

    @dataclass
    class Sched:
        warmup: Annotated[int, "steps"] = 1
        act: "Missing" = Act.relu  # noqa: F821
        hidden: int = field(default=3, init=False)

    def train(a={"b": {"c": 1}, "d": 2}, s=Sched(), e={}, f={"not a name": 1}): ...

    tree = World().tree(train)
    assert shape(tree) == {
        "a": "group",
        "a.b": "group",
        "a.b.c": "parameter",
        "a.d": "parameter",
        "s": "group",
        "s.warmup": "parameter",
        "s.act": "parameter",
        "e": "parameter",
        "f": "parameter",
        "seed": "parameter",
    }
    assert tree.nodes["s.warmup"].argument.help == "steps"
    assert tree.nodes["s.act"].type is Act


def test_values_of_a_slot_replace_defaults_and_keep_their_type() -> None:
    world = World()

    @world.model
    def part(n, width=1, act="x"): ...

    @world.model
    def whole(inner=part): ...

    given = slot(part, n=2, width=0.5, act=derived(lambda size: size))

    def train(model=slot(whole, inner=given), size=3): ...

    tree = world.tree(train)
    nodes = tree.nodes
    assert nodes["model.inner.n"].role is Role.PARAMETER
    assert nodes["model.inner.width"].type is int
    assert nodes["model.inner.width"].source == "slot model.inner"
    assert nodes["model.inner"].source == "slot model"
    # The default was written where model is declared: names are looked up from there.
    assert nodes["model.inner.act"].fixed_at is nodes["model"].inner


def test_an_implicit_slot_is_an_input_where_its_name_is_in_sight() -> None:
    world = World()

    @world.dataset
    def toy(): ...

    @world.model
    def reader(dataset): ...

    @world.model
    def ema(model): ...

    def train(dataset, model=reader): ...

    tree = world.tree(train)
    assert tree.nodes["model.dataset"].role is Role.INPUT
    tree = world.tree(train, {"model": "ema"})
    assert tree.nodes["model.model"].role is Role.SLOT
    assert tree.nodes["model.model"].component.name == "reader"
    # Around it is a model, but only the one it is itself a part of.
    assert tree.nodes["model.model.dataset"].role is Role.INPUT


def test_an_empty_slot_takes_the_only_candidate() -> None:
    world = World()

    @world.model
    def one(): ...

    def train(model, other: Model | None = None, data: Dataset | None = None): ...

    tree = world.tree(train)
    assert tree.nodes["model"].component.name == "one"
    assert tree.nodes["other"].component is None

    @world.model
    def two(): ...

    assert world.tree(train).nodes["model"].component is None


def test_commands_stand_beside_the_slots() -> None:
    def train(lr=1): ...

    def evaluate(lr, split="test"): ...

    command = Component.of(evaluate, "command")
    tree = World().tree(train, inner=[command])
    assert shape(tree) == {
        "lr": "parameter",
        "evaluate.lr": "input",
        "evaluate.split": "parameter",
        "seed": "parameter",
    }
    assert tree.scopes["evaluate"].parent is tree.root


def test_a_seed_that_is_asked_for_is_a_parameter() -> None:
    def train(seed, lr=1): ...

    def own(seed=3): ...

    assert shape(World().tree(train)) == {"seed": "parameter", "lr": "parameter"}
    assert World().tree(own).nodes["seed"].default == 3


def test_components_may_be_deep_but_not_without_end() -> None:
    world = World()

    def leaf(): ...

    inner = world.model(leaf)
    for depth in range(50):

        def outer(part=inner): ...

        outer.__qualname__ = outer.__name__ = f"outer_{depth}"
        inner = world.model(outer)

    def train(model=inner): ...

    assert max(path.count(".") for path in world.tree(train).nodes) == 50

    def endless(part=None): ...

    component = Component.of(endless, "model")
    endless.__defaults__ = (ComponentFunction(endless, component),)

    def again(model=endless.__defaults__[0]): ...

    with pytest.raises(ForgeError, match="endless -> endless") as caught:
        world.tree(again)
    assert caught.value.code == "cycle"


def test_a_component_is_spelled_so_that_it_is_found_again() -> None:
    world = World()
    one = Component("model", "net", dict, "a", "net")
    two = Component("model", "net", dict, "b", "net")
    world.registry.add(one)
    view = world.registry.seen_from("a")
    assert spell(one, view).spelled == "net"
    assert spell(two, view).spelled == "b:net"
    root = Component.of(test_a_component_is_spelled_so_that_it_is_found_again, "x")
    assert set(grow(root, view, {}).nodes) == {"seed"}
