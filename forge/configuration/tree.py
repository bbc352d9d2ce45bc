"""The tree of slots: every parameter, input and slot under its path."""

import dataclasses
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Union

from forge.component import Component, Lookup
from forge.configuration.shapes import infer
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


DEEPEST: Final = 32


class Choice:
    """The component that fills a slot, and how the user spells it.

    Attributes:
        component: The component; None for a slot that stays empty.
        spelled: Its name, or `module:name` or a file where a name does not do.
    """

    __slots__ = ("component", "spelled")

    def __init__(self, component: Component | None, spelled: str | None) -> None:
        self.component = component
        self.spelled = spelled

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and self.component is other.component

    def __hash__(self) -> int:
        return hash(self.component)


Chosen = Choice | tuple[Choice, ...]


class Scope:
    """A component at its place in the tree, and the names it declares.

    Attributes:
        path: Its path; empty for the experiment.
        component: What stands there.
        parent: The enclosing scope; None for the experiment.
        node: The slot it fills; None for the experiment and for commands.
        names: What it declares, by name.
    """

    __slots__ = ("component", "names", "node", "parent", "path")

    def __init__(
        self,
        path: str,
        component: Component,
        parent: "Scope | None" = None,
        node: "Node | None" = None,
    ) -> None:
        self.path = path
        self.component = component
        self.parent = parent
        self.node = node
        self.names: dict[str, Node] = {}

    def enclosing(self) -> Iterator["Scope"]:
        """Go through the scopes around this one, innermost first."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent

    def child_path(self, name: str) -> str:
        """Spell the path of a name declared here."""
        return f"{self.path}.{name}" if self.path else name


class Node:
    """One declared thing of the tree: a parameter, group, input or slot.

    Attributes:
        path: Its full key.
        argument: The declaration.
        role: What it is here; an implicit slot may be an input.
        scope: The scope that declares it.
        source: Where its default comes from: `default` or `slot <path>`.
        choice: What fills a slot; a tuple for a list of slots.
        fill: The default of a slot.
        inner: The scope inside a filled slot.
        items: The slots of a list.
        children: The members of a group.
        fixed_at: The scope whose source text holds the default.
    """

    __slots__ = (
        "argument",
        "children",
        "choice",
        "fill",
        "fixed_at",
        "inner",
        "items",
        "path",
        "role",
        "scope",
        "source",
    )

    def __init__(
        self, path: str, argument: Argument, role: Role, scope: Scope, source: str
    ) -> None:
        self.path = path
        self.argument = argument
        self.role = role
        self.scope = scope
        self.source = source
        self.choice: Chosen | None = None
        self.fill: Chosen | None = None
        self.inner: Scope | None = None
        self.items: tuple[Node, ...] = ()
        self.children: tuple[Node, ...] = ()
        self.fixed_at = scope

    def __repr__(self) -> str:
        return f"<Node {self.path} {self.role.value}>"

    @property
    def name(self) -> str:
        """The last element of the path."""
        return self.path.rpartition(".")[2]

    @property
    def default(self) -> Any:
        """The value in the code, or `EMPTY`."""
        return self.argument.default

    @property
    def is_slot(self) -> bool:
        """Whether it holds components."""
        return self.role is Role.SLOT or self.role is Role.SLOTS

    @property
    def component(self) -> Component | None:
        """What fills a single slot."""
        return self.choice.component if isinstance(self.choice, Choice) else None

    @property
    def type(self) -> Any:
        """The type of its values: the annotation, else that of the default."""
        annotation = self.argument.annotation
        default = self.argument.default
        if annotation is EMPTY:
            return (
                Any if default is EMPTY or type(default) is Derived else infer(default)
            )
        return Union[annotation, None] if default is None else annotation  # noqa: UP007

    @property
    def is_open(self) -> bool:
        """Whether it is a dict that takes new keys."""
        if self.role is not Role.PARAMETER:
            return False
        kind = self.type
        return kind is dict or typing.get_origin(kind) is dict


class Tree:
    """All nodes of an experiment for one set of components.

    Attributes:
        root: The scope of the experiment.
        nodes: Every node by path: parameters of a scope first, then its slots.
        scopes: Every scope by path.
    """

    def __init__(self, root: Scope) -> None:
        self.root = root
        self.nodes: dict[str, Node] = {}
        self.scopes: dict[str, Scope] = {}
        self._by_leaf: dict[str, list[Node]] = {}

    def add(self, node: Node) -> None:
        """Take a node into the tree."""
        self.nodes[node.path] = node
        self._by_leaf.setdefault(node.name, []).append(node)

    def ending_with(self, key: str) -> list[Node]:
        """Find the nodes whose path ends with a key at a dot.

        Args:
            key: One or more path elements.

        Returns:
            The nodes, in the order of the tree.
        """
        tail = f".{key}"
        leaf = key.rpartition(".")[2]
        return [n for n in self._by_leaf.get(leaf, ()) if n.path.endswith(tail)]


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


class _Gardener:
    def __init__(self, lookup: Lookup, choices: Mapping[str, Chosen]) -> None:
        self._lookup = lookup
        self._choices = choices
        self._tree = Tree(Scope("", _NOBODY))

    def tree(self, component: Component, inner: Iterable[Component]) -> Tree:
        root = Scope("", component)
        self._tree = Tree(root)
        self._visit(root, {}, "default", None)
        for extra in inner:
            self._visit(Scope(extra.name, extra, root), {}, "default", None)
        if "seed" not in root.names:
            seed = Node("seed", _SEED, Role.PARAMETER, root, "default")
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
            argument = (
                with_default(declared, values[declared.name]) if given else declared
            )
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
        if node.role is Role.PARAMETER:
            node.children = tuple(_members(node))
            if node.children:
                node.role = Role.GROUP
        self._tree.add(node)
        for child in node.children:
            self._add(child)

    def _declare(self, scope: Scope, argument: Argument, source: str) -> Node:
        path = scope.child_path(argument.name)
        role = argument.role
        if argument.implicit and path not in self._choices and _in_sight(scope, path):
            role = Role.INPUT
        return Node(path, argument, role, scope, source)

    def _fill(self, node: Node) -> None:
        if node.role is Role.SLOTS:
            self._fill_list(node)
            return
        default = node.argument.fill
        node.fill = self._default_choice(node, default)
        chosen = self._choices.get(node.path, node.fill)
        node.choice = chosen if isinstance(chosen, Choice) else node.fill
        self._enter(node, default.values if default else {})

    def _fill_list(self, node: Node) -> None:
        defaults: list[SlotDefault] = list(node.argument.fill or ())
        node.fill = tuple(self._spell(d.component) for d in defaults)
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
            item = Node(
                f"{node.path}.{i}", argument, Role.SLOT, node.scope, node.source
            )
            item.fill = node.fill[i] if i < len(node.fill) else None
            replaced = self._choices.get(item.path, choice)
            item.choice = replaced if isinstance(replaced, Choice) else choice
            self._tree.add(item)
            items.append(item)
            kept = i < len(defaults) and node.path not in self._choices
            self._enter(item, defaults[i].values if kept else {})
        node.items = tuple(items)

    def _enter(self, node: Node, values: Mapping[str, Any]) -> None:
        component = node.component
        if component is None:
            return
        scope = Scope(node.path, component, node.scope, node)
        node.inner = scope
        above = [s.component for s in scope.enclosing()]
        if len(above) > DEEPEST:
            again = [c.name for c in reversed(above[: above.index(component) + 1])]
            text = " -> ".join([*again, component.name])
            raise ForgeError("cycle", f"components need each other: {text}")
        self._visit(scope, values, f"slot {node.path}", node.scope)

    def _default_choice(self, node: Node, default: SlotDefault | None) -> Choice | None:
        if default is not None and default.component is not None:
            return self._spell(default.component)
        if node.default is None:
            return None
        above = {id(node.scope.component)}
        above.update(id(s.component) for s in node.scope.enclosing())
        kind = str(node.argument.kind)
        free = [c for c in self._lookup.of_kind(kind) if id(c) not in above]
        return self.spell(free[0]) if len(free) == 1 else None

    def _spell(self, decorated: Any) -> Choice:
        return self.spell(component_mark(decorated))

    def spell(self, component: Component) -> Choice:
        found = self._lookup.find(component.kind, component.name)
        unique = all(other is component for other in found)
        return Choice(component, component.name if unique else component.spelled)


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
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        hints = typing.get_type_hints(type(default))
        for item in dataclasses.fields(default):
            if item.init:
                value = getattr(default, item.name)
                yield _member(node, item.name, value, hints.get(item.name, EMPTY))
    elif type(default) is dict and _is_group(default, node.argument.annotation):
        for name, value in default.items():
            yield _member(node, name, value, EMPTY)


def _is_group(default: dict[Any, Any], annotation: Any) -> bool:
    named = all(isinstance(k, str) and k.isidentifier() for k in default)
    return bool(default) and named and annotation in (EMPTY, dict)


def _member(group: Node, name: str, value: Any, annotation: Any) -> Node:
    argument = Argument(name, Role.PARAMETER, value, annotation)
    path = f"{group.path}.{name}"
    node = Node(path, argument, Role.PARAMETER, group.scope, group.source)
    node.fixed_at = group.fixed_at
    return node


_SEED: Final = Argument("seed", Role.PARAMETER, None, int, "root of all randomness")
_NOBODY: Final = Component("", "", dict, "", "")
