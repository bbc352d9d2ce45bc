"""The builder of one run's objects."""

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from forge.building.entries import Offer, agree, entries_of
from forge.building.factory import Factory, call
from forge.building.refusals import (
    ambiguous,
    brief,
    built_nothing,
    conflict,
    cycle,
    missing,
)
from forge.component import Component
from forge.configuration.deriving import computed, lookup
from forge.configuration.shapes import is_plain_scalar
from forge.configuration.sources import (
    dataset_slots,
    enclosing_source,
    offering_datasets,
    offering_scopes,
)
from forge.configuration.tree import Node, Scope
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.signature import Derived, Role


class Injected(NamedTuple):
    """A value that an input or a derived parameter received.

    Attributes:
        value: The value.
        origin: The path it came from, or `derived at build`.
    """

    value: Any
    origin: str


def _pass_by(path: str) -> None:
    """Do nothing before a component is built."""


def _supply_none(path: str, name: str) -> None:
    """Supply nothing for `_run` and the like."""


class Builder:
    """Builds the objects of one run.

    Args:
        config: What to build.
        before: Called with a path before the component there is built; it seeds.
        special: Supplies `_run`, `_rng` and the like, by path and name.
        given: Objects that stand in for slots already built elsewhere.
    """

    def __init__(
        self,
        config: Config,
        *,
        before: Callable[[str], None] = _pass_by,
        special: Callable[[str, str], Any] = _supply_none,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self._config = config
        self._tree = config.tree
        self._before = before
        self._special = special
        self._active: list[str] = []
        self._given = given or {}
        self.built: dict[str, Any] = {}
        self.injected: dict[str, Injected] = {}
        self.notes: list[str] = []

    def slot(self, path: str) -> Any:
        """Build what fills a slot, once.

        Args:
            path: The slot's key.

        Returns:
            The object; a list for a list of slots, None for an empty slot.

        Raises:
            ForgeError: An injection that only the built datasets could show.
        """
        if path in self.built:
            return self.built[path]
        if path in self._given:
            self.built[path] = self._given[path]
            return self.built[path]
        if path in self._active:
            raise cycle(self._active, path)
        self._active.append(path)
        try:
            self.built[path] = self._build(self._tree.nodes[path])
        finally:
            self._active.pop()
        return self.built[path]

    def arguments(self, scope: Scope, given: Mapping[str, Any]) -> dict[str, Any]:
        """Fill the arguments of a component.

        Args:
            scope: The component at its place.
            given: Arguments that the caller passes itself.

        Returns:
            The arguments by name.

        Raises:
            ForgeError: `missing-injection`, `ambiguous-injection` or
                `default-conflict`.
        """
        values, absent = self._fill(scope, given)
        if absent:
            raise missing(scope, absent, self.built)
        return values

    def datasets(self, scope: Scope) -> None:
        """Build the datasets that a scope declares, before anything that needs them."""
        for slot in dataset_slots(scope):
            self.slot(slot.path)

    def let_go(self) -> None:
        """Hold nothing any more that was built, nor who helped with it."""
        self.built, self.injected, self._given = {}, {}, {}
        self._before, self._special = _pass_by, _supply_none

    def _build(self, node: Node) -> Any:
        """Build what fills a slot, after what it needs."""
        if node.role is Role.SLOTS:
            return [self.slot(item.path) for item in node.items]
        scope = node.inner
        if scope is None:
            return None
        if node.argument.factory:
            return Factory(scope.component, *self._fill(scope, {}))
        self.datasets(scope)
        values = self.arguments(scope, {})
        self._before(node.path)
        built = self._call(node, scope.component, values)
        if built is None:
            raise built_nothing(node, scope.component)
        return built

    def _call(self, node: Node, component: Component, values: dict[str, Any]) -> Any:
        """Call a component; what it raises says where that was."""
        shown = ", ".join(f"{k}={brief(v)}" for k, v in values.items())
        try:
            return call(component, values)
        except ForgeError:
            raise
        except Exception as error:
            error.add_note(
                f"forge: while building {node.path} = {component.name} "
                f"({component.where}) with {shown or 'no values'}"
            )
            raise

    def _fill(
        self, scope: Scope, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """The arguments that could be filled, and the names of the others."""
        values: dict[str, Any] = {}
        absent: list[str] = []
        self._check_defaults(scope)
        for argument in scope.component.signature.arguments:
            name = argument.name
            if name in given:
                values[name] = given[name]
            elif argument.role is Role.SPECIAL:
                values[name] = self._special(scope.path, name)
            else:
                value = self._value(scope.names[name])
                if value is _ABSENT:
                    absent.append(name)
                else:
                    values[name] = value
        return values, absent

    def _value(self, node: Node) -> Any:
        """The value of an argument, or `_ABSENT`."""
        if node.is_slot:
            return self.slot(node.path)
        if node.role is Role.GROUP:
            return self._group(node)
        if node.path in self._config:
            value = self._config.shared(node.path)
            if isinstance(value, Derived):
                return self._derived(node, value)
            return copy.deepcopy(value)
        return self._inject(node)

    def _group(self, node: Node) -> Any:
        """The dict or dataclass of a group of parameters."""
        values = {child.name: self._value(child) for child in node.children}
        if isinstance(node.default, dict):
            return values
        return dataclasses.replace(node.default, **values)

    def _derived(self, node: Node, derived: Derived) -> Any:
        """Compute a parameter that needs what was built."""
        if node.path in self.injected:
            return copy.deepcopy(self.injected[node.path].value)
        values = {}
        for name in derived.names:
            source = lookup(node, name)
            value = _ABSENT if source is None else self._value(source)
            if value is _ABSENT:
                raise ForgeError(
                    "derived-missing",
                    f"{node.path} is derived from '{name}', which nothing supplies.",
                    key=node.path,
                    name=name,
                )
            values[name] = value
        value = computed(node, derived, values)
        self.injected[node.path] = Injected(value, "derived at build")
        return copy.deepcopy(value)

    def _inject(self, node: Node) -> Any:
        """Find the value of an input: enclosing scopes, then entries of datasets."""
        if node.path in self.injected:
            return self.injected[node.path].value
        source = enclosing_source(node)
        if source is not None and source.role is Role.INPUT:
            value = self._value(source)
            if value is not _ABSENT:
                return self._note_injected(node, value, source.path)
            source = None
        offers = self._offers(node, settled=source is not None)
        if source is not None:
            value = self._value(source)
            if offers and not agree([Offer(source.path, value), *offers]):
                raise ambiguous(node, [source.path, *(o.path for o in offers)])
            return self._note_injected(node, value, source.path)
        if not offers:
            return _ABSENT
        if not agree(offers):
            raise ambiguous(node, [offer.path for offer in offers])
        return self._note_injected(node, offers[0].value, offers[0].path)

    def _note_injected(self, node: Node, value: Any, origin: str) -> Any:
        """Keep what an input received."""
        self.injected[node.path] = Injected(value, origin)
        return value

    def _offers(self, node: Node, *, settled: bool) -> list[Offer]:
        """Entries of the name in the datasets of the nearest scope that has one.

        Where an enclosing scope has settled the value, a dataset does not build its
        siblings only to hear whether they agree.
        """
        inside = f"{node.path}."
        waiting: list[str] = []
        for scope in offering_scopes(node.scope):
            slots = [
                slot.path
                for slot in dataset_slots(scope)
                if not inside.startswith(f"{slot.path}.")
            ]
            waiting += [path for path in slots if path in self._active]
            asked = [path for path in slots if self._is_asked(path, settled=settled)]
            offers = [o for path in asked for o in self._offer(path, node.name)]
            if offers:
                return offers
        if waiting and not settled:
            raise cycle(self._active, waiting[0])
        return []

    def _is_asked(self, path: str, *, settled: bool) -> bool:
        """Whether a dataset is to say what it has for an input."""
        if path in self._active:
            return False
        return path in self.built or not (settled and self._inside_dataset)

    def _offer(self, path: str, name: str) -> list[Offer]:
        """What a dataset has under a name."""
        entries = entries_of(self.slot(path))
        return [Offer(f"{path}.{name}", entries[name])] if name in entries else []

    @property
    def _inside_dataset(self) -> bool:
        """Whether a dataset is being built."""
        nodes = (self._tree.nodes[path] for path in self._active)
        return any(node.argument.kind == "dataset" for node in nodes)

    def _check_defaults(self, scope: Scope) -> None:
        """Compare defaults that nobody set with what the datasets say."""
        for node in scope.names.values():
            if node.role is not Role.PARAMETER:
                continue
            for slot in offering_datasets(node):
                if slot.path in self.built:
                    entries = entries_of(self.built[slot.path])
                    if node.name in entries:
                        self._compare(node, slot, entries[node.name])

    def _compare(self, node: Node, slot: Node, entry: Any) -> None:
        """Refuse a dataset that contradicts a default, note any other meeting."""
        value = self._config.shared(node.path)
        if agree([Offer("", value), Offer("", entry)]):
            return
        origin = self._config.origin(node.path)
        plain = is_plain_scalar(entry)
        if origin.source == "default" and plain and node.name != "seed":
            raise conflict(node, slot, entry, value)
        note = (
            f"{slot.path} returned '{node.name}', which {node.path} does not use: "
            f"it has {'a default' if not origin.is_given else 'a value'} of its own"
        )
        if note not in self.notes:
            self.notes.append(note)


class _Absent:
    """The type of `_ABSENT`: no value could be found."""


_ABSENT = _Absent()
