"""Keys as users type them."""

# ruff: noqa: B006, B008 - defaults are the subject

from collections.abc import Callable

import pytest
from worlds import World

from forge.configuration.keys import (
    drifted,
    is_known_anywhere,
    match,
    parameter_names,
    unknown,
)
from forge.errors import ForgeError
from forge.signature import derived


WORLD = World()


@WORLD.dataset
def toy(size=1, deep={"a": {"b": 1}}): ...


@WORLD.model
def mlp(n_in, width=8, rate=derived(lambda width: width)): ...


@WORLD.model
def cnn(n_in, filters=3): ...


def train(dataset, a=mlp, b=mlp, size=2, opts={}): ...


TREE = WORLD.tree(train)
VIEW = WORLD.view(train)


def paths(key: str, *, short: bool = True) -> list[str]:
    found = match(key, TREE, short=short, source="file.json")
    return [t.node.path + (f"[{t.entry}]" if t.entry else "") for t in found]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("size", ["size"]),
        ("dataset.size", ["dataset.size"]),
        ("a.width", ["a.width"]),
        ("deep.a.b", ["dataset.deep.a.b"]),
        ("b", ["b"]),
        ("a.b", ["dataset.deep.a.b"]),
        ("opts.x", ["opts[x]"]),
        ("opts.x.y", ["opts[x.y]"]),
        ("*.width", ["a.width", "b.width"]),
        ("?.width", []),
        ("*.*.*.b", ["dataset.deep.a.b"]),
        ("w*h", ["a.width", "b.width"]),
        ("*n_in", ["a.n_in", "b.n_in"]),
        ("nothing", []),
        ("", []),
        (".", []),
        ("dataset.", []),
        ("*.nothing", []),
    ],
)
def test_what_a_key_stands_for(key: str, found: list[str]) -> None:
    assert paths(key) == found


def test_several_hits_are_ambiguous() -> None:
    for key in ("width", "n_in", "rate"):
        with pytest.raises(ForgeError) as caught:
            paths(key)
        assert caught.value.code == "ambiguous-key"
        assert caught.value.options == [f"a.{key}", f"b.{key}"]


def test_a_short_key_in_a_file_is_told_its_full_name() -> None:
    with pytest.raises(ForgeError) as caught:
        paths("deep.a", short=False)
    assert (caught.value.code, caught.value.full) == (
        "short-key-in-file",
        "dataset.deep.a",
    )


def test_ambiguous_keys_show_what_each_place_has(
    message: Callable[[str, str], None],
) -> None:
    for key in ("n_in", "rate"):
        with pytest.raises(ForgeError) as caught:
            paths(key)
        message(f"ambiguous-key-{key}", str(caught.value))


def test_an_unknown_key_is_guessed_at() -> None:
    error = unknown("a.widht", TREE, VIEW, "")
    assert (error.code, error.guesses) == ("unknown-key", ["a.width", "b.width"])
    error = unknown("zzz", TREE, VIEW, "preset big: ")
    assert str(error).startswith("preset big: unknown parameter 'zzz'.\n  parameters:")


def test_a_key_of_another_component_is_inactive() -> None:
    error = unknown("filters", TREE, VIEW, "")
    assert (error.code, error.slot, error.options) == ("inactive-key", "a", ["cnn"])
    assert unknown("b.filters", TREE, VIEW, "").slot == "b"
    assert unknown("dataset.filters", TREE, VIEW, "").code == "unknown-key"


def test_a_key_may_be_known_to_a_component_nobody_chose() -> None:
    assert is_known_anywhere("model.filters", TREE, VIEW)
    assert is_known_anywhere("size", TREE, VIEW)
    assert not is_known_anywhere("filter", TREE, VIEW)


def test_a_stored_key_that_is_gone_offers_ways_out() -> None:
    error = drifted(unknown("a.gone", TREE, VIEW, "stored config: "))
    assert error.code == "drift-removed"
    assert "load(..., ignore=[...])" in str(error)
    assert error.key == "a.gone"


def test_inputs_are_no_parameters() -> None:
    names = parameter_names(TREE)
    assert "a.width" in names
    assert "a.n_in" not in names
