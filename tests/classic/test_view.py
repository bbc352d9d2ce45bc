"""Flags as scripts and config files see them."""

import copy
import pickle

import pytest

from forge.classic.definitions import Definition
from forge.classic.space import FlagSpace
from forge.classic.view import Flags
from forge.errors import ForgeError


@pytest.fixture(name="config")
def _config():
    space = FlagSpace()
    for name, kind, default in [("lr", "float", 0.1), ("items", "list", "a,b")]:
        space.define(Definition(name=name, kind=kind, default=default, file="a.py"))
    return Flags(lambda: space)


def test_flags_are_read_by_attribute_and_by_item(config):
    assert config.lr == config["lr"] == 0.1
    assert "lr" in config
    assert "rl" not in config
    assert list(config) == ["lr", "items"]
    assert len(config) == 2
    assert dict(config) == {"lr": 0.1, "items": ["a", "b"]}
    assert {**config}["lr"] == 0.1
    assert "lr" in dir(config)


def test_methods_win_over_names(config):
    assert callable(config.items)
    assert config["items"] == ["a", "b"]


def test_flags_are_set_by_attribute_and_by_item(config):
    config.lr = 1
    assert config.lr == 1.0
    config["lr"] = "0.5"
    assert config.lr == 0.5
    with pytest.raises(ForgeError, match="expected a number"):
        config.lr = "x"


def test_an_unknown_name_is_an_error_of_both_kinds(config, message):
    with pytest.raises(AttributeError) as caught:
        _ = config.rl
    message("unknown-flag-attribute", str(caught.value))
    with pytest.raises(KeyError) as missing:
        config["rl"]
    assert str(missing.value) == str(caught.value)
    with pytest.raises(ForgeError):
        config.rl = 3
    assert not hasattr(config, "rl")
    assert config.get("rl", 7) == 7
    assert getattr(config, "rl", 7) == 7


def test_flags_cannot_be_deleted(config, message):
    with pytest.raises(ForgeError) as caught:
        del config.lr
    message("flag-stays", str(caught.value))


def test_a_worker_receives_the_values(config):
    config.lr = 3
    there = pickle.loads(pickle.dumps(config))
    assert there.lr == there["lr"] == 3.0
    assert copy.deepcopy(config).lr == 3.0
    with pytest.raises(AttributeError):
        _ = there.rl


def test_the_values_show(config):
    assert repr(config) == "forge.flags(lr=0.1, items=['a', 'b'])"
