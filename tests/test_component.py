"""Components, described."""

from typing import Annotated

from forge.component import Component


def net(width=1, depth: Annotated[int, "layers"] = 2, rate=0.5, *, kind="x"):
    """Make a net.

    Args:
        width (int): Units of a layer.
        depth: Not this one.
        kind: What it is,
            in more lines.
    """


class Net:
    """A net.

    :param width: Units.
    """

    def __init__(self, width=1): ...


def test_a_component_knows_where_it_comes_from() -> None:
    component = Component.of(net, "model", name="small")
    assert (component.kind, component.name) == ("model", "small")
    assert component.identity == (__name__, "net")
    assert component.spelled == f"{__name__}:small"
    assert component.where.startswith("test_component.py:")
    assert component.function is net


def test_a_class_is_where_its_constructor_is() -> None:
    component = Component.of(Net, "model")
    assert component.file == __file__
    assert component.line > Component.of(net, "model").line
    assert [a.name for a in component.signature.arguments] == ["width"]


def test_what_was_typed_in_is_known_by_its_module() -> None:
    assert Component("model", "x", dict, "somewhere", "x").where == "somewhere"
    assert Component.of(dict, "model").where == "builtins"


def test_help_is_in_the_annotation_or_the_docstring() -> None:
    component = Component.of(net, "model")
    assert component.help_for("depth") == "layers"
    assert component.help_for("width") == "Units of a layer."
    assert component.help_for("kind") == "What it is,"
    assert component.help_for("rate") == ""
    assert component.help_for("absent") == ""
    assert Component.of(Net, "model").help_for("width") == "Units."
