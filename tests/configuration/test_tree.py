"""Nodes, scopes and the tree they make."""

from typing import Any, Final

import pytest

from forge.component import Component
from forge.configuration.tree import Choice, Node, Scope, Tree
from forge.signature import EMPTY, Argument, Derived, Role


def root() -> Scope:
    return Scope("", Component.of(lambda: None, "experiment"))


def node(name: str, scope: Scope, **argument: Any) -> Node:
    made = Argument(name, Role.PARAMETER, **argument)
    return Node(scope.child_path(name), made, Role.PARAMETER, scope, source="default")


def test_paths_grow_with_scopes() -> None:
    outer = root()
    inner = Scope("model", outer.component, outer)
    assert (outer.child_path("lr"), inner.child_path("n")) == ("lr", "model.n")
    assert list(Scope("model.part", outer.component, inner).enclosing()) == [
        inner,
        outer,
    ]


def test_a_tree_finds_nodes_by_the_end_of_their_path() -> None:
    outer = root()
    tree = Tree(outer)
    inner = Scope("model", outer.component, outer)
    for made in (node("n", outer), node("n", inner), node("run", inner)):
        tree.add(made)
    assert [n.path for n in tree.ending_with("n")] == ["model.n"]
    assert [n.path for n in tree.ending_with("model.n")] == []
    assert tree.ending_with("un") == []
    assert repr(tree.nodes["model.n"]) == "<Node model.n parameter>"


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ({"default": 3}, int),
        ({"default": 3, "annotation": float}, float),
        ({"default": None, "annotation": int}, int | None),
        ({"default": None}, Any),
        ({"default": EMPTY}, Any),
        ({"default": Derived(len, ())}, Any),
        ({"default": None, "annotation": Final}, Any),
    ],
)
def test_the_annotation_is_the_type_else_the_default(
    argument: dict[str, Any], kind: Any
) -> None:
    assert node("x", root(), **argument).type == kind


def test_only_dicts_that_are_no_groups_are_open() -> None:
    assert node("x", root(), default={}).is_open
    assert node("x", root(), default={"a": 1}, annotation=dict[str, int]).is_open
    assert not node("x", root(), default=3).is_open
    group = node("x", root(), default={})
    group.role = Role.GROUP
    assert not group.is_open


def test_choices_are_equal_when_their_component_is_the_same() -> None:
    one, two = (Component("model", "a", dict, "m", "a") for _ in range(2))
    assert Choice(one, "a") == Choice(one, "m:a")
    assert Choice(one, "a") != Choice(two, "a")
    assert Choice(None, None) == Choice(None, "x")
    assert len({Choice(one, "a"), Choice(one, "b")}) == 1
