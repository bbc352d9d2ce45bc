"""The types of parameters: their shapes, their names, and those of defaults."""

import dataclasses
import enum
import sys
import typing
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Sequence,
)
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from forge.signature import EMPTY


LONGEST_CHOICE: Final = 12
#: Lists in lists are looked into so far; one may contain itself.
DEEPEST: Final = 8


class Mismatch(Exception):  # noqa: N818 - an answer to the resolver, not to the user
    """A text or a value is not of the type that was asked for.

    Attributes:
        hint: A sentence on what was probably meant, or nothing.
        code: The word for the mistake: `bad-value`, `record` for a whole dataclass in
            one word, `several-values` for a comma list where one value is expected.
    """

    def __init__(self, hint: str = "", *, code: str = "bad-value") -> None:
        super().__init__(hint)
        self.hint = hint
        self.code = code


class Shape(enum.Enum):
    """How the values of a type are spelled."""

    ANY = "any"
    NONE = "none"
    NUMBER = "number"
    STRING = "string"
    CHOICE = "choice"
    ENUM = "enum"
    PATH = "path"
    UNION = "union"
    ITEMS = "items"
    MAPPING = "mapping"
    RECORD = "record"
    OTHER = "other"


#: What is built for a type of many items.
CONTAINERS: Final[Mapping[Any, Callable[[Iterable[Any]], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    Sequence: list,
    MutableSequence: list,
    Collection: list,
    Iterable: list,
    AbstractSet: set,
    MutableSet: set,
}
MAPPINGS: Final = frozenset({dict, Mapping, MutableMapping})
_EXACT: Final[Mapping[Any, Shape]] = {
    Any: Shape.ANY,
    EMPTY: Shape.ANY,
    object: Shape.ANY,
    NoneType: Shape.NONE,
    bool: Shape.NUMBER,
    int: Shape.NUMBER,
    float: Shape.NUMBER,
    str: Shape.STRING,
    Literal: Shape.CHOICE,
    Union: Shape.UNION,
    UnionType: Shape.UNION,
    **dict.fromkeys(CONTAINERS, Shape.ITEMS),
    **dict.fromkeys(MAPPINGS, Shape.MAPPING),
}


def shape_of(kind: Any) -> Shape:
    """Tell how the values of a type are spelled.

    Args:
        kind: A type without `Annotated` and aliases, as `bare` leaves it.

    Returns:
        Its shape.
    """
    try:
        return _shape(kind)
    except TypeError:  # an annotation that cannot be hashed
        return _shape.__wrapped__(kind)


def bare(kind: Any) -> Any:
    """Take off what says nothing about values: `Annotated`, `NewType`, aliases.

    Args:
        kind: Any annotation.

    Returns:
        The type inside; `Any` for type variables, and for unions that take anything.
    """
    while True:
        inner = _inside(kind)
        if inner is kind:
            return kind
        kind = inner


def members(kind: Any) -> tuple[Any, ...]:
    """List the members of a union.

    Args:
        kind: A union.

    Returns:
        Its members in the order of the annotation, each `bare`.
    """
    return tuple(map(bare, get_args(kind)))


def describe(kind: Any) -> str:
    """Name a type as messages do.

    Args:
        kind: Any annotation.

    Returns:
        `int`, `tuple[int, int]`, `one of fast, exact`, `int or None`.
    """
    kind = bare(kind)
    if kind is ...:
        return "..."
    if kind is NoneType:
        return "None"
    shape = shape_of(kind)
    if shape is Shape.ANY:
        return "any"
    if shape is Shape.UNION:
        return " or ".join(map(describe, get_args(kind)))
    if shape in (Shape.CHOICE, Shape.ENUM):
        return _describe_choice(options(kind))
    return _describe_class(kind)


def options(kind: Any) -> list[str]:
    """List the words that a `Literal` or an `Enum` takes.

    Args:
        kind: A `Literal` or a subclass of `Enum`.

    Returns:
        The values of the one, the member names of the other.
    """
    if get_origin(kind) is Literal:
        return [literal_text(value) for value in get_args(kind)]
    return list(kind.__members__)


def literal_text(value: Any) -> str:
    """Spell one value of a `Literal`.

    Args:
        value: The value.

    Returns:
        The name of an enum member, else the value as text.
    """
    return value.name if isinstance(value, enum.Enum) else str(value)


def infer(default: Any, deepest: int = DEEPEST) -> Any:
    """Find the type of a parameter without annotation from its default.

    Args:
        default: The value in the code.
        deepest: How many lists in lists are looked into.

    Returns:
        Its type: `list[int]` for a list of numbers, `tuple[float, ...]` for `(1, 0.5)`,
        `Any` for None and for no default at all.
    """
    if default is None or default is EMPTY:
        return Any
    if isinstance(default, enum.Enum):
        return type(default)
    kind = type(default)
    if kind in (list, tuple, set, frozenset):
        return _infer_items(default, kind, deepest) if deepest else kind
    if isinstance(default, Path):
        return Path
    value = unwrapped(default)
    return kind if value is default else type(value)


def unwrapped(value: Any) -> Any:
    """Take the Python value out of a numpy scalar.

    Args:
        value: Any value.

    Returns:
        The number or text inside a numpy scalar or array without axes, else the value.
    """
    if type(value).__module__ != "numpy":
        return value
    numpy = sys.modules["numpy"]
    scalar = isinstance(value, numpy.generic) or (
        isinstance(value, numpy.ndarray) and value.ndim == 0
    )
    return value.item() if scalar else value


def is_plain_scalar(value: Any) -> bool:
    """Tell whether a value is recorded when it is injected.

    Args:
        value: Any value.

    Returns:
        True for `int float str bool None`, numpy scalars as these, and lists and
        tuples of them.
    """
    kind = type(value)
    if kind in (list, tuple):
        try:
            return all(map(is_plain_scalar, value))
        except RecursionError:  # a list that contains itself
            return False
    return type(unwrapped(value)) in (int, float, str, bool, NoneType)


@lru_cache(maxsize=1024)
def _shape(kind: Any) -> Shape:
    """Find the shape of a type, without the cache."""
    base = get_origin(kind) or kind
    exact = _EXACT.get(base)
    if exact is not None:
        return exact
    if not isinstance(base, type):
        return Shape.OTHER
    if issubclass(base, enum.Enum):
        return Shape.ENUM
    if issubclass(base, PurePath):
        return Shape.PATH
    if dataclasses.is_dataclass(base):
        return Shape.RECORD
    return Shape.MAPPING if typing.is_typeddict(base) else Shape.OTHER


def _inside(kind: Any) -> Any:
    """Look through `Annotated`, `NewType` and their like."""
    if kind is None:
        return NoneType
    if isinstance(kind, typing.TypeVar):
        return Any
    origin = get_origin(kind)
    if origin is Annotated:
        return get_args(kind)[0]
    if origin in (Union, UnionType) and Any in members(kind):
        return Any
    if isinstance(kind, typing.NewType):
        return kind.__supertype__
    return kind.__value__ if type(kind).__name__ == "TypeAliasType" else kind


def _describe_choice(words: Sequence[str]) -> str:
    """Name the choices, or how many there are."""
    shown = ", ".join(words[:LONGEST_CHOICE])
    more = len(words) > LONGEST_CHOICE
    return f"one of {shown}" + (f", ... ({len(words)} in all)" if more else "")


def _describe_class(kind: Any) -> str:
    """Name a class as users write it."""
    origin = get_origin(kind)
    if Callable in (origin, kind):
        return "callable"
    if origin is None or not get_args(kind):
        return str(getattr(kind, "__name__", kind))
    inside = ", ".join(map(describe, get_args(kind)))
    return f"{getattr(origin, '__name__', origin)}[{inside}]"


def _infer_items(default: Collection[Any], kind: Any, deepest: int) -> Any:
    """The type of a collection, by what its items share."""
    inner = dict.fromkeys(infer(item, deepest - 1) for item in default)
    item = _common(list(inner))
    if item is None:
        return kind
    return kind[item, ...] if kind is tuple else kind[item]


def _common(kinds: Sequence[Any]) -> Any:
    """The one type of all items, or None."""
    concrete = [kind for kind in kinds if kind is not Any]
    if set(concrete) == {int, float}:
        concrete = [float]
    if len(concrete) != 1:
        return None
    return concrete[0] if len(kinds) == len(set(kinds) - {Any}) else concrete[0] | None
