"""What is said when an injection or a build cannot be."""

from collections.abc import Callable

import numpy as np
from worlds import World

from forge.building.refusals import (
    ambiguous,
    brief,
    built_nothing,
    conflict,
    cycle,
    missing,
)


WORLD = World()


@WORLD.dataset
def toy(): ...


@WORLD.model
def net(image, label, width=1): ...


def train(one=toy, two=toy, model=net): ...


TREE = WORLD.tree(train)


def test_values_are_written_briefly() -> None:
    assert brief(3) == "3"
    assert brief("a") == "'a'"
    assert brief((1, 2)) == "(1, 2)"
    assert brief(np.zeros(3)) == "<ndarray>"
    assert brief("x" * 99) == "'" + "x" * 56 + "..."


def test_each_says_what_would_work(message: Callable[[str, str], None]) -> None:
    nodes = TREE.nodes
    scope = nodes["model"].inner
    assert scope is not None
    component = scope.component
    said = [
        cycle(["a", "b", "c"], "b"),
        ambiguous(nodes["model.image"], ["one.image", "two.image"]),
        missing(scope, ["image", "label"], {"one": {"imgae": 1, "x": 2}, "two": {}}),
        missing(scope, ["image"], {"one": np.zeros(2), "two": [1]}),
        missing(scope, ["image"], {}),
        conflict(nodes["model.width"], nodes["one"], 5, 1),
        built_nothing(nodes["model"], component),
    ]
    texts = [f"{e.code}: {e}" for e in said]
    where = component.where
    message("build-refused", "\n".join(texts).replace(where, "net.py:1"))
