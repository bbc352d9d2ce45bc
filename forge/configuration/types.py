"""Values from Python and from files, checked against the types of parameters."""

import dataclasses
import enum
import sys
import typing
from collections.abc import (
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from collections.abc import Set as AbstractSet
from math import inf, nan
from pathlib import PurePath
from typing import Any, Final, get_args, get_origin

from forge.configuration.reading import parse, ranked
from forge.configuration.scalars import read_float, read_int, read_path, suggestion
from forge.configuration.shapes import (
    CONTAINERS,
    Mismatch,
    Shape,
    bare,
    describe,
    infer,
    is_plain_scalar,
    literal_text,
    members,
    options,
    shape_of,
    unwrapped,
)


__all__ = [
    "Mismatch",
    "Mode",
    "convert",
    "describe",
    "infer",
    "is_exactly",
    "is_plain_scalar",
]

YAML_BOOLEAN: Final = "(YAML reads no/off/yes/on as booleans; quote the word.)"


class Mode(enum.Enum):
    """How much a value may differ from its type."""

    #: Not at all: to tell which member of a union a value is.
    EXACT = "exact"
    #: As people write values in presets and files.
    GIVEN = "given"
    #: As `to_stored` writes values.
    STORED = "stored"


#: Numbers that JSON lacks, as files name them.
_NAMED: Final = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


def convert(value: Any, kind: Any, mode: Mode = Mode.GIVEN) -> Any:
    """Check a value from a preset, a file or `run(config=)`, and repair what is safe.

    Args:
        value: Any value.
        kind: The parameter's annotation, or the type inferred from its default.
        mode: How much it may differ from the type.

    Returns:
        The value in its type: `1` as a float, `[8, 16]` as a tuple, `"1e-4"` as YAML
        leaves it as a number, a text as a path or an enum member.

    Raises:
        Mismatch: The value is not of the type.
    """
    kind = bare(kind)
    try:
        return _CONVERTERS[shape_of(kind)](unwrapped(value), kind, mode)
    except RecursionError:  # a list that contains itself
        raise Mismatch("The value contains itself.") from None


def is_exactly(value: Any, kind: Any) -> bool:
    """Tell whether a value is of a type as it is.

    Args:
        value: Any value.
        kind: Any annotation.

    Returns:
        True where nothing had to be converted.
    """
    try:
        convert(value, kind, Mode.EXACT)
    except Mismatch:
        return False
    return True


def _any(value: Any, kind: Any, mode: Mode) -> Any:
    """Take anything: there is no type to check."""
    return _with_numbers(value) if mode is Mode.STORED else value


def _with_numbers(value: Any) -> Any:
    """Read the numbers that a file can only name."""
    if isinstance(value, str):
        return _NAMED.get(value, value)
    if type(value) is list:
        return [_with_numbers(item) for item in value]
    if type(value) is dict:
        return {key: _with_numbers(item) for key, item in value.items()}
    return value


def _nothing(value: Any, kind: Any, mode: Mode) -> None:
    """Take None alone."""
    if value is not None:
        raise Mismatch


def _number(value: Any, kind: Any, mode: Mode) -> Any:
    """Take a number of the kind, or text that YAML left as such."""
    if type(value) is kind:
        return value
    if kind is bool or isinstance(value, bool):
        raise Mismatch
    if isinstance(value, kind) and not isinstance(value, enum.Enum):
        return kind(value)
    if mode is Mode.EXACT:
        raise Mismatch
    if isinstance(value, str):
        return read_int(value) if kind is int else read_float(value)
    return _int(value) if kind is int else _float(value)


def _int(value: Any) -> int:
    """A whole number, also one that is written as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise Mismatch


def _float(value: Any) -> float:
    """A float, also of a whole number that it holds exactly."""
    if not isinstance(value, int):
        raise Mismatch
    try:
        return float(value)
    except OverflowError:
        raise Mismatch from None


def _string(value: Any, kind: Any, mode: Mode) -> str:
    """Take a text; a boolean is most probably YAML's doing."""
    if isinstance(value, str):
        return str.__str__(value)
    raise Mismatch(YAML_BOOLEAN if isinstance(value, bool) else "")


def _choice(value: Any, kind: Any, mode: Mode) -> Any:
    """Take one of the values of a `Literal`."""
    for option in get_args(kind):
        # 1, 1.0 and True are equal, but not the same choice.
        if type(value) is type(option) and value == option:
            return option
        is_name = isinstance(option, enum.Enum) and literal_text(option) == value
        if is_name and mode is not Mode.EXACT:
            return option
    raise _no_choice(value, kind)


def _enum(value: Any, kind: Any, mode: Mode) -> Any:
    """Take a member, its name or its value."""
    if isinstance(value, kind):
        return value
    if mode is not Mode.EXACT:
        if isinstance(value, str) and value in kind.__members__:
            return kind[value]
        for member in kind:
            if type(member.value) is type(value) and member.value == value:
                return member
    raise _no_choice(value, kind)


def _no_choice(value: Any, kind: Any) -> Mismatch:
    """Say that a value is none of those there are."""
    if isinstance(value, str):
        return Mismatch(suggestion(value, options(kind)))
    takes_words = shape_of(kind) is Shape.ENUM or str in map(type, get_args(kind))
    return Mismatch(YAML_BOOLEAN if isinstance(value, bool) and takes_words else "")


def _path(value: Any, kind: Any, mode: Mode) -> Any:
    """Take a path, or a text that becomes one."""
    if isinstance(value, PurePath):
        return value if isinstance(value, kind) else kind(value)
    if not isinstance(value, str) or mode is Mode.EXACT:
        raise Mismatch(YAML_BOOLEAN if isinstance(value, bool) else "")
    return read_path(value, kind) if mode is Mode.GIVEN else kind(value)


def _union(value: Any, kind: Any, mode: Mode) -> Any:
    """Take the value as the first member that it fits."""
    mismatch = Mismatch()
    exact = [(member, Mode.EXACT) for member in members(kind)]
    loose = [(m, mode) for m in ranked(kind)] if mode is not Mode.EXACT else []
    for member, how in exact + loose:
        try:
            return convert(value, member, how)
        except Mismatch as found:
            mismatch = found if found.hint and not mismatch.hint else mismatch
    raise mismatch


def _items(value: Any, kind: Any, mode: Mode) -> Any:
    """Take a list, tuple or set, each item in its type."""
    base, inner = get_origin(kind) or kind, get_args(kind)
    build = _builder(base, value)
    values = _items_of(value, build, mode)
    if base is tuple and get_origin(kind) and (not inner or inner[-1] is not ...):
        if len(inner) != len(values):
            raise Mismatch
        return tuple(convert(v, k, mode) for v, k in zip(values, inner, strict=True))
    item = inner[0] if inner else Any
    try:
        return build([convert(v, item, mode) for v in values])
    except TypeError:  # a set of what cannot be hashed
        raise Mismatch from None


def _builder(base: Any, value: Any) -> Callable[[Iterable[Any]], Any]:
    """Build what the annotation says; an abstract one takes lists and tuples alike."""
    abstract = base not in (list, tuple, set, frozenset)
    if abstract and type(value) in (list, tuple, set, frozenset):
        kind: type[Any] = type(value)
        return kind if isinstance(value, base) else CONTAINERS[base]
    return CONTAINERS[base]


def _items_of(value: Any, build: Any, mode: Mode) -> Sequence[Any]:
    """The items of a value that may be taken as a sequence."""
    if mode is Mode.EXACT:
        if type(value) is not build:
            raise Mismatch
        return list(value)
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, AbstractSet) and build in (set, frozenset):
        return list(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        array: list[Any] = value.tolist()
        return array
    raise Mismatch


def _mapping(value: Any, kind: Any, mode: Mode) -> dict[Any, Any]:
    """Take a mapping, keys and values in their types."""
    if not isinstance(value, Mapping):
        raise Mismatch
    inner = get_args(kind)
    key_kind, value_kind = inner if len(inner) > 1 else (Any, Any)
    try:
        return {
            _key(k, key_kind, mode): convert(v, value_kind, mode)
            for k, v in value.items()
        }
    except TypeError:  # a key that cannot be hashed
        raise Mismatch from None


def _key(key: Any, kind: Any, mode: Mode) -> Any:
    """Convert a key; those of files are texts whatever they stand for."""
    try:
        return convert(key, kind, mode)
    except Mismatch:
        if mode is Mode.EXACT or not isinstance(key, str):
            raise
        return parse(key, kind)


def _record(value: Any, kind: Any, mode: Mode) -> Any:
    """Take an instance of the dataclass, or its stored form."""
    if isinstance(value, get_origin(kind) or kind):
        return value
    if not isinstance(value, Mapping) or mode is Mode.EXACT:
        raise Mismatch(code="record")
    hints = typing.get_type_hints(kind)
    fields = {field.name for field in dataclasses.fields(kind) if field.init}
    unknown = [key for key in value if key not in fields]
    if unknown:
        hint = suggestion(str(unknown[0]), fields)
        raise Mismatch(f"It has no '{unknown[0]}'. {hint}".strip())
    given = {key: convert(v, hints.get(key, Any), mode) for key, v in value.items()}
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise Mismatch(f"({error})") from error


def _other(value: Any, kind: Any, mode: Mode) -> Any:
    """Take an instance of a class that no word can spell."""
    base = get_origin(kind) or kind
    try:
        right = isinstance(value, base)
    except TypeError:  # an annotation that cannot be asked says nothing
        right = True
    if not right:
        raise Mismatch
    return value


_CONVERTERS: Final[dict[Shape, Callable[[Any, Any, Mode], Any]]] = {
    Shape.ANY: _any,
    Shape.NONE: _nothing,
    Shape.NUMBER: _number,
    Shape.STRING: _string,
    Shape.CHOICE: _choice,
    Shape.ENUM: _enum,
    Shape.PATH: _path,
    Shape.UNION: _union,
    Shape.ITEMS: _items,
    Shape.MAPPING: _mapping,
    Shape.RECORD: _record,
    Shape.OTHER: _other,
}
