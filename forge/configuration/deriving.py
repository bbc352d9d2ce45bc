"""Parameters computed from others after all layers are applied."""

import copy
from collections.abc import Mapping
from typing import Any

from forge.configuration.shapes import is_plain_scalar
from forge.configuration.sources import enclosing_source
from forge.configuration.tree import Node, Tree
from forge.configuration.values import Origin
from forge.errors import ForgeError
from forge.signature import Derived, Role


def lookup(node: Node, name: str) -> Node | None:
    """Find what an argument of a derived parameter stands for.

    Args:
        node: The derived parameter.
        name: The argument.

    Returns:
        The nearest node of that name, from the scope that holds the default outwards.
    """
    start = node.fixed_at
    for scope in (start, *start.enclosing()):
        found = scope.names.get(name)
        if found is not None and found is not node:
            return found
    return None


def derive(
    tree: Tree, values: dict[str, Any], origins: dict[str, Origin]
) -> list[ForgeError]:
    """Compute every derived parameter whose arguments are known.

    Args:
        tree: The final tree.
        values: Values by full key; computed ones replace their `Derived`. What needs
            a built object stays, to be computed when its component is built.
        origins: Origins by full key, changed alike.

    Returns:
        `derived-missing` and `cycle` errors.
    """
    errors: list[ForgeError] = []
    pending = {
        path: node
        for path, node in tree.nodes.items()
        if isinstance(values.get(path), Derived)
    }
    for path, node in list(pending.items()):
        for name in values[path].names:
            if lookup(node, name) is None:
                errors.append(_missing(node, name))
                pending.pop(path, None)
    while pending:
        ready = [p for p in pending if not _waits(pending[p], pending, values)]
        if not ready:
            errors.append(_cycle(pending, values))
            break
        for path in ready:
            _compute(pending.pop(path), values, origins)
    return errors


def computed(node: Node, derived: Derived, given: Mapping[str, Any]) -> Any:
    """Call the function of a derived parameter.

    Args:
        node: The parameter.
        derived: Its default.
        given: The arguments, copies that the function may keep.

    Returns:
        The value.

    Raises:
        Exception: What the function raises, with a note that says where that was.
    """
    try:
        return derived.function(**given)
    except Exception as error:
        shown = ", ".join(f"{name}={_brief(value)}" for name, value in given.items())
        error.add_note(f"forge: while deriving {node.path} from {shown or 'nothing'}")
        raise


def _brief(value: Any) -> str:
    """Write a value in a note, never a page of numbers."""
    return repr(value) if is_plain_scalar(value) else f"<{type(value).__name__}>"


def _argument_nodes(node: Node, values: Mapping[str, Any]) -> list[Node]:
    """The nodes that the arguments of a derived parameter stand for."""
    found = (lookup(node, name) for name in values[node.path].names)
    return [_behind(n, values) for n in found if n is not None]


def _behind(node: Node, values: Mapping[str, Any]) -> Node:
    """Follow an input to the parameter that feeds it."""
    while node.role is Role.INPUT and node.path not in values:
        source = enclosing_source(node)
        if source is None:
            return node
        node = source
    return node


def _waits(node: Node, pending: Mapping[str, Node], values: Mapping[str, Any]) -> bool:
    """Whether a derived parameter needs another that is not computed yet."""
    return any(n.path in pending for n in _argument_nodes(node, values))


def _compute(node: Node, values: dict[str, Any], origins: dict[str, Origin]) -> None:
    """Compute one parameter, unless it needs what is built later."""
    derived: Derived = values[node.path]
    sources = _argument_nodes(node, values)
    known = all(
        s.path in values and not s.is_slot and not isinstance(values[s.path], Derived)
        for s in sources
    )
    if not known:
        origins[node.path] = Origin("derived at build")
        return
    given = {
        name: values[s.path] for name, s in zip(derived.names, sources, strict=True)
    }
    values[node.path] = computed(node, derived, copy.deepcopy(given))
    origins[node.path] = Origin("derived")


def _missing(node: Node, name: str) -> ForgeError:
    """Say that a derived parameter asks for what there is not."""
    owner = node.fixed_at.component
    return ForgeError(
        "derived-missing",
        f"{node.path} is derived from '{name}', which is not a parameter of "
        f"{owner.name} or of an enclosing one.",
        key=node.path,
        name=name,
    )


def _cycle(pending: Mapping[str, Node], values: Mapping[str, Any]) -> ForgeError:
    """Name the cycle among parameters that wait for each other."""
    path = next(iter(pending))
    seen: list[str] = []
    while path not in seen:
        seen.append(path)
        nodes = _argument_nodes(pending[path], values)
        path = next(n.path for n in nodes if n.path in pending)
    cycle = [*seen[seen.index(path) :], path]
    return ForgeError(
        "cycle", f"derived values need each other: {' -> '.join(cycle)}", cycle=cycle
    )
