"""The first pass: which component fills each slot, outermost slot first."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from forge.component import Component, Lookup
from forge.configuration import refusals
from forge.configuration.brackets import split_items
from forge.configuration.growing import grow, spell
from forge.configuration.keys import match
from forge.configuration.layers import Layer
from forge.configuration.shapes import Mismatch
from forge.configuration.tree import Choice, Chosen, Node, Tree
from forge.errors import ForgeError
from forge.references import RUN_KINDS, is_reference
from forge.signature import Role, component_mark


class Naming(NamedTuple):
    """A layer's entry that names the component of a slot."""

    depth: int
    layer: int
    position: int
    key: str
    node: Node
    value: Any


class Choosing:
    """Decides the components of all slots.

    Attributes:
        lookup: Which components the experiment can name.
        layers: The layers above the defaults, low to high.
        tree: The tree of the components decided so far.
        changed_at: Per slot the highest layer that changed its component.
        named_at: Per slot the highest layer that named its component.
        used: The slots that entries named, by layer and key.
        broken: Slots whose component could not be decided.
        errors: What was wrong, so far.
    """

    def __init__(
        self,
        root: Component,
        lookup: Lookup,
        layers: Sequence[Layer],
        inner: Sequence[Component],
    ) -> None:
        self._root = root
        self.lookup = lookup
        self.layers = layers
        self._inner = inner
        self._choices: dict[str, Chosen] = {}
        self.changed_at: dict[str, int] = {}
        self.named_at: dict[str, int] = {}
        self.used: dict[tuple[int, str], list[str]] = {}
        self.broken: set[str] = set()
        self.errors: list[ForgeError] = []
        self._unread: dict[str, tuple[Naming, ForgeError]] = {}
        self.tree = self._grow()
        while self._round():
            self.tree = self._grow()

    def _grow(self) -> Tree:
        """Lay out the tree of the choices so far."""
        return grow(self._root, self.lookup, self._choices, self._inner)

    def overruled(self, path: str, layer: int) -> str | None:
        """Find the slot whose change by a higher layer makes a value void.

        Args:
            path: The full key of the value.
            layer: The layer that gives it.

        Returns:
            The outermost such slot, or None.
        """
        for slot, at in self.changed_at.items():
            if at > layer and path.startswith(f"{slot}."):
                return slot
        return None

    def overruled_once(self, key: str, layer: int) -> str | None:
        """Find the slot whose change made a short name of a lower layer void.

        Args:
            key: A key that the final tree does not have.
            layer: The layer that gives it.

        Returns:
            The slot, or None if the layer itself did not know the key.
        """
        if not any(at > layer for at in self.changed_at.values()):
            return None
        below = Choosing(self._root, self.lookup, self.layers[: layer + 1], self._inner)
        own = self.layers[layer]
        for target in match(key, below.tree, short=own.short, source=own.source):
            return self.overruled(target.node.path, layer)
        return None

    def _round(self) -> bool:
        """Decide the outermost undecided slots that a layer names."""
        named = self._namings()
        if not named:
            return False
        depth = min(n.depth for n in named)
        outermost = [n for n in named if n.depth == depth]
        for naming in sorted(outermost, key=lambda n: (n.layer, n.position)):
            paths = self.used.setdefault((naming.layer, naming.key), [])
            paths.append(naming.node.path)
            self._decide(naming)
        return True

    def _namings(self) -> list[Naming]:
        """Every entry of every layer that names an undecided slot."""
        found = []
        for number, layer in enumerate(self.layers):
            entries = layer.entries(self.tree)
            for position, (key, value) in enumerate(entries.items()):
                for node in self._slots(key, number, layer):
                    depth = node.path.count(".")
                    found.append(Naming(depth, number, position, key, node, value))
        return found

    def _slots(self, key: str, number: int, layer: Layer) -> list[Node]:
        """The slots that a key names, unless a higher layer overrules it.

        What it has named, with all that is inside, is settled: the component there
        may have slots of the same name, which the key did not mean.
        """
        settled = self.used.get((number, key), [])
        if settled and "*" not in key:
            return []
        try:
            targets = match(key, self.tree, short=layer.short, source=layer.source)
        except ForgeError:
            return []  # the second pass reports it, on the final tree
        return [
            t.node
            for t in targets
            if t.entry is None
            and _can_be_slot(t.node)
            and self.overruled(t.node.path, number) is None
            and not any(f"{t.node.path}.".startswith(f"{s}.") for s in settled)
        ]

    def _decide(self, naming: Naming) -> None:
        """Choose as a layer says, or note its mistake."""
        node, layer = naming.node, self.layers[naming.layer]
        path = node.path
        try:
            chosen = self._chosen(node, naming.value, layer)
        except ForgeError as error:
            self.errors.append(error)
            self.broken.add(path)
            if error.code == "stored-reference":
                self._unread[path] = naming, error
            return
        at = naming.layer
        if path in self._unread:
            before, said = self._unread.pop(path)
            # Said again, it may be imported; the same name changes nothing.
            self.errors.remove(said)
            self.broken.discard(path)
            at = before.layer if before.value == naming.value else at
        if chosen != self._choices.get(path, node.choice):
            self.changed_at[path] = at
        self._choices[path] = chosen
        self.named_at[path] = naming.layer

    def _chosen(self, node: Node, value: Any, layer: Layer) -> Chosen:
        """Read the value of a slot or of a list of slots."""
        if node.role is Role.SLOTS:
            return tuple(
                self._choice(node, f"{node.path}.{i}", item, layer)
                for i, item in enumerate(_items(node, value, layer))
            )
        return self._choice(node, node.path, value, layer)

    def _choice(self, node: Node, path: str, value: Any, layer: Layer) -> Choice:
        """Read the value of one slot: a name, a component, or None."""
        if isinstance(value, Choice):
            return value
        if component_mark(value) is not None:
            return self._marked(node, path, component_mark(value))
        if value is None or (layer.text and value.lower() in ("none", "null")):
            if node.argument.optional:
                return Choice(None, None)
            raise refusals.required(node, path, self.lookup)
        if isinstance(value, os.PathLike) and node.argument.kind in RUN_KINDS:
            value = os.fspath(value)
        if not isinstance(value, str):
            raise refusals.not_a_component(node, path, value, layer)
        return self._named(node, path, value, layer)

    def _named(self, node: Node, path: str, name: str, layer: Layer) -> Choice:
        """Find the one component of a name."""
        kind = str(node.argument.kind)
        if kind in RUN_KINDS:
            return self._referred(kind, path, name)
        found = list(self.lookup.find(kind, name))
        own = node.fill if isinstance(node.fill, Choice) else None
        if not found and own and own.component and own.component.name == name:
            return own
        if len(found) == 1:
            return Choice(found[0], name)
        if len(found) > 1:
            raise refusals.ambiguous(path, kind, name, found)
        if is_reference(name) and layer.stored:
            raise refusals.stored_reference(path, name)
        if is_reference(name):
            return self._referred(kind, path, name)
        if node.role is Role.SLOT and "," in name:
            raise refusals.several(kind, path, name)
        raise refusals.unknown(kind, path, name, self.lookup)

    def _referred(self, kind: str, path: str, reference: str) -> Choice:
        """Import the component of a file or module."""
        try:
            component = self.lookup.import_reference(reference, kind)
        except ForgeError as error:
            text = error.text.replace("{slot}", path)
            raise ForgeError(
                error.code, f"{path}={reference}: {text}", **error.facts
            ) from None
        return Choice(component, reference)

    def _marked(self, node: Node, path: str, component: Component) -> Choice:
        """Take a component that was given as itself."""
        kind = str(node.argument.kind)
        if component.kind != kind:
            raise refusals.wrong_kind(kind, path, component, self.lookup)
        return spell(component, self.lookup)


def empty_slots(tree: Tree, lookup: Lookup, broken: set[str]) -> list[ForgeError]:
    """Find the slots that nothing fills.

    Args:
        tree: The final tree.
        lookup: The components that could fill them.
        broken: Slots already reported.

    Returns:
        One `slot-empty` a slot.
    """
    return [
        refusals.empty(node, lookup)
        for node in tree.nodes.values()
        if node.is_slot
        and _is_empty(node)
        and not node.argument.optional
        and node.path not in broken
    ]


def strange_values(tree: Tree, broken: set[str]) -> list[ForgeError]:
    """Find values of `forge.slot` that the component there has no parameter for.

    Args:
        tree: The final tree.
        broken: Slots already reported.

    Returns:
        One `slot-value` a value.
    """
    errors = []
    for node in tree.nodes.values():
        fill = node.argument.fill
        component = node.component
        if node.role is not Role.SLOT or component is None or node.path in broken:
            continue
        for name, value in fill.values.items() if fill else ():
            if name not in component.signature.by_name:
                errors.append(refusals.strange(node, component, name, value))
    return errors


def _can_be_slot(node: Node) -> bool:
    """Whether naming a component makes it a slot, if it is none already."""
    return node.is_slot or (node.role is Role.INPUT and node.argument.implicit)


def _is_empty(node: Node) -> bool:
    """Whether nothing fills a slot; a list may be empty if its default is."""
    if node.role is Role.SLOTS:
        return not node.items and node.argument.default != []
    return node.component is None


def _items(node: Node, value: Any, layer: Layer) -> list[Any]:
    """Read the value of a list of slots, item by item."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("[", "(") and text[-1:] in ("]", ")"):
            text = text[1:-1]
        try:
            return split_items(text)
        except Mismatch:  # brackets that do not match
            raise refusals.not_a_component(node, node.path, value, layer) from None
    if isinstance(value, list | tuple):
        return list(value)
    raise refusals.not_a_component(node, node.path, value, layer)
