"""Built objects, as far as checkpoints are concerned."""

import sys
import types
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from forge.errors import ForgeError


if TYPE_CHECKING:
    from forge.configuration.values import Config


#: What never has state; asking an adapter would import one.
_NEVER = (types.FunctionType, types.BuiltinFunctionType, type)
_UNCHANGEABLE = frozenset({type(None), bool, int, float, complex, str, bytes})


def stateful(built: Mapping[str, Any], config: "Config") -> dict[str, Any]:
    """Find the built components with state; a dataset is read, not trained.

    Args:
        built: Objects by the path of their slot.
        config: The config that says what each slot holds.

    Returns:
        Those that a checkpoint is made of where nothing was named.
    """
    nodes = config.tree.nodes
    return {
        path: value
        for path, value in built.items()
        if path in nodes
        and nodes[path].argument.kind != "dataset"
        and _has_state(value)
    }


def slots_of(objects: Mapping[str, Any], built: Mapping[str, Any]) -> dict[str, str]:
    """Find which slot's built object each object is.

    Args:
        objects: Objects by any name.
        built: Objects by the path of their slot.

    Returns:
        The path of the slot by name, of those that are one.
    """
    from forge.checkpoints.adapters import is_same  # noqa: PLC0415

    return {
        name: path
        for name, value in objects.items()
        for path, other in built.items()
        if is_same(other, value)
    }


def replaced(objects: Mapping[str, Any]) -> list[str]:
    """Find objects that may not be what they were when they were named.

    Args:
        objects: Objects by any name.

    Returns:
        The names of those that training replaces, rather than changes.
    """
    if not objects:
        return []
    from forge.checkpoints.adapters import is_replaced  # noqa: PLC0415

    return [name for name, value in objects.items() if is_replaced(value)]


class Unchanged:
    """Sees whether trees of arrays that cannot change hold what they held before.

    Training makes other arrays. Where a dict still holds the former ones it was not
    brought up to date, and is not what is to be saved.
    """

    def __init__(self) -> None:
        #: By name, the tree, and what tells its leaves.
        self._seen: dict[str, tuple[Any, list[Callable[[], Any]]]] = {}

    def see(self, objects: Mapping[str, Any]) -> None:
        """Remember what trees hold now.

        Args:
            objects: Objects by any name; what is no such tree is passed over.
        """
        if "jax" not in sys.modules:
            return
        from forge.checkpoints.jax import fixed_leaves  # noqa: PLC0415

        self._seen = {
            name: (tree, leaves)
            for name, tree in objects.items()
            if (leaves := fixed_leaves(tree))
        }

    def among(self, objects: Mapping[str, Any]) -> list[str]:
        """Find the trees that hold what they held when they were seen.

        Args:
            objects: Objects by the names that they were seen under.

        Returns:
            Their names; none where another tree has changed since: then the trees are
            kept up to date, and these are not trained, such as those of a teacher.
        """
        if not self._seen:
            return []
        from forge.checkpoints.jax import fixed_leaves  # noqa: PLC0415

        found = []
        for name, (tree, before) in self._seen.items():
            if objects.get(name) is not tree:
                continue
            now = fixed_leaves(tree)
            if len(now) != len(before) or any(
                a() is not b() for a, b in zip(before, now, strict=True)
            ):
                return []
            found.append(name)
        return found

    def let_go(self) -> None:
        """Hold no object any more."""
        self._seen = {}


def _has_state(value: Any) -> bool:
    """Whether a checkpoint can hold an object."""
    if isinstance(value, _NEVER) or _is_unchangeable(value):
        return False
    from forge.checkpoints.adapters import has_state, is_replaced  # noqa: PLC0415

    try:
        return has_state(value) and not is_replaced(value)
    except ForgeError:
        return False


def _is_unchangeable(value: Any) -> bool:
    """Whether an object is made of nothing but numbers and text for good."""
    if type(value) is tuple:
        return all(map(_is_unchangeable, value))
    return type(value) in _UNCHANGEABLE
