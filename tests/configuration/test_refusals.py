"""What is said when a slot cannot be filled."""

from collections.abc import Callable
from typing import Any

from worlds import World

from forge.component import Component
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.refusals import (
    ambiguous,
    empty,
    not_a_component,
    required,
    several,
    stored_reference,
    strange,
    unknown,
    wrong_kind,
)
from forge.signature import Model


WORLD = World()


@WORLD.model
def mlp(width=1): ...


@WORLD.kind("optimizer")
def adam(): ...


def train(model: Model, parts: list[Model], none: World = None): ...


TREE, VIEW = WORLD.tree(train), WORLD.view(train)
ADAM, MLP = (
    WORLD.find(*pair, train) for pair in (("optimizer", "adam"), ("model", "mlp"))
)


def test_each_says_what_would_work(message: Callable[[str, str], None]) -> None:
    model, parts = TREE.nodes["model"], TREE.nodes["parts"]
    words, preset = Layer("command line", (), text=True), mapping_layer("preset a", {})
    twin = Component("model", "mlp", dict, "b", "mlp", file="/x/b.py", line=9)
    first = Component("model", "mlp", dict, "a", "mlp", file="/x/a.py", line=3)
    said: dict[str, Any] = {
        "unknown": unknown("model", "model", "mpl", VIEW),
        "unknown-kind": unknown("metric", "metric", "zzz", VIEW),
        "wrong": unknown("model", "model", "adam", VIEW),
        "wrong-direct": wrong_kind("model", "model", ADAM, VIEW),
        "required": required(model, "model", VIEW),
        "several": several("model", "model", "a,b"),
        "word": not_a_component(model, "model", "[x", words),
        "value": not_a_component(model, "model", 3, preset),
        "item": not_a_component(parts, "parts.0", 3, preset),
        "list": not_a_component(parts, "parts", "[a", words),
        "stored": stored_reference("model", "a.py"),
        "ambiguous": ambiguous("model", "model", "mlp", [first, twin]),
        "ambiguous-three": ambiguous("model", "model", "mlp", [first, twin, twin]),
        "empty": empty(model, VIEW),
        "strange": strange(model, MLP, "depth", "many"),
    }
    text = "\n".join(f"{name} ({e.code}): {e}" for name, e in said.items())
    message("slots-refused", text)
