"""The tree of an experiment, laid out for one choice of components."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from forge.annotations import evaluated, split_annotated
from forge.component import Component, Lookup
from forge.configuration.shapes import infer
from forge.configuration.tree import Choice, Chosen, Node, Scope, Tree
from forge.errors import ForgeError
from forge.signature import (
    EMPTY,
    Argument,
    Derived,
    Role,
    SlotDefault,
    component_mark,
    with_default,
)


#: Components inside components; one that contains itself has no end.
DEEPEST: Final = 32


def grow(
    root: Component,
    lookup: Lookup,
    choices: Mapping[str, Chosen],
    inner: Iterable[Component] = (),
) -> Tree:
    """Lay out the tree of an experiment.

    Args:
        root: The experiment's own component.
        lookup: Which components the experiment can name.
        choices: What fills slots, by path, where it is not the default.
        inner: Commands and captured functions, whose parameters live under their name.

    Returns:
        The tree; slots without a component stay empty in it.

    Raises:
        ForgeError: `cycle` when components contain each other without end.
    """
    return _Gardener(lookup, choices).tree(root, inner)


def spell(component: Component, lookup: Lookup) -> Choice:
    """Choose a component under the name that means it and no other.

    Args:
        component: The component.
        lookup: Which components the experiment can name.

    Returns:
        The choice, spelled with the module where the name alone is ambiguous.
    """
    found = lookup.find(component.kind, component.name)
    # A cell that runs again replaces also what an earlier cell took as a default;
    # definitions inside of functions share their name without being one.
    newest = [other for other in found if other.identity == component.identity]
    if newest and "<locals>" not in component.qualname:
        component = newest[0]
    unique = all(other is component for other in found)
    return Choice(component, component.name if unique else component.spelled)


class _Gardener:
    """Grows one tree, from the experiment into its slots."""

    def __init__(self, lookup: Lookup, choices: Mapping[str, Chosen]) -> None:
        self._lookup = lookup
        self._choices = choices
        self._tree = Tree(Scope("", _NOBODY))

    def tree(self, component: Component, inner: Iterable[Component]) -> Tree:
        """Lay out the experiment, its commands, and the seed it always has."""
        root = Scope("", component)
        self._tree = Tree(root)
        self._visit(root, {}, "default", None)
        for extra in inner:
            self._visit(Scope(extra.name, extra, root), {}, "default", None)
        if "seed" not in root.names:
            seed = self._declare(root, _SEED, "default")
            root.names["seed"] = seed
            self._tree.add(seed)
        return self._tree

    def _visit(
        self,
        scope: Scope,
        values: Mapping[str, Any],
        source: str,
        owner: Scope | None,
    ) -> None:
        """Declare what a component has, its plain names before what is in its slots."""
        self._tree.scopes[scope.path] = scope
        slots = []
        for declared in scope.component.signature.arguments:
            if declared.role is Role.SPECIAL:
                continue
            given = declared.name in values
            argument = _with(declared, values[declared.name]) if given else declared
            node = self._declare(scope, argument, source if given else "default")
            if given and owner is not None:
                node.fixed_at = owner
            scope.names[argument.name] = node
            if node.is_slot:
                slots.append(node)
            else:
                self._add(node)
        for node in slots:
            self._tree.add(node)
            self._fill(node)

    def _add(self, node: Node) -> None:
        """Take in a node that is no slot, with the members of a group."""
        if node.role is Role.PARAMETER and type(node.argument.default) not in _SINGLE:
            node.children = tuple(_members(node))
            if node.children:
                node.role = Role.GROUP
        self._tree.add(node)
        for child in node.children:
            self._add(child)

    def _declare(self, scope: Scope, argument: Argument, source: str) -> Node:
        """Make the node of an argument; here an implicit slot may be an input."""
        path = scope.child_path(argument.name)
        role = argument.role
        if path == "seed" and role is Role.INPUT:
            argument, role = _SEED, Role.PARAMETER
        if argument.implicit and path not in self._choices and _in_sight(scope, path):
            role = Role.INPUT
        return Node(path, argument, role, scope, source=source)

    def _fill(self, node: Node) -> None:
        """Put the component into a slot that was chosen, or else its default."""
        if node.role is Role.SLOTS:
            self._fill_list(node)
            return
        default = node.argument.fill
        node.fill = self._default_choice(node, default)
        chosen = self._choices.get(node.path, node.fill)
        node.choice = chosen if isinstance(chosen, Choice) else node.fill
        self._enter(node, default.values if default else {})

    def _fill_list(self, node: Node) -> None:
        """Make a slot of every item of a list of slots."""
        defaults: list[SlotDefault] = list(node.argument.fill or ())
        marks = (component_mark(default.component) for default in defaults)
        node.fill = tuple(
            spell(mark, self._lookup) if mark else Choice(None, None) for mark in marks
        )
        chosen = self._choices.get(node.path, node.fill)
        node.choice = chosen if isinstance(chosen, tuple) else node.fill
        items = []
        for i, choice in enumerate(node.choice):
            argument = Argument(
                name=str(i),
                role=Role.SLOT,
                kind=node.argument.kind,
                factory=node.argument.factory,
            )
            path = f"{node.path}.{i}"
            item = Node(path, argument, Role.SLOT, node.scope, source=node.source)
            item.fill = node.fill[i] if i < len(node.fill) else None
            replaced = self._choices.get(item.path, choice)
            item.choice = replaced if isinstance(replaced, Choice) else choice
            self._tree.add(item)
            items.append(item)
            kept = i < len(defaults) and node.path not in self._choices
            self._enter(item, defaults[i].values if kept else {})
        node.items = tuple(items)

    def _enter(self, node: Node, values: Mapping[str, Any]) -> None:
        """Open the scope of what fills a slot."""
        component = node.component
        if component is None:
            return
        scope = Scope(node.path, component, node.scope, node)
        node.inner = scope
        above = [s.component for s in scope.enclosing()]
        if len(above) > DEEPEST and component in above:
            again = [c.name for c in reversed(above[: above.index(component) + 1])]
            text = " -> ".join([*again, component.name])
            raise ForgeError("cycle", f"components need each other: {text}")
        self._visit(scope, values, f"slot {node.path}", node.scope)

    def _default_choice(self, node: Node, default: SlotDefault | None) -> Choice | None:
        """What fills a slot if nobody chooses: the default, or the only candidate."""
        if default is not None and default.component is not None:
            return spell(component_mark(default.component), self._lookup)
        if node.default is None:
            return None
        above = {id(node.scope.component)}
        above.update(id(s.component) for s in node.scope.enclosing())
        kind = str(node.argument.kind)
        free = [c for c in self._lookup.of_kind(kind) if id(c) not in above]
        return spell(free[0], self._lookup) if len(free) == 1 else None


def _with(argument: Argument, value: Any) -> Argument:
    """Give an argument the value of a slot; it keeps its type all the same."""
    given = with_default(argument, value)
    default = argument.default
    if argument.annotation is EMPTY and not isinstance(default, dict | Derived):
        return given._replace(annotation=_type_of(default))
    return given


def _type_of(default: Any) -> Any:
    """The type that a default without annotation stands for."""
    found = EMPTY if default is EMPTY else infer(default)
    return EMPTY if found is Any else found


def _in_sight(scope: Scope, path: str) -> bool:
    """Whether an enclosing scope has the name of an implicit slot.

    The slots that the component itself stands in do not count: a model around a
    model has a slot of its own.
    """
    name = path.rpartition(".")[2]
    for outer in scope.enclosing():
        node = outer.names.get(name)
        if node is not None and not f"{path}.".startswith(f"{node.path}."):
            return True
    return False


def _members(node: Node) -> Iterator[Node]:
    """The parameters that a dict or dataclass default groups together."""
    default = node.default
    if isinstance(default, Derived):
        return
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        hints = evaluated(type(default))
        for item in dataclasses.fields(default):
            if item.init:
                value = getattr(default, item.name)
                yield _member(node, item.name, value, hints.get(item.name, EMPTY))
    elif type(default) is dict and _is_group(default, node.argument.annotation):
        for name, value in default.items():
            yield _member(node, name, value, EMPTY)


def _is_group(default: dict[Any, Any], annotation: Any) -> bool:
    """Whether a dict default is a closed group of parameters."""
    named = all(isinstance(k, str) and k.isidentifier() for k in default)
    return bool(default) and named and annotation in (EMPTY, dict)


def _member(group: Node, name: str, value: Any, annotation: Any) -> Node:
    """Make the node of one member of a group."""
    annotation, text = split_annotated(annotation)
    argument = Argument(name, Role.PARAMETER, value, annotation, text)
    path = f"{group.path}.{name}"
    node = Node(path, argument, Role.PARAMETER, group.scope, source=group.source)
    node.fixed_at = group.fixed_at
    return node


#: Types of defaults that group nothing, as most have.
_SINGLE: Final = frozenset({bool, int, float, str, list, tuple, type(None)})
_SEED: Final = Argument("seed", Role.PARAMETER, None, int, "root of all randomness")
_NOBODY: Final = Component("", "", dict, "", "")
