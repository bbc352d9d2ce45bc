"""The config of a run."""

# ruff: noqa: B006 - defaults are the subject

import enum
import json
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
from worlds import World

from forge.configuration.values import DEFAULT, Config, Origin
from forge.errors import ForgeError
from forge.signature import Model


class Act(enum.Enum):
    relu = 1


WORLD = World()


@WORLD.model
def mlp(layers=[1], act=Act.relu, items=3): ...


def train(
    model=mlp,
    models: list[Model] = [mlp],
    maybe: Model | None = None,
    cfg={"deep": {"a": 1}},
    flags=5,
    out=Path("a"),
): ...


CONFIG = WORLD.config(train, "seed=1", "flags=6")


def test_a_config_is_a_mapping_that_cannot_be_changed() -> None:
    assert isinstance(CONFIG, Mapping)
    assert len(CONFIG) == len(list(CONFIG)) == len(dict(CONFIG))
    assert CONFIG["model.layers"] == [1]
    CONFIG["model.layers"].append(2)
    assert CONFIG["model.layers"] == [1]
    assert "model.nothing" not in CONFIG
    with pytest.raises(KeyError):
        CONFIG["nothing"]
    assert repr(CONFIG).startswith("Config(cfg.deep.a=1, flags=6, out=")


def test_namespaces_are_reached_by_attribute_and_by_item() -> None:
    model = CONFIG.model
    assert model == "mlp"
    assert str(model) == "mlp"
    assert model == CONFIG.models[0]
    assert hash(model) == hash("mlp")
    assert repr(model) == "<model = mlp>"
    assert model.layers == [1]
    assert model["items"] == model.items == 3
    assert CONFIG.cfg.deep.a == 1
    assert CONFIG.maybe is None
    assert dir(model) == ["act", "items", "layers"]
    # Methods win over names, and [...] always works.
    assert isinstance(CONFIG.flags, dict)
    assert CONFIG["flags"] == 6
    with pytest.raises(AttributeError, match=r"no 'model\.nothing'"):
        _ = model.nothing
    with pytest.raises(KeyError):
        model["nothing"]
    with pytest.raises(AttributeError):
        _ = CONFIG.nothing


def test_nothing_can_be_set() -> None:
    for change in (
        lambda: setattr(CONFIG, "lr", 1),
        lambda: delattr(CONFIG, "lr"),
        lambda: CONFIG.__setitem__("lr", 1),
        lambda: CONFIG.__delitem__("lr"),
        lambda: setattr(CONFIG.model, "items", 1),
        lambda: CONFIG.model.__setitem__("items", 1),
    ):
        with pytest.raises(ForgeError) as caught:
            change()
        assert caught.value.code == "frozen"


def test_flags_are_what_json_holds() -> None:
    flags = CONFIG.flags
    assert json.loads(json.dumps(flags)) == flags
    assert list(flags) == sorted(flags)
    assert flags["model.act"] == "relu"
    assert flags["out"] == "a"
    assert flags["maybe"] is None
    assert "cfg" not in flags


def test_a_value_that_no_file_holds_is_refused() -> None:
    def holds(thing=None): ...

    config = WORLD.config(holds, thing=lambda: 1)
    with pytest.raises(ForgeError) as caught:
        _ = config.flags
    assert caught.value.code == "bad-value"


def test_origins_tell_givers_from_the_code() -> None:
    assert CONFIG.origin("flags") == Origin("command line") == "command line"
    assert CONFIG.origin("out") == DEFAULT
    assert CONFIG.origin("flags").is_given
    assert not Origin("slot model").is_given
    assert Origin("derived at build").is_derived
    assert repr(DEFAULT) == "Origin('default')"
    assert len({Origin("a"), Origin("a")}) == 1
    with pytest.raises(KeyError):
        CONFIG.origin("nothing")


def test_a_config_travels_as_its_values() -> None:
    there: Config = pickle.loads(pickle.dumps(CONFIG))
    assert dict(there) == dict(CONFIG)
    assert there.flags == CONFIG.flags
    assert dict(pickle.loads(pickle.dumps(there))) == dict(CONFIG)
    with pytest.raises(AttributeError):
        _ = CONFIG.__wrapped__
