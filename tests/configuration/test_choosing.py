"""Which component fills each slot."""

# ruff: noqa: B006, B008 - defaults are the subject

from typing import Any

import pytest
from worlds import World

from forge.component import Component
from forge.configuration.choosing import Choosing, empty_slots, strange_values
from forge.configuration.layers import Layer, mapping_layer
from forge.signature import Model, slot


WORLD = World()


@WORLD.model
def mlp(width=1): ...


@WORLD.model
def cnn(filters=2): ...


@WORLD.model
def ema(model, inner=mlp): ...


@WORLD.dataset
def toy(): ...


def train(model=mlp, parts: list[Model] = [mlp, cnn], maybe: Model | None = None): ...


def words(*pairs: str) -> Layer:
    split = [tuple(pair.split("=", 1)) for pair in pairs]
    return Layer("command line", split, text=True, short=True)


def choosing(*layers: Layer, root: Any = train) -> Choosing:
    return Choosing(Component.of(root, "experiment"), WORLD.view(root), layers, ())


def names(found: Choosing) -> dict[str, Any]:
    nodes = found.tree.nodes.items()
    chosen = {path: node.component for path, node in nodes if node.is_slot}
    return {path: c.name for path, c in chosen.items() if c}


def codes(found: Choosing) -> list[str]:
    return [error.code for error in found.errors]


def test_the_highest_layer_decides() -> None:
    low, high = mapping_layer("preset a", {"model": "cnn"}), words("model=ema")
    found = choosing(low, high, words("inner=cnn"))
    assert names(found)["model"] == "ema"
    assert names(found)["model.inner"] == "cnn"
    assert found.named_at == {"model": 1, "model.inner": 2}
    assert found.changed_at == {"model": 1, "model.inner": 2}


def test_naming_what_is_there_already_changes_nothing() -> None:
    found = choosing(words("model=mlp"))
    assert found.changed_at == {}
    assert found.named_at == {"model": 0}
    assert found.overruled("model.width", -1) is None


def test_a_change_overrules_what_lower_layers_say_below() -> None:
    found = choosing(mapping_layer("preset a", {"model.width": 3}), words("model=cnn"))
    assert found.overruled("model.width", 0) == "model"
    assert found.overruled("model.width", 1) is None
    assert found.overruled("model", 0) is None
    assert found.overruled("models.width", 0) is None


def test_lists_are_named_whole_or_item_by_item() -> None:
    found = choosing(words("parts=[cnn, cnn, mlp]", "parts.2=ema"))
    chosen = names(found)
    assert [chosen[f"parts.{i}"] for i in range(3)] == ["cnn", "cnn", "ema"]
    python = choosing(mapping_layer("run(config=)", {"parts": (cnn, "mlp")}))
    assert names(python)["parts.0"] == "cnn"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("mpl", "unknown-component"),
        ("toy", "wrong-kind"),
        (toy, "wrong-kind"),
        (None, "slot-required"),
        (3, "bad-value"),
        ({}, "bad-value"),
        (["mlp"], "bad-value"),
        ("mlp,cnn", "several-values"),
        ("no/such.py", "no-file"),
        ("no_such_module:x", "no-file"),
    ],
)
def test_what_cannot_fill_a_slot(value: Any, code: str) -> None:
    found = choosing(mapping_layer("run(config=)", {"model": value}))
    assert codes(found) == [code]
    assert found.broken == {"model"}
    assert names(found)["model"] == "mlp"


def test_none_empties_an_optional_slot_only() -> None:
    layer = mapping_layer("a", {"maybe": "cnn"})
    assert names(choosing(layer))["maybe"] == "cnn"
    assert "maybe" not in names(choosing(layer, words("maybe=None")))
    assert codes(choosing(words("model=none"))) == ["slot-required"]
    assert codes(choosing(words("parts=mlp,None"))) == ["slot-required"]


def test_brackets_that_do_not_match_are_a_mistake() -> None:
    found = choosing(words("parts=[mlp"))
    assert [str(error) for error in found.errors] == [
        "parts=[mlp: parts takes models by their names, as in parts=a,b."
    ]


def test_a_stored_reference_is_never_imported() -> None:
    stored = mapping_layer("stored config", {"model": "os:path"}, stored=True)
    (error,) = choosing(stored).errors
    assert error.code == "stored-reference"
    again = mapping_layer("stored config", {"model": f"{__name__}:cnn"}, stored=True)
    assert names(choosing(again))["model"] == "cnn"
    # What was stored for another one is void, with whatever it was called.
    found = choosing(stored, words("model=cnn"))
    assert (found.errors, found.broken, found.changed_at["model"]) == ([], set(), 1)


def test_a_short_name_of_a_lower_layer_may_have_been_overruled() -> None:
    def alone(model=mlp): ...

    low = mapping_layer("run(config=)", {"width": 3, "x": 1}, short=True)
    found = choosing(low, words("model=cnn"), root=alone)
    assert found.overruled_once("width", 0) == "model"
    assert found.overruled_once("x", 0) is None
    assert found.overruled_once("width", 1) is None


def test_empty_slots_are_found_unless_they_are_broken() -> None:
    def none(model, parts: list[Model], free: list[Model] = [], given=None): ...

    found = choosing(root=none)
    view = WORLD.view(none)
    keys = [error.key for error in empty_slots(found.tree, view, set())]
    assert keys == ["model", "parts"]
    assert empty_slots(found.tree, view, {"model", "parts"}) == []


def test_values_of_a_slot_need_a_parameter() -> None:
    def given(model=slot(mlp, width=3)): ...

    assert strange_values(choosing(root=given).tree, set()) == []
    found = choosing(words("model=cnn"), root=given)
    (error,) = strange_values(found.tree, set())
    assert (error.code, error.name) == ("slot-value", "width")
    assert strange_values(found.tree, {"model"}) == []
