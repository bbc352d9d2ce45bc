"""The tree of slots: every parameter, input and slot under its path."""

import typing
from collections.abc import Iterator
from typing import Any, Union

from forge.component import Component
from forge.configuration.shapes import infer
from forge.signature import EMPTY, Argument, Derived, Role


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
        self, path: str, argument: Argument, role: Role, scope: Scope, *, source: str
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
        return self.argument.name

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
        if default is not None:
            return annotation
        try:
            return Union[annotation, None]  # noqa: UP007
        except TypeError:  # an annotation is any expression
            return Any

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
