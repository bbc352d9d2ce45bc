"""Where inputs come from, as far as that is known before anything is built."""

from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints, is_typeddict

from forge.component import Component
from forge.configuration.tree import Node, Scope, Tree
from forge.errors import ForgeError
from forge.signature import Role


def enclosing_source(node: Node) -> Node | None:
    """Find the parameter, slot or input of an enclosing component that feeds an input.

    Args:
        node: The input.

    Returns:
        The nearest one of its name, innermost scope first; never a slot that the
        component itself stands in.
    """
    name = node.path.rpartition(".")[2]
    inside = f"{node.path}."
    for scope in node.scope.enclosing():
        found = scope.names.get(name)
        if found is not None and not inside.startswith(f"{found.path}."):
            return found
    return None


def dataset_slots(scope: Scope) -> list[Node]:
    """List the filled dataset slots that a scope declares.

    Args:
        scope: The scope.

    Returns:
        The slots in the order of the signature.
    """
    return [
        n
        for n in scope.names.values()
        if n.role is Role.SLOT
        and n.argument.kind == "dataset"
        and n.component is not None
        and not n.argument.factory
    ]


def offering_scopes(scope: Scope) -> Iterator[Scope]:
    """Go through the scopes whose datasets may supply a component's inputs."""
    yield scope
    yield from scope.enclosing()


def offering_datasets(node: Node) -> list[Node]:
    """List every dataset slot that might supply an input.

    Args:
        node: The input.

    Returns:
        The slots, nearest scope first; never the one that the input belongs to.
    """
    inside = f"{node.path}."
    return [
        slot
        for scope in offering_scopes(node.scope)
        for slot in dataset_slots(scope)
        if not inside.startswith(f"{slot.path}.")
    ]


def missing(tree: Tree, values: Mapping[str, Any]) -> list[ForgeError]:
    """Find the inputs that nothing can supply.

    Args:
        tree: The final tree.
        values: The values that were given, by full key.

    Returns:
        One `missing` an input. Arguments of a captured function and of a factory's
        call are their caller's.
    """
    return [
        _missing(node, tree)
        for node in tree.nodes.values()
        if node.role is Role.INPUT
        and node.path not in values
        and not _is_callers(node)
        and enclosing_source(node) is None
        and not any(_may_offer(slot, node) for slot in offering_datasets(node))
    ]


def cycles(tree: Tree, values: Mapping[str, Any]) -> list[ForgeError]:
    """Find components that need each other to be built.

    Args:
        tree: The final tree.
        values: The values that were given, by full key.

    Returns:
        At most one `cycle`, naming the slots along it.
    """
    needs = _Needs(tree, values)
    for path, node in tree.nodes.items():
        found = needs.cycle_from(path) if node.is_slot else []
        if found:
            text = " -> ".join(found)
            error = ForgeError(
                "cycle", f"components need each other: {text}", cycle=found
            )
            return [error]
    return []


class _Needs:
    """What must be built before what, walked depth first."""

    def __init__(self, tree: Tree, values: Mapping[str, Any]) -> None:
        self._tree = tree
        self._values = values
        self._done: set[str] = set()

    def cycle_from(self, path: str) -> list[str]:
        """Find a cycle among the slots that one leads to."""
        stack: list[tuple[str, Iterator[str]]] = []
        active: list[str] = []
        self._open(path, stack, active)
        while stack:
            current, below = stack[-1]
            following = next(below, None)
            if following is None:
                stack.pop()
                active.pop()
                self._done.add(current)
            elif following in active:
                return [*active[active.index(following) :], following]
            elif following not in self._done:
                self._open(following, stack, active)
        return []

    def _open(
        self, path: str, stack: list[tuple[str, Iterator[str]]], active: list[str]
    ) -> None:
        """Go down into a slot."""
        if path not in self._done:
            active.append(path)
            stack.append((path, iter(self._below(self._tree.nodes[path]))))

    def _below(self, node: Node) -> list[str]:
        """The slots that must be built before a slot is."""
        if node.role is Role.SLOTS:
            return [item.path for item in node.items]
        if node.role is not Role.SLOT or node.inner is None:
            return []
        found = []
        for inner in node.inner.names.values():
            plain = inner.role is Role.PARAMETER or inner.role is Role.GROUP
            source = None if plain else self._slot_behind(inner)
            if source is not None:
                found.append(source.path)
        return found

    def _slot_behind(self, node: Node) -> Node | None:
        """The slot whose object an argument receives."""
        if node.is_slot:
            return node
        seen: Node | None = node
        while seen is not None and seen.role is Role.INPUT:
            if seen.path in self._values:
                return None
            seen = enclosing_source(seen)
        return seen if seen is not None and seen.is_slot else None


def _is_callers(node: Node) -> bool:
    """Whether an input is an argument of a call that the user makes."""
    slot = node.scope.node
    if slot is not None:
        return slot.argument.factory
    return node.scope.component.kind == "capture"


def _may_offer(slot: Node, node: Node) -> bool:
    """Whether a dataset may return an entry, by its return annotation if it is one."""
    component = slot.component
    entries = _declared_entries(component) if component else None
    return entries is None or node.name in entries


def _declared_entries(component: Component) -> frozenset[str] | None:
    """The keys of a `TypedDict` that a dataset is annotated to return."""
    function = component.function
    if isinstance(function, type) or "return" not in function.__annotations__:
        return None
    try:
        hint = get_type_hints(function).get("return")
    except Exception:  # noqa: BLE001 - an annotation is any expression
        return None
    return frozenset(hint.__annotations__) if is_typeddict(hint) else None


def _missing(node: Node, tree: Tree) -> ForgeError:
    """Say that nothing supplies an input."""
    owner = node.scope.component
    lines = [
        f"{node.path} has no value.",
        (
            f"  {owner.kind} '{owner.name}' takes '{node.name}' without a default, no "
            f"enclosing scope has a parameter of that name, and no dataset can supply "
            f"it."
        ),
    ]
    if not dataset_slots(tree.root):
        root = tree.root.component
        lines.append(
            f"  (Experiment '{root.name}' has no dataset: add a parameter named "
            f"dataset.)"
        )
    lines.append(
        f"  Give it:  with {node.path}=...   or give it a default in {owner.name}()."
    )
    return ForgeError("missing", "\n".join(lines), key=node.path)
