"""Layers of values, low to high, each from one place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from forge.configuration.tree import Tree
from forge.signature import Role


USE: Final = "_use_"


@dataclass(frozen=True, slots=True)
class Layer:
    """Values that one place gives.

    Attributes:
        source: The place, for notes and origins: `command line`, `preset big`, a file.
        values: Key and value in the order given; a value may be a nested mapping.
        text: Whether values are words of a command line, still to be parsed.
        short: Whether keys may be short names.
        stored: Whether values come from a flags.json, where nothing is imported.
        resolve: Finds the function that a stored `module:qualname` names, or None.
    """

    source: str
    values: Sequence[tuple[str, Any]]
    text: bool = False
    short: bool = False
    stored: bool = False
    resolve: Callable[[str], Any] | None = None

    @property
    def prefix(self) -> str:
        """How messages say whose value it is; the command line goes without."""
        return "" if self.text else f"{self.source}: "

    def entries(self, tree: Tree) -> dict[str, Any]:
        """Flatten nested mappings as far as the tree has names below them.

        Args:
            tree: The active tree: a dict parameter takes its mapping whole.

        Returns:
            Value by key; of a key given twice the last, at the last one's place.
        """
        found: dict[str, Any] = {}
        for key, value in self._flat(tree):
            found.pop(key, None)
            found[key] = value
        return found

    def _flat(self, tree: Tree) -> Iterator[tuple[str, Any]]:
        """Every key with its value, nested ones taken apart."""
        for key, value in self.values:
            if isinstance(value, Mapping) and not self.text:
                yield from _flatten(key, value, tree)
            elif isinstance(value, list) and _has_components(value):
                yield from _flatten_list(key, value, tree)
            else:
                yield key, value


def mapping_layer(
    source: str,
    values: Mapping[str, Any],
    *,
    short: bool = False,
    stored: bool = False,
    resolve: Callable[[str], Any] | None = None,
) -> Layer:
    """Make a layer of a mapping, flat or nested.

    Args:
        source: The place, for notes and origins.
        values: The values.
        short: Whether keys may be short names.
        stored: Whether they come from a flags.json.
        resolve: Finds the function that a stored `module:qualname` names, or None.

    Returns:
        The layer.
    """
    pairs = tuple((str(key), value) for key, value in values.items())
    return Layer(source, pairs, short=short, stored=stored, resolve=resolve)


def _flatten(
    key: str, value: Mapping[str, Any], tree: Tree
) -> Iterator[tuple[str, Any]]:
    """Take a mapping apart, down to the parameters it sets."""
    node = tree.nodes.get(key)
    if not value or (node is not None and node.role in (Role.PARAMETER, Role.INPUT)):
        yield key, dict(value)
        return
    if USE in value:
        yield key, value[USE]
    for name, inner in value.items():
        below = f"{key}.{name}"
        if name == USE:
            continue
        if isinstance(inner, Mapping):
            yield from _flatten(below, inner, tree)
        elif isinstance(inner, list) and _has_components(inner):
            yield from _flatten_list(below, inner, tree)
        else:
            yield below, inner


def _has_components(items: Sequence[Any]) -> bool:
    """Whether a list names components in nested form."""
    return any(map(_is_component, items))


def _is_component(item: Any) -> bool:
    """Whether an item names a component in nested form."""
    return isinstance(item, Mapping) and USE in item


def _flatten_list(
    key: str, items: Sequence[Any], tree: Tree
) -> Iterator[tuple[str, Any]]:
    """A list of slots in nested form: the names first, then what is below each."""
    node = tree.nodes.get(key)
    if node is not None and not node.is_slot:
        yield key, list(items)  # a parameter holds any mappings it likes
        return
    yield key, [item[USE] if _is_component(item) else item for item in items]
    for n, item in enumerate(items):
        if _is_component(item):
            inner = {name: value for name, value in item.items() if name != USE}
            if inner:
                yield from _flatten(f"{key}.{n}", inner, tree)
