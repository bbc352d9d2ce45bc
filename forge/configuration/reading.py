"""Words of a command line read as values of a type."""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, get_args, get_origin

from forge.configuration.brackets import (
    as_word,
    cut,
    cut_items,
    inside,
    unquoted,
)
from forge.configuration.literals import (
    NOTHING,
    read_item,
    read_literal,
)
from forge.configuration.scalars import (
    read_bool,
    read_exact_int,
    read_float,
    read_int,
    read_path,
    suggestion,
)
from forge.configuration.shapes import (
    CONTAINERS,
    Mismatch,
    Shape,
    bare,
    literal_text,
    members,
    options,
    shape_of,
)


Reader = Callable[[str], Any]

FROM_PYTHON: Final = "Values of this type can only be given from Python."


def parse(text: str, kind: Any) -> Any:
    """Read a word of the command line as a value of a type.

    Args:
        text: Everything after the first `=`.
        kind: The parameter's annotation, or the type inferred from its default.

    Returns:
        The value.

    Raises:
        Mismatch: The text spells no such value; nothing else is ever raised.
    """
    try:
        reader = _cached(kind)
    except TypeError:  # an annotation that cannot be hashed
        reader = reader_of(kind)
    except RecursionError:  # an alias that contains itself
        raise Mismatch(FROM_PYTHON) from None
    return reader(text)


def reader_of(kind: Any) -> Reader:
    """Make the function that reads values of a type.

    Args:
        kind: Any annotation.

    Returns:
        It takes a text, and raises `Mismatch`.
    """
    kind = bare(kind)
    return _MAKERS[shape_of(kind)](kind)


_cached: Final = lru_cache(maxsize=1024)(reader_of)


def ranked(kind: Any) -> list[Any]:
    """Order the members of a union by how much they demand of a text.

    Args:
        kind: A union.

    Returns:
        Its members without None, the pickiest first and `str` last.
    """
    inner = [member for member in members(kind) if shape_of(member) is not Shape.NONE]
    return sorted(inner, key=lambda m: _NUMBERS.get(m, _RANKS[shape_of(m)]))


_RANKS: Final = {
    Shape.CHOICE: 0,
    Shape.NUMBER: 1,
    Shape.ENUM: 4,
    Shape.ITEMS: 5,
    Shape.MAPPING: 5,
    Shape.RECORD: 6,
    Shape.OTHER: 6,
    Shape.UNION: 6,
    Shape.NONE: 6,
    Shape.PATH: 7,
    Shape.STRING: 8,
    Shape.ANY: 9,
}
#: `1` is a number before it is a truth, where both are members.
_NUMBERS: Final[dict[Any, int]] = {int: 1, float: 2, bool: 3}


def _read_nothing(text: str) -> None:
    """Read None."""
    if text.strip().lower() not in NOTHING:
        raise Mismatch


def _number_reader(kind: Any) -> Reader:
    """The reader of int, float or bool."""
    return {int: read_int, float: read_float, bool: read_bool}[kind]


def _path_reader(kind: Any) -> Reader:
    """The reader of paths of one class."""
    return lambda text: read_path(unquoted(text), kind)


def _choice_reader(kind: Any) -> Reader:
    """The reader of a `Literal`."""
    values = sorted(get_args(kind), key=lambda value: isinstance(value, str))
    words: dict[str, Any] = {}
    for value in values:
        words.setdefault(literal_text(value), value)
    strings = {value for value in values if type(value) is str}
    folded = {
        str(value).lower(): value
        for value in values
        if value is None or isinstance(value, bool)
    }

    def read(text: str) -> Any:
        if text in words:
            return words[text]
        inner = unquoted(text)
        if inner != text and inner in strings:
            return inner
        if text.lower() in folded:
            return folded[text.lower()]
        raise _no_choice(text, words, kind)

    return read


def _enum_reader(kind: type[enum.Enum]) -> Reader:
    """The reader of members, by name first and then by value."""
    names = kind.__members__
    values = {str(member.value): member for member in reversed(kind)}

    def read(text: str) -> enum.Enum:
        for words in names, values:
            for word in text, unquoted(text):
                if word in words:
                    return words[word]
        raise _no_choice(text, [*names, *values], kind)

    return read


def _no_choice(text: str, words: Iterable[str], kind: Any) -> Mismatch:
    """Say that a word is none of those there are."""
    listed = set(options(kind))
    try:
        items = cut_items(text)
    except Mismatch:
        items = []
    if len(items) > 1 and listed.issuperset(items):
        return Mismatch(code="several-values")
    return Mismatch(suggestion(text, words))


def _union_reader(kind: Any) -> Reader:
    """The reader that tries each member, the pickiest first."""
    inner = members(kind)
    optional = any(shape_of(member) is Shape.NONE for member in inner)
    takes_text = str in inner
    readers = [_member_reader(member, inner) for member in ranked(kind)]

    def read(text: str) -> Any:
        if optional and text.strip().lower() in NOTHING:
            return None
        word = unquoted(text) if takes_text else text
        return word if word != text else _first(readers, text)

    return read


def _member_reader(kind: Any, others: Sequence[Any]) -> Reader:
    """The reader of one member of a union beside the others."""
    if kind is int and float in others:
        return read_exact_int
    reader = reader_of(kind)
    if shape_of(kind) is not Shape.ITEMS:
        return reader

    def read(text: str) -> Any:
        """Take a single word for the text or number that may stand here."""
        if "," not in text and inside(text.strip()) is None:
            raise Mismatch
        return reader(text)

    return read


def _first(readers: Iterable[Reader], text: str) -> Any:
    """The answer of the first reader that takes the text."""
    mismatch = Mismatch()
    for reader in readers:
        try:
            return reader(text)
        except Mismatch as found:
            if not mismatch.hint and mismatch.code == "bad-value":
                mismatch = found
    raise mismatch


def _items_reader(kind: Any) -> Reader:
    """The reader of comma lists, with or without brackets."""
    base, inner = get_origin(kind) or kind, get_args(kind)
    build = CONTAINERS[base]
    if base is tuple and get_origin(kind) and (not inner or inner[-1] is not ...):
        readers = [_item_reader(item) for item in inner]
        return lambda text: tuple(_read_fixed(readers, text))
    reader = _item_reader(inner[0] if inner else Any)

    def read(text: str) -> Any:
        try:
            return build(reader(item) for item in _items(text))
        except TypeError:  # a set of what cannot be hashed
            raise Mismatch from None

    return read


def _read_fixed(readers: Sequence[Reader], text: str) -> Iterator[Any]:
    """Read the items of a tuple that has a type for each place."""
    items = _items(text)
    if len(items) != len(readers):
        raise Mismatch
    for reader, item in zip(readers, items, strict=True):
        yield reader(item)


def _items(text: str) -> list[str]:
    """The items inside a list's brackets, or of the bare list."""
    word = text.strip()
    inner = inside(word)
    return cut_items(word if inner is None else inner)


def _item_reader(kind: Any) -> Reader:
    """The reader of one item, which may be quoted."""
    kind = bare(kind)
    shape = shape_of(kind)
    if shape is Shape.ANY:
        return read_item
    reader = reader_of(kind)

    def read(item: str) -> Any:
        if shape is Shape.ITEMS and inside(item) is None:
            raise Mismatch("Write each inner list in brackets, as in [1,2],[3].")
        return reader(as_word(item))

    return read


def _mapping_reader(kind: Any) -> Reader:
    """The reader of `{key:value,...}`."""
    inner = get_args(kind)
    keys, values = map(_item_reader, inner if len(inner) > 1 else (str, Any))

    def read(text: str) -> dict[Any, Any]:
        between = inside(text.strip(), "{")
        if between is None:
            raise Mismatch("Write {a:1,b:2}, in quotes for the shell.")
        pairs = [cut(item, ":") for item in cut_items(between)]
        if any(len(pair) == 1 for pair in pairs):
            raise Mismatch("Write {a:1,b:2}, in quotes for the shell.")
        try:
            return {
                keys(pair[0].strip()): values(":".join(pair[1:]).strip())
                for pair in pairs
            }
        except TypeError:  # a key that cannot be hashed
            raise Mismatch from None

    return read


def _refuser(hint: str, code: str) -> Callable[[Any], Reader]:
    """A reader for what no word can spell: it says so."""

    def read(text: str) -> Any:
        raise Mismatch(hint, code=code)

    return lambda kind: read


_MAKERS: Final[dict[Shape, Callable[[Any], Reader]]] = {
    Shape.ANY: lambda kind: read_literal,
    Shape.NONE: lambda kind: _read_nothing,
    Shape.NUMBER: _number_reader,
    Shape.STRING: lambda kind: unquoted,
    Shape.CHOICE: _choice_reader,
    Shape.ENUM: _enum_reader,
    Shape.PATH: _path_reader,
    Shape.UNION: _union_reader,
    Shape.ITEMS: _items_reader,
    Shape.MAPPING: _mapping_reader,
    Shape.RECORD: _refuser("", "record"),
    Shape.OTHER: _refuser(FROM_PYTHON, "bad-value"),
}
