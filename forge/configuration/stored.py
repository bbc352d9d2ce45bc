"""Values in the form of flags.json, and back in the types of their parameters."""

import dataclasses
import enum
import math
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePath
from types import NoneType
from typing import Any, Final

from forge.configuration.shapes import (
    Mismatch,
    Shape,
    bare,
    members,
    shape_of,
    unwrapped,
)
from forge.configuration.types import Mode, convert
from forge.errors import ForgeError
from forge.signature import EMPTY


_PLAIN: Final = frozenset({NoneType, bool, int, float, str})
#: Python prints no number of more decimal digits than 4300.
_MOST_BITS: Final = 14_000
_ADVICE: Final = {
    "<lambda>": "a lambda cannot be stored, because nothing can find it again. "
    "Define it with def at the top of a module.",
    "<locals>": "a function inside another one cannot be stored, because nothing can "
    "find it again. Define it at the top of a module.",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Undecoded:
    """A stored value that nothing may turn back; its parameter's default may be it.

    Attributes:
        value: What is stored.
        is_of: Tells whether a value would be stored like this.
        reason: Why it is not turned back, as a sentence.
    """

    value: Any
    is_of: Callable[[Any], bool]
    reason: str

    def __repr__(self) -> str:
        return repr(self.value)


def to_stored(
    value: Any, key: str = "", *, rich: Callable[[Any], Any] | None = None
) -> Any:
    """Write a value as flags.json holds it.

    Args:
        value: Any value of a config.
        key: Its key, for the message.
        rich: Writes what JSON cannot express, such as the codec of the records does.

    Returns:
        What JSON can hold: tuples and sets as lists, a path as text, an enum member by
        its name, a function as `module:qualname`.

    Raises:
        ForgeError: `bad-value` for a lambda, for a text that is not Unicode, and, when
            there is no `rich`, for a value that JSON cannot express.
    """
    try:
        return _Storing(rich).stored(value)
    except Mismatch as mismatch:
        reason = mismatch.hint
    except RecursionError:
        reason = "it contains itself."
    place = f"{key}: " if key else ""
    raise ForgeError("bad-value", f"{place}{reason}", key=key)


def from_stored(
    stored: Any,
    kind: Any,
    *,
    default: Any = EMPTY,
    resolve: Callable[[str], Any] | None = None,
) -> Any:
    """Read a value of flags.json in the type of its parameter.

    Args:
        stored: The value as `to_stored` wrote it.
        kind: The parameter's annotation, or the type inferred from its default.
        default: The parameter's default: a stored function that it is needs no import.
        resolve: Finds the function or class that `module:qualname` names; None for
            what may not be found.

    Returns:
        The value.

    Raises:
        Mismatch: The stored value is not of the type, or names a function that nothing
            here may import.
    """
    if isinstance(stored, Undecoded):
        if default is not EMPTY and stored.is_of(default):
            return default
        raise Mismatch(stored.reason)
    if isinstance(stored, str) and ":" in stored and _takes_objects(kind):
        if stored == reference(default):
            return default
        if resolve is not None and (found := resolve(stored)) is not None:
            return found
    return convert(stored, kind, Mode.STORED)


def is_restored(value: Any, kind: Any) -> bool:
    """Tell whether a value comes back from its stored form as it was.

    Args:
        value: A value of a config.
        kind: The parameter's annotation, or the type inferred from its default.

    Returns:
        False for what the type does not tell, as a tuple in an untyped parameter: such
        a value needs the codec of the records.
    """
    try:
        return _is_same(from_stored(to_stored(value), kind, default=value), value)
    except (Mismatch, ForgeError):
        return False


def reference(value: Any) -> str | None:
    """Name a function or class so that it can be found again.

    Args:
        value: Any value.

    Returns:
        `module:qualname`; None for what has no name.
    """
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    named = callable(value) and isinstance(module, str) and isinstance(name, str)
    return f"{module}:{name}" if named else None


class _Storing:
    """Writes values, handing on what JSON cannot express."""

    def __init__(self, rich: Callable[[Any], Any] | None) -> None:
        self._rich = rich

    def stored(self, value: Any) -> Any:
        """Write one value."""
        value = unwrapped(value)
        kind = type(value)
        if kind in _PLAIN:
            return _checked(value)
        if kind in (list, tuple, set, frozenset):
            return self._items(value)
        if kind is dict:
            return self._pairs(value)
        if isinstance(value, enum.Enum):
            return self._member(value)
        if isinstance(value, PurePath):
            return _checked(str(value))
        return self._object(value)

    def _object(self, value: Any) -> Any:
        """Write a dataclass by its fields, a function by its name."""
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = (field for field in dataclasses.fields(value) if field.init)
            return {f.name: self.stored(getattr(value, f.name)) for f in fields}
        name = reference(value)
        if name is None:
            return self._inexpressible(value)
        for mark, advice in _ADVICE.items():
            if mark in name:
                raise Mismatch(advice)
        return name

    def _member(self, value: enum.Enum) -> Any:
        """Write a member of an enum by its name."""
        if type(value).__members__.get(value.name) is value:
            return value.name
        return self._inexpressible(value)  # a combination of flags

    def _items(self, value: Collection[Any]) -> list[Any]:
        """Write a list, tuple or set as a list."""
        items = [self.stored(item) for item in value]
        # A set has no order of its own: equal sets are to give equal files.
        return sorted(items, key=repr) if isinstance(value, set | frozenset) else items

    def _pairs(self, value: Mapping[Any, Any]) -> Any:
        """Write a mapping whose keys text can tell apart."""
        keys = [_key(key) for key in value]
        if None in keys or len(set(keys)) < len(keys):
            return self._inexpressible(value)
        return {k: self.stored(v) for k, v in zip(keys, value.values(), strict=True)}

    def _inexpressible(self, value: Any) -> Any:
        """Hand a value to the codec, or refuse it."""
        if self._rich is not None:
            return self._rich(value)
        name = type(value).__qualname__
        raise Mismatch(f"a value of type {name} cannot be stored in flags.json.")


def _checked(value: Any) -> Any:
    """Refuse the texts and numbers that no file of text can hold."""
    if type(value) is str and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Mismatch(f"{value!r} is not valid Unicode.") from None
    if type(value) is int and value.bit_length() > _MOST_BITS:
        raise Mismatch("the number has too many digits.")
    return value


def _key(key: Any) -> str | None:
    """Write a key of a dict; None when it would not come back."""
    key = unwrapped(key)
    if isinstance(key, enum.Enum):
        return key.name
    if isinstance(key, str | PurePath) or type(key) in _PLAIN:
        return str(_checked(str(_checked(key))))
    return None


def _takes_objects(kind: Any) -> bool:
    """Whether a type holds functions or classes by their name."""
    kind = bare(kind)
    shape = shape_of(kind)
    if shape is Shape.UNION:
        return str not in members(kind) and any(map(_takes_objects, members(kind)))
    return shape is Shape.OTHER


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and math.isnan(one):
        return bool(math.isnan(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict):
        return list(map(repr, one)) == list(map(repr, other)) and all(
            map(_is_same, one.values(), other.values())
        )
    return bool(one == other)
