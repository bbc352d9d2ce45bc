"""Layers, slots and keys resolved into the config of one run."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from forge.component import Component, Lookup
from forge.configuration.choosing import Choosing, empty_slots, strange_values
from forge.configuration.deriving import derive
from forge.configuration.given import group, typed, value_for
from forge.configuration.keys import (
    Target,
    drifted,
    is_known_anywhere,
    match,
    own_node,
    unknown,
)
from forge.configuration.layers import Layer
from forge.configuration.sources import cycles, missing
from forge.configuration.tree import Choice, Node, Tree
from forge.configuration.values import Config, Origin, spelled
from forge.errors import ForgeError, together
from forge.masking import is_masked
from forge.signature import Derived, Role


SEED_LIMIT: Final = 2**31
_LOST_LAYERS: Final = frozenset(
    {"unknown-preset", "bad-preset", "no-file", "file-unreadable", "not-installed"}
)


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
    resolution = _Resolution(Choosing(root, lookup, layers, inner), errors)
    resolution.carry_out()
    if resolution.errors:
        raise together(resolution.errors)
    return resolution.config()


class _Resolution:
    """The second pass: values for the parameters of the components chosen."""

    def __init__(self, choosing: Choosing, before: Sequence[ForgeError]) -> None:
        self._choosing = choosing
        self._lookup = choosing.lookup
        self._layers = choosing.layers
        self._tree: Tree = choosing.tree
        self._values: dict[str, Any] = {}
        self._origins: dict[str, Origin] = {}
        self._notes: list[str] = []
        #: Keys whose values were not written down.
        self._masked: set[str] = set()
        self._short: list[str] = []
        # A preset or file that could not be read might have chosen any component.
        self._unsure = any(error.code in _LOST_LAYERS for error in before)
        self.errors = [*before, *choosing.errors]

    def carry_out(self) -> None:
        """Find every value, and everything that is wrong."""
        broken = self._choosing.broken
        if not self._unsure:
            self.errors += empty_slots(self._tree, self._lookup, broken)
        self.errors += strange_values(self._tree, broken)
        for number in range(len(self._layers)):
            self._apply(number)
        given = dict(self._values)
        self._note_namesakes()
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
        """Set the values of one layer."""
        layer = self._layers[number]
        self._note_repeats(layer)
        for key, value in layer.entries(self._tree).items():
            if "*" not in key and (number, key) in self._choosing.used:
                continue
            if layer.stored and is_masked(value):
                self._masked.add(key)
                continue
            try:
                self._set(key, value, number)
            except ForgeError as error:
                self.errors.append(error)

    def _set(self, key: str, value: Any, number: int) -> None:
        """Set what a key stands for, unless a higher layer made it void."""
        layer = self._layers[number]
        slot = self._choosing.overruled(key, number)
        targets = (
            []
            if slot
            else match(key, self._tree, short=layer.short, source=layer.source)
        )
        for target in targets:
            slot = slot or self._choosing.overruled(target.node.path, number)
        if not slot and not targets:
            slot = self._choosing.overruled_once(key, number)
        if slot:
            self._note_dropped(layer, key, value, slot)
            return
        if not targets:
            if not self._may_be_elsewhere(key):
                error = unknown(key, self._tree, self._lookup, layer.prefix)
                raise drifted(error) if layer.stored else error
            return
        for target in targets:
            self._set_target(target, value, layer)
        if layer.short and "." not in key:
            self._short.append(key)

    def _set_target(self, target: Target, value: Any, layer: Layer) -> None:
        """Set one parameter, or one entry of an open dict."""
        node = target.node
        if node.is_slot:
            return  # a lower layer names a component that a higher one replaced
        if node.role is Role.GROUP:
            self._set_group(node, value, layer)
            return
        if target.entry is None:
            self._values[node.path] = value_for(node, value, layer)
        else:
            base = self._values.get(node.path, node.default)
            base = base if isinstance(base, Mapping) else {}
            kinds = get_args(node.type)
            path = f"{node.path}.{target.entry}"
            entry = typed(path, value, kinds[1] if len(kinds) > 1 else Any, layer)
            key = typed(path, target.entry, kinds[0] if kinds else str, layer)
            self._values[node.path] = {**base, key: entry}
        self._origins[node.path] = Origin(layer.source)

    def _set_group(self, node: Node, value: Any, layer: Layer) -> None:
        """Set every member from an object of the group's type, as Python gives it."""
        if isinstance(value, Mapping) and not value:
            return  # a nested mapping that says nothing
        if isinstance(value, Mapping) or type(value) is not type(node.default):
            raise group(node)
        for child in node.children:
            self._set_target(Target(child), getattr(value, child.name), layer)

    def _add_defaults(self) -> None:
        """Fill in what nobody gave."""
        for path, node in self._tree.nodes.items():
            if node.is_slot:
                self._values[path] = spelled(node)
                self._origins[path] = self._slot_origin(path, node)
            elif node.role is Role.PARAMETER and path not in self._values:
                self._values[path] = node.default
                if node.source != "default":
                    self._add_slot_value(node)
        if self._values.get("seed") is None and "seed" in self._tree.nodes:
            self._values["seed"] = random.SystemRandom().randrange(SEED_LIMIT)
            self._origins["seed"] = Origin("drawn")

    def _add_slot_value(self, node: Node) -> None:
        """Check a value of `forge.slot` against the parameter it is for."""
        self._origins[node.path] = Origin(node.source)
        if isinstance(node.default, Derived):
            return
        try:
            value = typed(node.path, node.default, node.type, Layer(node.source, ()))
        except ForgeError as error:
            self.errors.append(error)
        else:
            self._values[node.path] = value

    def _slot_origin(self, path: str, node: Node) -> Origin:
        """Who named the component of a slot."""
        named = self._choosing.named_at
        at = named.get(path)
        if at is None:
            at = named.get(path.rpartition(".")[0]) if node.name.isdigit() else None
        return Origin(node.source if at is None else self._layers[at].source)

    def _may_be_elsewhere(self, key: str) -> bool:
        """Whether a key may belong to a component that a reported mistake hides."""
        broken = self._choosing.broken
        if any(key.startswith(f"{slot}.") for slot in broken):
            return True
        hidden = bool(broken) or self._unsure
        return hidden and is_known_anywhere(key, self._tree, self._lookup)

    def _note_dropped(self, layer: Layer, key: str, value: Any, slot: str) -> None:
        """Tell of a value whose component a higher layer replaced."""
        changed = self._layers[self._choosing.changed_at[slot]]
        node = self._tree.nodes[slot]
        name = node.choice.spelled if isinstance(node.choice, Choice) else spelled(node)
        if isinstance(name, list):
            name = ",".join(map(str, name))
        self._notes.append(
            f"{layer.source}: {key}={value} dropped, because {slot} was changed to "
            f"'{name}' by {changed.source}"
        )

    def _note_namesakes(self) -> None:
        """Tell of deeper parameters of the same name as the experiment's own."""
        for key in dict.fromkeys(self._short):
            own = own_node(key, self._tree)
            self._notes += [
                f"{key} also exists at {other.path} (unchanged)"
                for other in self._tree.ending_with(key)
                if own and other is not own
                if other.role is Role.PARAMETER and other.path not in self._values
            ]

    def _note_new(self) -> None:
        """Tell of parameters that a stored config does not know yet."""
        if not any(layer.stored for layer in self._layers):
            return
        for path, node in self._tree.nodes.items():
            if node.scope.component.kind == "command" or self._is_chosen_anew(path):
                continue  # the run had no use for it
            new = node.role is Role.PARAMETER and path not in self._values
            if new and path != "seed" and not isinstance(node.default, Derived):
                masked = path in self._masked
                what = "was not written down with" if masked else "is new since"
                self._notes.append(
                    f"{path} {what} the run; using today's default {node.default!r}"
                )

    def _is_chosen_anew(self, path: str) -> bool:
        """Whether a value belongs to a component that was changed since the run."""
        lowest = next(i for i, layer in enumerate(self._layers) if layer.stored)
        return self._choosing.overruled(path, lowest) is not None

    def _note_repeats(self, layer: Layer) -> None:
        """Tell of keys that one layer gives twice."""
        keys = [key for key, _ in layer.values]
        for key in dict.fromkeys(k for k in keys if keys.count(k) > 1):
            last = dict(layer.values)[key]
            self._notes.append(
                f"{layer.source}: {key} is given {keys.count(key)} times; the last, "
                f"{key}={last}, counts"
            )
