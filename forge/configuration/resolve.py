"""Layers, slots and keys resolved into the config of one run."""

import random
from collections.abc import Sequence
from typing import Any

from forge.component import Component, Lookup
from forge.configuration.brackets import split_items
from forge.configuration.choosing import Choosing, empty_slots, strange_values
from forge.configuration.deriving import derive
from forge.configuration.keys import Target, drifted, match, unknown
from forge.configuration.layers import Layer
from forge.configuration.reading import parse
from forge.configuration.shapes import Mismatch, describe
from forge.configuration.sources import cycles, missing
from forge.configuration.stored import from_stored
from forge.configuration.tree import Choice, Node, Tree
from forge.configuration.types import convert
from forge.configuration.values import Config, Origin, spelled
from forge.errors import ForgeError, together
from forge.signature import EMPTY, Derived, Role


SEED_LIMIT = 2**31


def resolve(
    root: Component,
    lookup: Lookup,
    layers: Sequence[Layer],
    *,
    inner: Sequence[Component] = (),
    errors: Sequence[ForgeError] = (),
) -> Config:
    """Resolve the configuration of a run.

    Args:
        root: The experiment's own component.
        lookup: Which components the experiment can name.
        layers: The layers above the defaults, low to high.
        inner: Commands and captured functions whose parameters are active.
        errors: Mistakes found before, to be reported with those found here.

    Returns:
        The config.

    Raises:
        ForgeError: All mistakes at once.
    """
    resolution = _Resolution(root, lookup, layers, inner)
    found = [*errors, *resolution.errors]
    if found:
        raise together(found)
    return resolution.config()


class _Resolution:
    def __init__(
        self,
        root: Component,
        lookup: Lookup,
        layers: Sequence[Layer],
        inner: Sequence[Component],
    ) -> None:
        self._lookup = lookup
        self._layers = layers
        self._choosing = Choosing(root, lookup, layers, inner)
        self._tree: Tree = self._choosing.tree
        self._values: dict[str, Any] = {}
        self._origins: dict[str, Origin] = {}
        self._notes: list[str] = []
        self.errors = list(self._choosing.errors)
        broken = self._choosing.broken
        self.errors += empty_slots(self._tree, lookup, broken)
        self.errors += strange_values(self._tree, broken)
        for number in range(len(layers)):
            self._apply(number)
        given = dict(self._values)
        self._note_new()
        self._add_defaults()
        if not self.errors:
            self.errors += derive(self._tree, self._values, self._origins)
            self.errors += cycles(self._tree, given)
            self.errors += missing(self._tree, given)

    def config(self) -> Config:
        """Make the frozen config, in the order of the tree."""
        ordered = {p: self._values[p] for p in self._tree.nodes if p in self._values}
        return Config(self._tree, ordered, self._origins, tuple(self._notes))

    def _apply(self, number: int) -> None:
        layer = self._layers[number]
        self._note_repeats(layer)
        for key, value in layer.entries(self._tree).items():
            if (number, key) in self._choosing.used:
                continue
            try:
                self._set(key, value, number)
            except ForgeError as error:
                self.errors.append(error)

    def _set(self, key: str, value: Any, number: int) -> None:
        layer = self._layers[number]
        slot = self._choosing.overruled(key, number)
        targets = (
            []
            if slot
            else match(key, self._tree, short=layer.short, source=layer.source)
        )
        for target in targets:
            slot = slot or self._choosing.overruled(target.node.path, number)
        if slot:
            self._note_dropped(layer, key, value, slot)
            return
        if not targets:
            if not self._under_broken(key):
                error = unknown(key, self._tree, self._lookup, layer.prefix)
                raise drifted(error) if layer.stored else error
            return
        for target in targets:
            self._set_target(target, value, layer)
        if layer.short and "." not in key:
            self._note_namesakes(key)

    def _set_target(self, target: Target, value: Any, layer: Layer) -> None:
        node = target.node
        if node.is_slot:
            return  # a lower layer names a component that a higher one replaced
        if node.role is Role.GROUP:
            raise _group(node)
        if target.entry is None:
            self._values[node.path] = _value_for(node, value, layer)
        else:
            base = self._values.get(node.path, node.default)
            kind = _entry_type(node.type)
            path = f"{node.path}.{target.entry}"
            entry = _typed(path, value, kind, layer)
            self._values[node.path] = {**base, target.entry: entry}
        self._origins[node.path] = Origin(layer.source)

    def _add_defaults(self) -> None:
        for path, node in self._tree.nodes.items():
            if node.is_slot:
                self._values[path] = spelled(node)
                self._origins[path] = self._slot_origin(path, node)
            elif node.role is Role.PARAMETER and path not in self._values:
                self._values[path] = node.default
                if node.source != "default":
                    self._origins[path] = Origin(node.source)
        if self._values.get("seed") is None and "seed" in self._tree.nodes:
            self._values["seed"] = random.SystemRandom().randrange(SEED_LIMIT)
            self._origins["seed"] = Origin("drawn")

    def _slot_origin(self, path: str, node: Node) -> Origin:
        named = self._choosing.named_at
        at = named.get(path)
        if at is None:
            at = named.get(path.rpartition(".")[0]) if node.name.isdigit() else None
        return Origin(node.source if at is None else self._layers[at].source)

    def _under_broken(self, key: str) -> bool:
        """Whether a key may belong to a component that could not be found."""
        broken = self._choosing.broken
        return bool(broken) and (
            "." not in key or any(key.startswith(f"{b}.") for b in broken)
        )

    def _note_dropped(self, layer: Layer, key: str, value: Any, slot: str) -> None:
        changed = self._layers[self._choosing.changed_at[slot]]
        node = self._tree.nodes[slot]
        name = node.choice.spelled if isinstance(node.choice, Choice) else spelled(node)
        if isinstance(name, list):
            name = ",".join(map(str, name))
        self._notes.append(
            f"{layer.source}: {key}={value} dropped, because {slot} was changed to "
            f"'{name}' by {changed.source}"
        )

    def _note_namesakes(self, key: str) -> None:
        """Tell of deeper parameters of the same name as the experiment's own."""
        if key not in self._tree.nodes:
            return
        others = self._tree.ending_with(key)
        for other in others:
            if other.role is Role.PARAMETER:
                self._notes.append(f"{key} also exists at {other.path} (unchanged)")

    def _note_new(self) -> None:
        """Tell of parameters that a stored config does not know yet."""
        if not any(layer.stored for layer in self._layers):
            return
        for path, node in self._tree.nodes.items():
            new = node.role is Role.PARAMETER and path not in self._values
            if new and path != "seed" and not isinstance(node.default, Derived):
                self._notes.append(
                    f"{path} is new since the run; using today's default "
                    f"{node.default!r}"
                )

    def _note_repeats(self, layer: Layer) -> None:
        keys = [key for key, _ in layer.values]
        for key in dict.fromkeys(k for k in keys if keys.count(k) > 1):
            last = dict(layer.values)[key]
            self._notes.append(
                f"{layer.source}: {key} is given {keys.count(key)} times; the last, "
                f"{key}={last}, counts"
            )


def _value_for(node: Node, value: Any, layer: Layer) -> Any:
    """Type a value for a parameter; say so when only its default made it an int."""
    if layer.stored:
        return _from_stored(node, value, layer)
    try:
        return _typed(node.path, value, node.type, layer)
    except ForgeError as error:
        inferred = node.argument.annotation is EMPTY and node.type is int
        if error.code != "bad-value" or not inferred or not _is_float(value):
            raise
        raise ForgeError(
            error.code,
            f"{error.text} The default {node.default} makes it an int; write "
            f"{float(node.default)} or annotate it float.",
            **error.facts,
        ) from None


def _from_stored(node: Node, value: Any, layer: Layer) -> Any:
    try:
        return from_stored(value, node.type, default=node.default)
    except Mismatch as mismatch:
        raise _bad_value(node.path, value, node.type, layer, mismatch) from None


def _is_float(value: Any) -> bool:
    try:
        convert(value, float)
    except Mismatch:
        return False
    return True


def _typed(path: str, value: Any, kind: Any, layer: Layer) -> Any:
    """Turn a word or a Python value into the parameter's type."""
    try:
        return parse(value, kind) if layer.text else convert(value, kind)
    except Mismatch as mismatch:
        raise _bad_value(path, value, kind, layer, mismatch) from None


def _bad_value(
    path: str, value: Any, kind: Any, layer: Layer, mismatch: Mismatch
) -> ForgeError:
    shown = f"{path}={value}"
    if mismatch.code == "record":
        return ForgeError(
            "record",
            f"{layer.prefix}{shown}: {path} takes a {describe(kind)}, which no word "
            f"can spell; set it from Python.",
            key=path,
        )
    if layer.text and kind in (int, float) and _are_several(value, kind):
        return ForgeError(
            "several-values",
            f"{shown}: expected one {describe(kind)}. "
            f"To run several:  sweep with {shown}",
            key=path,
        )
    got = f"'{value}'" if layer.text else repr(value)
    hint = mismatch.hint.strip()
    return ForgeError(
        "bad-value",
        f"{layer.prefix}{shown}: expected {describe(kind)}, got {got}."
        f"{' ' if hint else ''}{hint}",
        key=path,
        value=value,
    )


def _are_several(value: str, kind: Any) -> bool:
    items = split_items(value)
    if len(items) <= 1:
        return False
    try:
        for item in items:
            parse(item, kind)
    except Mismatch:
        return False
    return True


def _entry_type(kind: Any) -> Any:
    arguments = getattr(kind, "__args__", ())
    return arguments[1] if len(arguments) > 1 else Any


def _group(node: Node) -> ForgeError:
    names = ", ".join(child.path for child in node.children)
    return ForgeError(
        "record",
        f"{node.path} is a group of parameters ({names}); set them one by one.",
        key=node.path,
    )

