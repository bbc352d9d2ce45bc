"""The resolved values of a run with their origins: the config."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn

from forge.configuration.stored import is_restored, to_stored
from forge.configuration.tree import Choice, Node, Tree
from forge.errors import ForgeError
from forge.signature import Derived, Role


class Origin:
    """Where a value was set.

    Attributes:
        source: `default`, `slot <path>`, `drawn`, `derived`, `derived at build`,
            `preset <name>`, a file name, `run(config=)` or `command line`.
    """

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"Origin({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.source)

    @property
    def is_given(self) -> bool:
        """Whether somebody set the value, rather than the code."""
        return not self.source.startswith(_OF_THE_CODE)

    @property
    def is_derived(self) -> bool:
        """Whether the value was computed from others."""
        return self.source.startswith("derived")


_OF_THE_CODE: Final = ("default", "slot ", "drawn", "derived")
DEFAULT: Final = Origin("default")
_PLAIN: Final = frozenset({int, float, str, bool, type(None)})
_CONTAINERS: Final = frozenset({list, tuple, set, frozenset, dict})


class Config(Mapping[str, Any]):
    """The frozen configuration of a run: full key to typed value.

    A slot's own key holds the name of its component. `config.model` is the namespace
    of a slot, equal to the component's name; methods win over names, and `[...]`
    always works.

    Args:
        tree: The tree that the values belong to.
        values: Every value by full key.
        origins: Where each was set; keys left out have their default.
        notes: What the resolver remarked.
    """

    __slots__ = ("_notes", "_origins", "_tree", "_values")

    def __init__(
        self,
        tree: Tree,
        values: Mapping[str, Any],
        origins: Mapping[str, Origin],
        notes: tuple[str, ...] = (),
    ) -> None:
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "_values", dict(values))
        object.__setattr__(self, "_origins", dict(origins))
        object.__setattr__(self, "_notes", notes)

    _tree: Tree
    _values: dict[str, Any]
    _origins: dict[str, Origin]
    _notes: tuple[str, ...]

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        # A copy: whoever gets a list may change it, the record may not.
        return value if type(value) in _PLAIN else copy.deepcopy(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Namespace(self, "")._get(name)  # noqa: SLF001

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise _frozen()

    def __delattr__(self, name: str) -> NoReturn:
        raise _frozen()

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise _frozen()

    def __delitem__(self, key: str) -> NoReturn:
        raise _frozen()

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self._values.items())
        return f"Config({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the values: a worker needs them, not the tree they came from."""
        return _Values, (dict(self._values), self._notes)

    @property
    def flags(self) -> dict[str, Any]:
        """The stored form: flat, sorted, ready for JSON.

        Raises:
            ForgeError: `bad-value` for a value that no file can hold.
        """
        return self.stored()

    def stored(self, rich: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """Write the values in their stored form.

        Args:
            rich: Writes what JSON cannot express.

        Returns:
            The values by key, sorted; those computed at build are left out.

        Raises:
            ForgeError: `bad-value` for a value that no file can hold.
        """
        return {
            key: self._written(key, value, rich)
            for key, value in sorted(self._values.items())
            if not isinstance(value, Derived)
        }

    def _written(self, key: str, value: Any, rich: Callable[[Any], Any] | None) -> Any:
        """Write one value so that it comes back as it is, where that can be."""
        stored = to_stored(value, key, rich=rich)
        if rich is None or type(value) in _PLAIN or not _is_nested(value):
            return stored
        # The type of the parameter does not tell a tuple in it from a list.
        node = self._tree.nodes.get(key)
        kind = node.type if node is not None and not node.is_slot else Any
        return stored if is_restored(value, kind) else rich(value)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the resolver remarked: values dropped, names that exist twice."""
        return self._notes

    @property
    def tree(self) -> Tree:
        """The tree that the values belong to."""
        return self._tree

    def origin(self, key: str) -> Origin:
        """Say where a value was set.

        Args:
            key: A full key.

        Returns:
            Its origin.

        Raises:
            KeyError: There is no such key.
        """
        if key not in self._values:
            raise KeyError(key)
        return self._origins.get(key, DEFAULT)

    def shared(self, key: str) -> Any:
        """Read a value without copying it, for those who will not change it."""
        return self._values[key]


class Namespace:
    """One slot or group of a config: its name, and what is below it."""

    __slots__ = ("_config", "_path")

    def __init__(self, config: Config, path: str) -> None:
        object.__setattr__(self, "_config", config)
        object.__setattr__(self, "_path", path)

    _config: Config
    _path: str

    def _get(self, name: str) -> Any:
        """Read what is below under a name."""
        path = f"{self._path}.{name}" if self._path else name
        node = self._config.tree.nodes.get(path)
        if node is not None and (node.is_slot or node.role is Role.GROUP):
            empty = node.role is Role.SLOT and node.component is None
            return None if empty else Namespace(self._config, path)
        if path in self._config:
            return self._config[path]
        if path in self._config.tree.scopes:
            return Namespace(self._config, path)
        raise AttributeError(f"the config has no {path!r}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._get(name)

    def __getitem__(self, name: str | int) -> Any:
        try:
            return self._get(str(name))
        except AttributeError:
            raise KeyError(name) from None

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise _frozen()

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise _frozen()

    def __dir__(self) -> list[str]:
        start = f"{self._path}."
        below = (k[len(start) :] for k in self._config if k.startswith(start))
        return sorted({key.partition(".")[0] for key in below})

    def __str__(self) -> str:
        return str(self._config.get(self._path, self._path))

    def __repr__(self) -> str:
        return f"<{self._path} = {self}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Namespace):
            return str(self) == str(other)
        return str(self) == other

    def __hash__(self) -> int:
        return hash(str(self))


class _Values(Config):
    """A config that travelled to another process: values without their tree."""

    __slots__ = ()

    def __init__(self, values: Mapping[str, Any], notes: tuple[str, ...]) -> None:
        from forge.component import Component  # noqa: PLC0415
        from forge.configuration.tree import Scope  # noqa: PLC0415

        nobody = Component("", "", dict, "", "")
        super().__init__(Tree(Scope("", nobody)), values, {}, notes)


def _is_nested(value: Any) -> bool:
    """Tell whether a value is made of containers and plain values alone."""
    if type(value) is dict:
        return all(map(_is_nested, (*value, *value.values())))
    if type(value) in _CONTAINERS:
        return all(map(_is_nested, value))
    return type(value) in _PLAIN


def spelled(node: Node) -> Any:
    """Spell what fills a slot, as the config holds it.

    Args:
        node: A slot or list of slots.

    Returns:
        A name, None for an empty slot, or a list of names.
    """
    if node.role is Role.SLOTS:
        return [spelled(item) for item in node.items]  # one may have been replaced
    return node.choice.spelled if isinstance(node.choice, Choice) else None


def _frozen() -> ForgeError:
    """Say that a config cannot be changed."""
    return ForgeError(
        "frozen",
        "the config of a run is read-only; copy it first:  cfg = dict(run.config)",
    )
