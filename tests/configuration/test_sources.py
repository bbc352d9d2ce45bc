"""Where inputs come from."""

from typing import Any, TypedDict

from worlds import World

from forge.component import Component
from forge.configuration.sources import (
    cycles,
    dataset_slots,
    enclosing_source,
    missing,
    offering_datasets,
)
from forge.signature import Dataset, Factory


def feeds(tree: Any, path: str) -> str | None:
    found = enclosing_source(tree.nodes[path])
    return found.path if found else None


class Known(TypedDict):
    """What a dataset says it returns."""

    image: int


WORLD = World()


@WORLD.dataset
def typed(size) -> Known: ...


@WORLD.dataset
def untyped(): ...


@WORLD.dataset
def strange() -> "Missing": ...  # noqa: F821


@WORLD.model
def part(image, width, model): ...


@WORLD.model
def whole(inner=part, width=1, own=untyped): ...


def train(dataset=typed, other=whole, model=whole, size=1, rate=2): ...


TREE = WORLD.tree(train)


def test_the_innermost_scope_comes_first() -> None:
    assert feeds(TREE, "model.inner.width") == "model.width"
    assert feeds(TREE, "dataset.size") == "size"
    assert feeds(TREE, "model.inner.image") is None


def test_a_slot_does_not_feed_what_stands_in_it() -> None:
    # Inside `model` the name `model` does not mean itself.
    assert feeds(TREE, "other.inner.model") == "model"
    assert "model.inner.model" in TREE.nodes
    assert TREE.nodes["model.inner.model"].is_slot


def test_datasets_near_and_far_may_offer() -> None:
    offered = offering_datasets(TREE.nodes["model.inner.image"])
    assert [slot.path for slot in offered] == ["model.own", "dataset"]
    assert [slot.path for slot in dataset_slots(TREE.root)] == ["dataset"]
    own = offering_datasets(TREE.nodes["dataset.size"])
    assert own == []


def test_a_factory_of_datasets_offers_nothing() -> None:
    def lazily(make: Factory = typed, a: Dataset = typed, size=1): ...

    tree = WORLD.tree(lazily)
    assert [slot.path for slot in dataset_slots(tree.root)] == ["a"]
    assert [e.key for e in missing(tree, {})] == []


def test_what_a_typed_dataset_lacks_is_missing() -> None:
    @WORLD.model
    def reads(image, label): ...

    def one(dataset=typed, model=reads, size=1): ...

    def two(dataset=strange, model=reads): ...

    assert [e.key for e in missing(WORLD.tree(one), {})] == ["model.label"]
    assert missing(WORLD.tree(one), {"model.label": 3}) == []
    assert missing(WORLD.tree(two), {}) == []


def test_arguments_of_a_captured_function_are_its_callers() -> None:
    def scaled(x): ...

    def none(lr=1): ...

    tree = WORLD.tree(none, inner=[Component.of(scaled, "capture")])
    assert missing(tree, {}) == []
    tree = WORLD.tree(none, inner=[Component.of(scaled, "command")])
    assert [e.key for e in missing(tree, {})] == ["scaled.x"]


def test_a_cycle_is_followed_through_inputs_and_lists() -> None:
    world = World()

    @world.model
    def reader(b): ...

    @world.model
    def holder(parts=[reader]): ...  # noqa: B006

    @world.model
    def other(a): ...

    def train(a=holder, b=other): ...

    tree = world.tree(train)
    (error,) = cycles(tree, {})
    assert error.cycle == ["a", "a.parts", "a.parts.0", "b", "a"]
    assert cycles(tree, {"b.a": 1}) == []
