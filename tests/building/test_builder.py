"""Objects, built once each."""

# ruff: noqa: B006, B008 - defaults are the subject

from typing import Any

import pytest
from worlds import World

from forge.building.builder import Builder
from forge.errors import ForgeError
from forge.signature import Factory, Model, derived, slot


def fails(world: World, root: Any, *words: str) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        world.build(root, *words)
    return caught.value


def test_each_slot_is_built_once_and_seeded_before() -> None:
    world, order = World(), []

    @world.dataset
    def toy():
        order.append("toy")
        return {"n": 1}

    @world.model
    def part(n):
        order.append("part")
        return [n]

    @world.model
    def whole(a=part, b=part):
        order.append("whole")
        return a, b

    def train(model=whole, *, dataset): ...

    values = world.build(train, before=order.append)
    assert order == [
        "dataset",
        "toy",
        "model.a",
        "part",
        "model.b",
        "part",
        "model",
        "whole",
    ]
    assert values == {"model": ([1], [1]), "dataset": {"n": 1}}


def test_objects_that_are_there_are_not_built_again() -> None:
    world = World()

    @world.model
    def net():
        raise AssertionError

    def train(model=net, many: list[Model] = [net], none: Model | None = None): ...

    given = {"model": "here", "many.0": "too"}
    assert world.build(train, given=given) == {
        "model": "here",
        "many": ["too"],
        "none": None,
    }


def test_special_names_are_asked_for_with_the_path() -> None:
    world = World()

    @world.model
    def net(*, _seed):
        return _seed

    def train(model=net, *, _run): ...

    special = lambda path, name: f"{path}:{name}"  # noqa: E731
    values = world.build(train, special=special)
    assert values == {"model": "model:_seed", "_run": ":_run"}


def test_sharing_an_object_by_name() -> None:
    world = World()

    @world.model
    def net():
        return object()

    @world.model
    def loss(model, dataset):
        return model

    def train(dataset=None, model=net, one=loss, two=loss): ...

    values = world.build(train)
    assert values["one"] is values["two"] is values["model"]


def test_inputs_remember_where_they_came_from() -> None:
    world = World()

    @world.dataset
    def toy(size):
        return {"n": size}

    @world.model
    def net(n, size, twice=derived(lambda n: 2 * n)):
        return n, size, twice

    def train(dataset, model, size=3): ...

    config = world.config(train)
    builder = Builder(config)
    builder.datasets(config.tree.root)
    assert builder.slot("model") == (3, 3, 6)
    assert builder.injected == {
        "dataset.size": (3, "size"),
        "model.n": (3, "dataset.n"),
        "model.size": (3, "size"),
        "model.twice": (6, "derived at build"),
    }
    assert builder.built.keys() == {"dataset", "model"}


def test_missing_inputs_of_a_component_are_told_together() -> None:
    world = World()

    @world.dataset
    def toy():
        return {"x": 1}

    @world.model
    def net(a, b, x): ...

    def train(dataset, model): ...

    error = fails(world, train)
    assert (error.code, error.path, error.names) == (
        "missing-injection",
        "model",
        ["a", "b"],
    )


def test_a_dataset_under_construction_cannot_offer() -> None:
    world = World()

    @world.dataset
    def first(model):
        return {"n": model}

    @world.model
    def net(n):
        return n

    def train(dataset=first, model=net): ...

    assert fails(world, train).cycle == ["dataset", "model", "dataset"]
    assert fails(world, train, "seed=1").code == "cycle"


def test_datasets_may_feed_each_other() -> None:
    world = World()

    @world.dataset
    def base():
        return {"vocabulary": 7}

    @world.dataset
    def encoded(vocabulary):
        return {"n": vocabulary}

    def train(coded=encoded, raw=base): ...

    assert world.build(train)["coded"] == {"n": 7}


def test_a_dataset_does_not_build_its_siblings_to_hear_them_agree() -> None:
    world, order = World(), []

    @world.dataset
    def one(n):
        order.append("one")
        return {"n": n}

    @world.dataset
    def two(n):
        order.append("two")
        return {"n": n}

    def train(a=one, b=two, n=3): ...

    assert world.build(train) == {"a": {"n": 3}, "b": {"n": 3}, "n": 3}
    assert order == ["one", "two"]


def test_a_factory_keeps_what_could_be_injected() -> None:
    world = World()

    @world.dataset
    def toy():
        return {"n": 5}

    @world.kind("optimizer")
    def adam(params, n, lr=0.1):
        return params, n, lr

    def train(dataset, opt: Factory = slot(adam, lr=0.5)): ...

    assert world.build(train)["opt"]("p") == ("p", 5, 0.5)


def test_what_a_component_raises_says_where_it_stood() -> None:
    world = World()

    @world.model
    def net(width=3, data=[object()]):
        raise ValueError("no")

    def train(model=net): ...

    with pytest.raises(ValueError, match="no") as caught:
        world.build(train)
    (note,) = caught.value.__notes__
    assert "while building model = net (test_builder.py:" in note
    assert note.endswith("with width=3, data=<list>")


def test_a_mistake_inside_a_component_is_not_dressed_up() -> None:
    world = World()

    @world.model
    def net():
        raise ForgeError("mine", "as it is")

    def train(model=net): ...

    error = fails(world, train)
    assert str(error) == "as it is"
    assert not hasattr(error, "__notes__")


def test_a_default_and_a_dataset_that_say_the_same_agree() -> None:
    world = World()

    @world.dataset
    def toy():
        return {"n": 3, "lr": 1, "seed": 9}

    @world.model
    def net(n=3):
        return n

    def train(dataset, model=net, lr=1): ...

    assert world.build(train, "seed=4")["model"] == 3

    @world.model
    def other(n=4):
        return n

    assert fails(world, train, "model=other").code == "default-conflict"
    assert world.build(train, "model=other", "model.n=4")["model"] == 4
