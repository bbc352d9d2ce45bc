"""The first pass: which component fills each slot, outermost slot first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from forge._text import did_you_mean
from forge.component import Component, Lookup
from forge.configuration.brackets import split_items
from forge.configuration.keys import match
from forge.configuration.layers import Layer
from forge.configuration.tree import Choice, Chosen, Node, Tree, grow
from forge.errors import ForgeError
from forge.references import is_reference
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
        tree: The tree of the components decided so far.
        changed_at: Per slot the highest layer that changed its component.
        named_at: Per slot the highest layer that named its component.
        used: The entries, by layer and key, that named components.
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
        self._lookup = lookup
        self._layers = layers
        self._inner = inner
        self._choices: dict[str, Chosen] = {}
        self.changed_at: dict[str, int] = {}
        self.named_at: dict[str, int] = {}
        self.used: set[tuple[int, str]] = set()
        self.broken: set[str] = set()
        self.errors: list[ForgeError] = []
        self.tree = self._grow()
        while self._round():
            self.tree = self._grow()

    def _grow(self) -> Tree:
        return grow(self._root, self._lookup, self._choices, self._inner)

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

    def _round(self) -> bool:
        """Decide the outermost undecided slots that a layer names."""
        named = self._namings()
        if not named:
            return False
        depth = min(n.depth for n in named)
        outermost = [n for n in named if n.depth == depth]
        for naming in sorted(outermost, key=lambda n: (n.layer, n.position)):
            self.used.add((naming.layer, naming.key))
            self._decide(naming)
        return True

    def _namings(self) -> list[Naming]:
        found = []
        for number, layer in enumerate(self._layers):
            entries = layer.entries(self.tree)
            for position, (key, value) in enumerate(entries.items()):
                if (number, key) in self.used:
                    continue
                for node in self._slots(key, number, layer):
                    depth = node.path.count(".")
                    found.append(Naming(depth, number, position, key, node, value))
        return found

    def _slots(self, key: str, number: int, layer: Layer) -> list[Node]:
        """The slots that a key names, unless a higher layer overrules it."""
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
        ]

    def _decide(self, naming: Naming) -> None:
        node, layer = naming.node, self._layers[naming.layer]
        path = node.path
        try:
            chosen = self._chosen(node, naming.value, layer)
        except ForgeError as error:
            self.errors.append(error)
            self.broken.add(path)
            return
        if chosen != self._choices.get(path, node.choice):
            self.changed_at[path] = naming.layer
        self._choices[path] = chosen
        self.named_at[path] = naming.layer

    def _chosen(self, node: Node, value: Any, layer: Layer) -> Chosen:
        if node.role is Role.SLOTS:
            return tuple(
                self._choice(node, f"{node.path}.{i}", item, layer)
                for i, item in enumerate(_items(node, value, layer))
            )
        return self._choice(node, node.path, value, layer)

    def _choice(self, node: Node, path: str, value: Any, layer: Layer) -> Choice:
        if isinstance(value, Choice):
            return value
        if component_mark(value) is not None:
            return self._marked(node, path, component_mark(value))
        if value is None or (layer.text and value.lower() in ("none", "null")):
            if node.argument.optional:
                return Choice(None, None)
            raise self._required(node, path)
        if not isinstance(value, str):
            raise _not_a_component(node, path, value, layer)
        return self._named(node, path, value, layer)

    def _named(self, node: Node, path: str, name: str, layer: Layer) -> Choice:
        kind = str(node.argument.kind)
        found = list(self._lookup.find(kind, name))
        own = node.fill if isinstance(node.fill, Choice) else None
        if not found and own and own.component and own.component.name == name:
            return own
        if len(found) == 1:
            return Choice(found[0], name)
        if len(found) > 1:
            raise _ambiguous(path, kind, name, found)
        if is_reference(name) and layer.stored:
            raise _stored_reference(path, name)
        if is_reference(name):
            return self._referred(kind, path, name)
        if node.role is Role.SLOT and "," in name:
            raise ForgeError(
                "several-values",
                f"{path}={name}: {path} takes one {kind}. "
                f"To run several:  sweep with {path}={name}",
                key=path,
            )
        raise self._unknown(kind, path, name)

    def _referred(self, kind: str, path: str, reference: str) -> Choice:
        try:
            component = self._lookup.import_reference(reference, kind)
        except ForgeError as error:
            text = error.text.replace("{slot}", path)
            raise ForgeError(
                error.code, f"{path}={reference}: {text}", **error.facts
            ) from None
        return Choice(component, reference)

    def _marked(self, node: Node, path: str, component: Component) -> Choice:
        if component.kind != node.argument.kind:
            raise self._wrong_kind(
                str(node.argument.kind), path, component.name, component.kind
            )
        found = self._lookup.find(component.kind, component.name)
        unique = all(other is component for other in found)
        return Choice(component, component.name if unique else component.spelled)

    def _unknown(self, kind: str, path: str, name: str) -> ForgeError:
        others = [k for k in self._lookup.kinds_of(name) if k != kind]
        if others:
            return self._wrong_kind(kind, path, name, others[0])
        names = self._names(kind)
        hint = did_you_mean(name, names, f"{path}={{}}")
        return ForgeError(
            "unknown-component",
            f"{path}={name}: no {kind} is called '{name}'.{hint}\n"
            f"  {kind}s: {', '.join(names) or 'none'}",
            key=path,
            name=name,
            options=names,
        )

    def _wrong_kind(self, kind: str, path: str, name: str, other: str) -> ForgeError:
        names = self._names(kind)
        return ForgeError(
            "wrong-kind",
            f"{path}={name}: '{name}' is of kind {other}, but this slot takes kind "
            f"{kind}.\n  {kind}s: {', '.join(names) or 'none'}",
            key=path,
            name=name,
            options=names,
        )

    def _required(self, node: Node, path: str) -> ForgeError:
        kind = str(node.argument.kind)
        names = self._names(kind)
        return ForgeError(
            "slot-required",
            f"{path}=None: {path} is not optional. {kind}s: "
            f"{', '.join(names) or 'none'}",
            key=path,
            options=names,
        )

    def _names(self, kind: str) -> list[str]:
        return list(dict.fromkeys(c.name for c in self._lookup.of_kind(kind)))


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
        _empty(node, lookup)
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
                errors.append(_strange(node, component, name, value))
    return errors


def _can_be_slot(node: Node) -> bool:
    return node.is_slot or (node.role is Role.INPUT and node.argument.implicit)


def _is_empty(node: Node) -> bool:
    if node.role is Role.SLOTS:
        return not node.items and not node.argument.default == []
    return node.component is None


def _items(node: Node, value: Any, layer: Layer) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("[", "(") and text[-1:] in ("]", ")"):
            text = text[1:-1]
        return split_items(text)
    if isinstance(value, list | tuple):
        return list(value)
    raise _not_a_component(node, node.path, value, layer)


def _not_a_component(node: Node, path: str, value: Any, layer: Layer) -> ForgeError:
    kind = node.argument.kind
    return ForgeError(
        "bad-value",
        f"{layer.prefix}{path}={value!r}: {path} takes a {kind} by its name.",
        key=path,
    )


def _stored_reference(path: str, name: str) -> ForgeError:
    return ForgeError(
        "stored-reference",
        f"{path}={name} comes from a stored file, and what those name is never "
        f"imported. Say it again:  with {path}={name}",
        key=path,
    )


def _ambiguous(
    path: str, kind: str, name: str, found: Sequence[Component]
) -> ForgeError:
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


def _empty(node: Node, lookup: Lookup) -> ForgeError:
    kind = str(node.argument.kind)
    owner = node.scope.component
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


def _strange(node: Node, component: Component, name: str, value: Any) -> ForgeError:
    owner = node.scope.component
    spelled = getattr(node.choice, "spelled", component.name)
    return ForgeError(
        "slot-value",
        f"slot '{node.path}' of {owner.kind} '{owner.name}' sets {name}={value!r}, "
        f"but {component.kind} '{spelled}' has no parameter '{name}'.",
        key=node.path,
        name=name,
    )
