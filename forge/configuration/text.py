"""Values written as words of a command line."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Final, get_args, get_origin

from forge.configuration.brackets import (
    as_item,
    quoted,
    split_items,
    string_literal,
    unquoted,
)
from forge.configuration.literals import number_text, write_literal
from forge.configuration.reading import FROM_PYTHON, parse
from forge.configuration.shapes import (
    Mismatch,
    Shape,
    bare,
    literal_text,
    members,
    shape_of,
    unwrapped,
)
from forge.configuration.types import convert, is_exactly


__all__ = ["format_text", "parse", "split_items"]


def format_text(value: Any, kind: Any) -> str:
    """Write a value as the word that spells it.

    Args:
        value: A value of the type.
        kind: The parameter's annotation, or the type inferred from its default.

    Returns:
        A text with `parse(text, kind) == value`.

    Raises:
        Mismatch: The value is not of the type, or no word can spell it.
    """
    try:
        return _write(convert(value, kind), kind)
    except RecursionError:  # a list that contains itself
        raise Mismatch("The value contains itself.") from None


def _write(value: Any, kind: Any) -> str:
    """Write a value by the shape of its type."""
    kind = bare(kind)
    return _WRITERS[shape_of(kind)](value, kind)


def _write_item(value: Any, kind: Any) -> str:
    """Write an item of a list, where commas and brackets have a meaning."""
    kind = bare(kind)
    member = _member_of(value, kind)
    shape = shape_of(member)
    if shape is Shape.ANY:
        return string_literal(value) if type(value) is str else write_literal(value)
    if shape is Shape.ITEMS:
        return f"[{_joined(value, member)}]"
    word = _write(value, kind)
    return word if shape is Shape.MAPPING else as_item(word)


def _string(value: str, kind: Any) -> str:
    """Quote a text that would otherwise lose its quotes."""
    return value if unquoted(value) == value else quoted(value)


def _choice(value: Any, kind: Any) -> str:
    """Write a value of a `Literal` or a member by its name."""
    word = literal_text(value)
    same = type(parse(word, kind)) is type(value)
    return word if same and parse(word, kind) == value else quoted(word)


def _path(value: Any, kind: Any) -> str:
    """Write a path so that `~` is not expanded anew."""
    text = str(value)
    # A folder that is really called ~ must not become the user's.
    return _string(f"./{text}" if text.startswith("~") else text, str)


def _union(value: Any, kind: Any) -> str:
    """Write a value so that its own member reads it."""
    member = _member_of(value, kind)
    if shape_of(member) is Shape.UNION:
        raise Mismatch
    if shape_of(member) is Shape.ITEMS:
        return f"[{_joined(value, member)}]"
    word = _write(value, member)
    found = parse(word, kind)
    if type(found) is type(value) and found == value:
        return word
    if isinstance(value, PurePath):
        return f"./{value}"
    return quoted(value) if isinstance(value, str) else word


def _member_of(value: Any, kind: Any) -> Any:
    """The member of a union that a value is of; any other type itself."""
    if shape_of(kind) is not Shape.UNION:
        return kind
    exact = (member for member in members(kind) if is_exactly(value, member))
    return next(exact, kind)


def _items(value: Any, kind: Any) -> str:
    """Write a list in brackets where it would not be one without."""
    inner = _joined(value, kind)
    bare_list = len(value) > 0 and not set("[](){}'\"").intersection(inner)
    return inner if bare_list else f"[{inner}]"


def _joined(value: Any, kind: Any) -> str:
    """Write the items with commas between them."""
    inner = get_args(kind)
    if get_origin(kind) is tuple and inner and inner[-1] is not ...:
        items = [_write_item(v, k) for v, k in zip(value, inner, strict=True)]
    else:
        item = inner[0] if inner else Any
        items = [_write_item(v, item) for v in value]
    return ",".join(sorted(items) if isinstance(value, set | frozenset) else items)


def _mapping(value: Any, kind: Any) -> str:
    """Write a mapping in braces."""
    inner = get_args(kind)
    keys, values = inner if len(inner) > 1 else (str, Any)
    pairs = (
        f"{_write_item(k, keys)}:{_write_item(v, values)}" for k, v in value.items()
    )
    return f"{{{','.join(pairs)}}}"


def _refused(hint: str, code: str) -> Callable[[Any, Any], str]:
    """A writer for what no word can spell: it says so."""

    def write(value: Any, kind: Any) -> str:
        raise Mismatch(hint, code=code)

    return write


_WRITERS: Final[dict[Shape, Callable[[Any, Any], str]]] = {
    Shape.ANY: lambda value, kind: write_literal(unwrapped(value)),
    Shape.NONE: lambda value, kind: "None",
    Shape.NUMBER: lambda value, kind: number_text(value),
    Shape.STRING: _string,
    Shape.CHOICE: _choice,
    Shape.ENUM: lambda value, kind: _string(value.name, str),
    Shape.PATH: _path,
    Shape.UNION: _union,
    Shape.ITEMS: _items,
    Shape.MAPPING: _mapping,
    Shape.RECORD: _refused("", "record"),
    Shape.OTHER: _refused(FROM_PYTHON, "bad-value"),
}
