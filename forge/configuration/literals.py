"""Values of parameters without a type: guessed from the text, and written back."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from forge.configuration.brackets import (
    cut,
    cut_items,
    inside,
    is_quoted,
    string_literal,
    unescaped,
)
from forge.configuration.shapes import Mismatch, unwrapped


NOTHING: Final = frozenset({"none", "null"})
_NAMED: Final[Mapping[str, Any]] = {
    "true": True,
    "false": False,
    "none": None,
    "null": None,
}
_LONGEST_NAMED: Final = 5
_LONGEST_HEXADECIMAL: Final = 3000
_BASES: Final = frozenset({"0x", "0o", "0b"})


def read_literal(text: str) -> Any:
    """Guess the value that a text spells.

    Args:
        text: Any text.

    Returns:
        true, false and none in any case, a number, a Python or JSON literal, a list
        or dict of words, or else the text itself.
    """
    word = text.strip()
    try:
        return _value(word, words=False)
    except Mismatch:
        pass
    if word.startswith(("[", "(", "{")):
        try:
            return _value(word, words=True)
        except Mismatch:
            pass
    return text


def read_item(item: str) -> Any:
    """Guess the value of an item of a list; unlike a whole word it may be quoted.

    Args:
        item: The item as it was typed between brackets.

    Returns:
        The value; the item's text when it spells none.
    """
    return unescaped(item) if is_quoted(item) else read_literal(item)


def write_literal(value: Any) -> str:
    """Spell a value so that `read_literal` finds it again.

    Args:
        value: None, a number, a text, or a list, tuple, set or dict of such values.

    Returns:
        The text; strings are quoted only where they would be taken for something else.

    Raises:
        Mismatch: No word can spell the value.
    """
    if type(value) is str and read_literal(value) == value:
        return value
    return _literal(value)


def based_integer(text: str) -> int:
    """Read a whole number such as `0xff`.

    Args:
        text: Any text.

    Returns:
        The number.

    Raises:
        ValueError: It is not a number with a base, or it is too long to be printed.
    """
    word = text.strip().lower()
    if word.lstrip("+-")[:2] not in _BASES or len(word) > _LONGEST_HEXADECIMAL:
        raise ValueError(text)
    return int(word, 0)


def _value(word: str, *, words: bool) -> Any:
    """Read a literal; `words` allows bare words for strings inside of it."""
    if len(word) <= _LONGEST_NAMED and word.lower() in _NAMED:
        return _NAMED[word.lower()]
    if is_quoted(word):
        return unescaped(word)
    if word.isascii() and (word[:1] in "+-.iInN" or word[:1].isdigit()):
        number = _number(word)
        if number is not None:
            return number
    return _collection(word, words=words)


def _number(word: str) -> int | float | None:
    """The number that a word spells, if it does."""
    try:
        return int(word)
    except ValueError:
        pass
    if word.lstrip("+-").isdigit():
        return None  # more digits than Python prints: a text, not infinity
    readers: tuple[Callable[[str], int | float], ...] = (based_integer, float)
    for reader in readers:
        try:
            return reader(word)
        except ValueError:
            continue
    return None


def _collection(word: str, *, words: bool) -> Any:
    """The list, tuple, set or dict that a word spells."""
    inner = inside(word)
    if inner is None:
        return _unbracketed(word, words=words)
    if word[0] == "{":
        return _braces(inner, words=words)
    if word[0] == "(" and len(cut(inner, ",")) == 1 and inner.strip():
        # (1) is a number in Python, and (word) is just text.
        return _value(inner.strip(), words=False)
    values = [_value(item, words=words) for item in cut_items(inner)]
    return values if word[0] == "[" else tuple(values)


def _unbracketed(word: str, *, words: bool) -> Any:
    """The items of a list that has no brackets."""
    if word == "set()":
        return set()
    items = cut(word, ",")
    if len(items) > 1 and items[0].strip():
        return tuple(_value(item, words=False) for item in cut_items(word))
    if words and word:
        return word
    raise Mismatch


def _braces(inner: str, *, words: bool) -> Any:
    """The set or dict inside braces."""
    items = cut_items(inner)
    pairs = [cut(item, ":") for item in items]
    try:
        if all(len(pair) > 1 for pair in pairs):
            return {
                _value(pair[0].strip(), words=words): _value(
                    ":".join(pair[1:]).strip(), words=words
                )
                for pair in pairs
            }
        return {_value(item, words=False) for item in items}
    except TypeError:  # what cannot be hashed is neither key nor member
        raise Mismatch from None


def _literal(value: Any) -> str:
    """Write one value so that it is read as it was."""
    value = unwrapped(value)
    kind = type(value)
    if kind is str:
        return string_literal(value)
    if kind in (int, float, bool, type(None)):
        return number_text(value)
    if kind is dict:
        pairs = (f"{_literal(k)}:{_literal(v)}" for k, v in value.items())
        return f"{{{','.join(pairs)}}}"
    if kind in (list, tuple, set):
        return _sequence(value)
    raise Mismatch


def _sequence(value: Collection[Any]) -> str:
    """Write the items of a collection."""
    texts = [_literal(item) for item in value]
    if isinstance(value, list):
        return f"[{','.join(texts)}]"
    if isinstance(value, set):
        return f"{{{','.join(sorted(texts))}}}" if texts else "set()"
    return f"({','.join(texts)}{',' if len(texts) == 1 else ''})"


def number_text(value: object) -> str:
    """Spell a number.

    Args:
        value: An int, float or bool.

    Returns:
        Its text.

    Raises:
        Mismatch: It has more digits than Python prints.
    """
    try:
        return repr(value)
    except ValueError:
        raise Mismatch("The number has too many digits.") from None
