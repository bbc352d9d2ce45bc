"""What is said when a slot cannot be filled."""

from collections.abc import Sequence
from typing import Any

from forge._text import did_you_mean
from forge.component import Component, Lookup
from forge.configuration.layers import Layer
from forge.configuration.tree import Node
from forge.errors import ForgeError
from forge.references import RUN_KINDS
from forge.signature import Role


def unknown(kind: str, path: str, name: str, lookup: Lookup) -> ForgeError:
    """Say that there is no such component of a kind.

    Args:
        kind: The kind the slot takes.
        path: The slot's key.
        name: What was asked for.
        lookup: The components there are.

    Returns:
        `wrong-kind` when another kind has the name, else `unknown-component`.
    """
    others = [k for k in lookup.kinds_of(name) if k != kind]
    if others:
        return wrong_kind(kind, path, lookup.find(others[0], name)[0], lookup)
    names = _names(kind, lookup)
    hint = did_you_mean(name, names, f"{path}={{}}")
    return ForgeError(
        "unknown-component",
        f"{path}={name}: no {kind} is called '{name}'.{hint}\n"
        f"  {kind}s: {', '.join(names) or 'none'}",
        key=path,
        name=name,
        options=names,
    )


def wrong_kind(kind: str, path: str, other: Component, lookup: Lookup) -> ForgeError:
    """Say that a component is of another kind than the slot takes.

    Args:
        kind: The kind the slot takes.
        path: The slot's key.
        other: The component that was named.
        lookup: The components there are.

    Returns:
        `wrong-kind`.
    """
    names = _names(kind, lookup)
    return ForgeError(
        "wrong-kind",
        f"{path}={other.name}: '{other.name}' is of kind {other.kind}, but this slot "
        f"takes kind {kind}.",
        key=path,
        name=other.name,
        options=names,
    )


def required(node: Node, path: str, lookup: Lookup) -> ForgeError:
    """Say that a slot cannot stay empty.

    Args:
        node: The slot, or the list it is an item of.
        path: The slot's key.
        lookup: The components there are.

    Returns:
        `slot-required`.
    """
    kind = str(node.argument.kind)
    names = _names(kind, lookup)
    return ForgeError(
        "slot-required",
        f"{path}=None: {path} is not optional. {kind}s: {', '.join(names) or 'none'}",
        key=path,
        options=names,
    )


def several(kind: str, path: str, names: str) -> ForgeError:
    """Say that a slot takes one component.

    Args:
        kind: The kind it takes.
        path: Its key.
        names: The comma list that was given.

    Returns:
        `several-values`.
    """
    return ForgeError(
        "several-values",
        f"{path}={names}: {path} takes one {kind}. "
        f"To run several:  sweep with {path}={names}",
        key=path,
    )


def not_a_component(node: Node, path: str, value: Any, layer: Layer) -> ForgeError:
    """Say that a value cannot fill a slot.

    Args:
        node: The slot, or the list it is an item of.
        path: The slot's key.
        value: The value.
        layer: Who gives it.

    Returns:
        `bad-value`.
    """
    kind = node.argument.kind
    shown = value if layer.text else repr(value)
    takes = f"a {kind} by its name"
    if kind in RUN_KINDS:
        takes = "a recorded run, such as train/3"
    if node.role is Role.SLOTS and path == node.path:
        takes = f"{kind}s by their names, as in {path}=a,b"
    return ForgeError(
        "bad-value",
        f"{layer.prefix}{path}={shown}: {path} takes {takes}.",
        key=path,
    )


def stored_reference(path: str, name: str) -> ForgeError:
    """Say that a stored file imports nothing.

    Args:
        path: The slot's key.
        name: The reference in the file.

    Returns:
        `stored-reference`.
    """
    return ForgeError(
        "stored-reference",
        f"{path}={name} comes from a stored file, and what those name is never "
        f"imported. Say it again:  with {path}={name}",
        key=path,
    )


def ambiguous(
    path: str, kind: str, name: str, found: Sequence[Component]
) -> ForgeError:
    """Say that a name means several components.

    Args:
        path: The slot's key.
        kind: The kind it takes.
        name: The name.
        found: The components of that name.

    Returns:
        `ambiguous-component`.
    """
    number = "two" if len(found) == 2 else str(len(found))  # noqa: PLR2004
    places = " and ".join(c.where for c in found)
    return ForgeError(
        "ambiguous-component",
        f"{path}={name}: {number} {kind}s are called '{name}': {places}. "
        f"Write  {path}={found[0].spelled}  or rename one:  @forge.{kind}(name=...)",
        key=path,
        name=name,
        options=[c.spelled for c in found],
    )


def empty(node: Node, lookup: Lookup) -> ForgeError:
    """Say what could fill an empty slot.

    Args:
        node: The slot.
        lookup: The components there are.

    Returns:
        `slot-empty`.
    """
    kind = str(node.argument.kind)
    owner = node.scope.component
    if kind in RUN_KINDS:
        return _no_run(node)
    nested = node.scope.node is not None
    above = {id(owner), *(id(s.component) for s in node.scope.enclosing())}
    free = [c.name for c in lookup.of_kind(kind) if id(c) not in above]
    role = "component" if nested else owner.kind
    need = f"{role} '{owner.name}' needs a {kind} for '{node.path}'; "
    name = node.name
    if not free:
        rest = f"none is registered. Decorate a function with @forge.{kind}."
        return ForgeError("slot-empty", need + rest, key=node.path, options=[])
    if nested:
        rest = f"{len(free)} can fill it: {', '.join(free)}."
    else:
        are = "is" if len(free) == 1 else "are"
        rest = f"{len(free)} {are} registered: {', '.join(free)}."
    return ForgeError(
        "slot-empty",
        f"{need}{rest}\n  Choose one:  with {node.path}={free[0]}   or give it a "
        f"default:  def {owner.name}({name}={free[0]}, ...)",
        key=node.path,
        options=free,
    )


def _no_run(node: Node) -> ForgeError:
    """Say that a slot needs a recorded run."""
    owner = node.scope.component
    return ForgeError(
        "slot-empty",
        f"{owner.kind} '{owner.name}' needs a recorded run for '{node.path}'.\n"
        f"  Name it:  with {node.path}=train/3   or one of its steps:  "
        f"with {node.path}=train/3@best",
        key=node.path,
        options=[],
    )


def strange(node: Node, component: Component, name: str, value: Any) -> ForgeError:
    """Say that a value of a slot has no parameter to go to.

    Args:
        node: The slot.
        component: What fills it.
        name: The parameter that `forge.slot` names.
        value: Its value.

    Returns:
        `slot-value`.
    """
    owner = node.scope.component
    spelled = getattr(node.choice, "spelled", component.name)
    return ForgeError(
        "slot-value",
        f"slot '{node.path}' of {owner.kind} '{owner.name}' sets {name}={value!r}, "
        f"but {component.kind} '{spelled}' has no parameter '{name}'.",
        key=node.path,
        name=name,
    )


def _names(kind: str, lookup: Lookup) -> list[str]:
    """The names of a kind."""
    return list(dict.fromkeys(c.name for c in lookup.of_kind(kind)))
