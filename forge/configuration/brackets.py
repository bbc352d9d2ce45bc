"""Text cut at commas and colons, with brackets and quotes respected."""

from collections.abc import Iterator
from typing import Final

from forge.configuration.shapes import Mismatch


DEEPEST: Final = 32
QUOTES: Final = "'\""
PAIRS: Final = {"[": "]", "(": ")", "{": "}"}
_CLOSING: Final = frozenset(PAIRS.values())
#: After these a quote opens a quoted word; elsewhere it is an apostrophe.
_BEFORE_WORDS: Final = frozenset(",:[({")
_SPECIAL: Final = frozenset("[](){}'\"")
#: What a bare item of a list cannot hold.
_NOT_BARE: Final = _SPECIAL | frozenset(",:")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPES_PYTHON: Final = {"a": "\a", "v": "\v", "\n": ""}
_LAST_CHARACTER: Final = 0x10FFFF
_VERBATIM: Final = "\\'\"/"


def split_items(text: str) -> list[str]:
    """Split a comma list into the texts of its items.

    Args:
        text: Such as `64,64`, `[64],[64,64]` or `a,"b,c"`. Outer brackets stay: they
            make one item.

    Returns:
        The items, each as it would be typed alone; a comma at the end adds none.

    Raises:
        Mismatch: Brackets do not match.
    """
    return [as_word(item) for item in cut_items(text)]


def cut_items(text: str) -> list[str]:
    """Cut a comma list, and leave the items as they were typed inside it.

    Args:
        text: The inside of a pair of brackets, or a list without any.

    Returns:
        The items without the blanks around them.

    Raises:
        Mismatch: Brackets do not match.
    """
    items = [item.strip() for item in cut(text, ",")]
    if not items[-1]:
        items.pop()  # nothing at all, or a comma at the end as in (64,)
    return items


def cut(text: str, separator: str) -> list[str]:
    """Cut a text at every separator outside brackets and quotes.

    Args:
        text: Any text.
        separator: A comma or a colon.

    Returns:
        The pieces; one more than there are separators.

    Raises:
        Mismatch: Brackets do not match.
    """
    if _SPECIAL.isdisjoint(text):
        return text.split(separator)
    pieces = []
    start = depth = 0
    for at, char, depth in _marks(text):
        if char == separator and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
    if depth:
        raise Mismatch("A bracket is not closed.")
    pieces.append(text[start:])
    return pieces


def inside(text: str, brackets: str = "[({") -> str | None:
    """Take off one pair of brackets that spans the whole text.

    Args:
        text: Any text, without blanks around it.
        brackets: The opening brackets that count.

    Returns:
        What is between them; None when there is no such pair, as in `[1],[2]`.

    Raises:
        Mismatch: Brackets do not match.
    """
    if not text or text[0] not in brackets or text[-1] != PAIRS[text[0]]:
        return None
    for at, char, depth in _marks(text):
        if depth == 0 and char in _CLOSING:
            return text[1:-1] if at == len(text) - 1 else None
    raise Mismatch("A bracket is not closed.")


def is_quoted(text: str) -> bool:
    """Tell whether a text is one quoted word, from its first character to its last."""
    return (
        len(text) > 1
        and text[0] in QUOTES
        and text[-1] == text[0]
        and _closing_quote(text, 0) == len(text) - 1
    )


def unquoted(text: str) -> str:
    """Take off the one pair of outer quotes that a text may have.

    Backslashes are text, but for one before a quote of the same sort, without which
    such a quote could not stand inside.

    Args:
        text: Any text.

    Returns:
        The inside of the quotes, or the text itself.
    """
    quote = text[:1]
    if len(text) < 2 or quote not in QUOTES or text[-1] != quote:  # noqa: PLR2004
        return text
    inner = text[1:-1]
    if quote not in inner:
        return inner
    escaped = f"\\{quote}"
    whole = inner.count(quote) == inner.count(escaped)
    return inner.replace(escaped, quote) if whole else text


def quoted(text: str) -> str:
    """Put a text between quotes.

    Args:
        text: Any text.

    Returns:
        A word that `unquoted` turns into the text.
    """
    for quote in '"', "'":
        if quote not in text:
            return f"{quote}{text}{quote}"
    return '"' + text.replace('"', '\\"') + '"'


def as_word(item: str) -> str:
    """Write an item of a list as it would be typed alone.

    Inside brackets a quoted word has the escapes of JSON and Python; alone it has not.

    Args:
        item: An item as `cut_items` leaves it.

    Returns:
        The word.
    """
    if "\\" in item and is_quoted(item):
        return quoted(unescaped(item))
    return item


def as_item(word: str) -> str:
    """Write a word as an item of a list: the inverse of `as_word`.

    Args:
        word: A word as it would be typed alone.

    Returns:
        The item; quoted where commas, brackets or blanks would be misread.
    """
    simple = word and word == word.strip() and _NOT_BARE.isdisjoint(word)
    return word if simple else string_literal(unquoted(word))


def string_literal(text: str) -> str:
    """Write a text as a string literal that JSON and Python users can read.

    Args:
        text: Any text.

    Returns:
        A word that `unescaped` turns into the text.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unescaped(literal: str) -> str:
    """Read a string literal with the escapes of JSON and Python.

    Args:
        literal: A quoted word.

    Returns:
        The text; an escape that neither language knows stays as it is.
    """
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner
    # Imported on use: only texts with a backslash need it.
    import re  # noqa: PLC0415

    pattern = r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])"
    text = re.sub(pattern, lambda match: _unescape(match[1]), inner)
    if "\\ud" not in inner.lower():
        return text
    # JSON spells one character above U+FFFF as two escapes.
    pairs = r"[\ud800-\udbff][\udc00-\udfff]"
    return re.sub(pairs, lambda match: _one_character(match[0]), text)


def _unescape(code: str) -> str:
    """The character that an escape stands for."""
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code in _ESCAPES_PYTHON:
        return _ESCAPES_PYTHON[code]
    if code in _VERBATIM:
        return code
    number = int(code[1:], 16) if len(code) > 1 else _LAST_CHARACTER + 1
    return chr(number) if number <= _LAST_CHARACTER else f"\\{code}"


def _one_character(pair: str) -> str:
    """The character of a short escape."""
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _marks(text: str) -> Iterator[tuple[int, str, int]]:
    """Go through the characters outside quotes, with the depth of brackets there."""
    at = 0
    fresh = True
    expected: list[str] = []
    unclosed = set()
    while at < len(text):
        char = text[at]
        if fresh and char in QUOTES and char not in unclosed:
            end = _closing_quote(text, at)
            if end > 0:
                at = end
            else:
                # No quote of this sort closes from here on: look only once.
                unclosed.add(char)
        else:
            _follow(char, expected)
            yield at, char, len(expected)
        fresh = char in _BEFORE_WORDS or (fresh and char.isspace())
        at += 1


def _follow(char: str, expected: list[str]) -> None:
    """Keep the brackets that are still to be closed."""
    if char in PAIRS:
        expected.append(PAIRS[char])
        if len(expected) > DEEPEST:
            raise Mismatch("Brackets are nested too deeply.")
    elif char in _CLOSING and (not expected or expected.pop() != char):
        raise Mismatch("Brackets do not match.")


def _closing_quote(text: str, start: int) -> int:
    """Find the quote that closes the one at `start`; -1 when there is none."""
    end = start
    while True:
        end = text.find(text[start], end + 1)
        if end < 0:
            return end
        before = end - 1
        while text[before] == "\\":
            before -= 1
        if (end - before) % 2:
            return end
