"""The objects of a loaded model by name, as its checkpoints know them."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from forge.classic.objects import entries_of, nothing_to_restore


A, B = object(), object()


class Pair(NamedTuple):
    """What a config may return."""

    model: object
    optimizer: object


@pytest.mark.parametrize(
    ("model", "names", "found"),
    [
        ({"model": A, "loss": B}, ["model", "optimizer"], {"model": A}),
        (Pair(A, B), ["model", "optimizer"], {"model": A, "optimizer": B}),
        (SimpleNamespace(net=A), ["net"], {"net": A}),
        (A, ["model", "optimizer"], {"model": A}),
        (A, ["net"], {"net": A}),
        (A, ["net", "optimizer"], {}),
        ((A, B), ["model", "optimizer"], {}),
        ({"x": A}, ["model"], {}),
        (None, ["model"], {}),
    ],
)
def test_entries_belong_to_what_has_their_name(model, names, found):
    assert entries_of(model, names) == found


def test_methods_of_a_class_are_no_parts():
    class Net:
        def optimizer(self):
            """Not the one that was saved."""

    net = Net()
    assert entries_of(net, ["model", "optimizer"]) == {"model": net}


def test_a_model_without_any_entry_says_what_there_is(message):
    error = nothing_to_restore(["net", "optimizer"], {"model": 1}, Path("model.ckpt-4"))
    message("classic-nothing-to-restore", str(error))
    error = nothing_to_restore(["a", "b"], A, Path("model.ckpt-4"))
    message("classic-nothing-to-restore-one", str(error))
