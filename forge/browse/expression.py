"""What a filter says, as frozen values, and written as text again."""

import re
from enum import StrEnum
from typing import Final, NamedTuple


#: The prefixes that say where a name is looked up.
SECTIONS: Final = ("run", "config", "summary", "result")

#: What can be asked of a metric; without one of these it is the last value.
STATISTICS: Final = ("last", "min", "max", "mean", "step", "n", "min_step", "max_step")

#: Words that mean something else when they stand alone.
KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "defined", "contains"})

#: One word: no space, no quote, and no sign that the grammar uses.
WORD: Final = r"""[^\s"'()\[\],=!<>~]+"""

_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:[0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|nan)",
    re.IGNORECASE,
)
_SPAN: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:s|m|min|h|d|w))+")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_BARE: Final = re.compile(WORD)


class Kind(StrEnum):
    """What a value looks like; what it is compared as depends on the name."""

    #: In quotes, or any other word.
    TEXT = "text"
    #: `0.01`, `1e-3`, `nan`, `inf`.
    NUMBER = "number"
    #: `true` or `false`.
    BOOL = "bool"
    #: `none`.
    NONE = "none"
    #: `3h`, `2d`, `1h30m`.
    SPAN = "span"
    #: `2026-11-20`, `2026-11-20T12:00`.
    TIME = "time"


class Value(NamedTuple):
    """A value as it was typed, quotes taken off."""

    kind: Kind
    text: str


class Name(NamedTuple):
    """The name of what is tested.

    Attributes:
        section: `run`, `config`, `summary`, `result`; empty where it was left open.
        name: The name within it.
        statistic: With `summary`: `min`, `max`, …; empty for the last value.
    """

    section: str
    name: str
    statistic: str = ""


class Compare(NamedTuple):
    """`lr < 0.1`; a list is compared as a whole."""

    name: Name
    sign: str
    value: "Value | tuple[Value, ...]"


class Among(NamedTuple):
    """`model in [mlp, cnn]`."""

    name: Name
    values: tuple[Value, ...]
    negated: bool = False


class Defined(NamedTuple):
    """`accuracy is defined`."""

    name: Name
    negated: bool = False


class Contains(NamedTuple):
    """`tags contains best`."""

    name: Name
    value: Value


class Words(NamedTuple):
    """Text that is looked for in id, label, tags and note."""

    text: str


class Negation(NamedTuple):
    """`not …`."""

    part: "Expression"


class Conjunction(NamedTuple):
    """`… and …`, of two parts or more."""

    parts: "tuple[Expression, ...]"


class Disjunction(NamedTuple):
    """`… or …`, of two parts or more."""

    parts: "tuple[Expression, ...]"


Expression = (
    Compare | Among | Defined | Contains | Words | Negation | Conjunction | Disjunction
)


def value_of(word: str) -> Value:
    """Tell what a word without quotes looks like.

    Args:
        word: The word.

    Returns:
        The value.
    """
    lower = word.lower()
    if lower in ("true", "false"):
        return Value(Kind.BOOL, lower)
    if lower in ("none", "null"):
        return Value(Kind.NONE, "none")
    for pattern, kind in (
        (_NUMBER, Kind.NUMBER),
        (_SPAN, Kind.SPAN),
        (_TIME, Kind.TIME),
    ):
        if pattern.fullmatch(word):
            return Value(kind, word)
    return Value(Kind.TEXT, word)


def name_of(word: str) -> Name:
    """Take a word without quotes apart.

    Args:
        word: The word, such as `summary.loss.min`.

    Returns:
        The name.
    """
    section, dot, rest = word.partition(".")
    if not (dot and rest and section in SECTIONS):
        return Name("", word)
    before, dot, statistic = rest.rpartition(".")
    if section == "summary" and before and statistic in STATISTICS:
        return Name(section, before, statistic)
    return Name(section, rest)


def write(expression: Expression) -> str:
    """Write a filter as text.

    Args:
        expression: What it says.

    Returns:
        Text that means the same.
    """
    match expression:
        case Disjunction(parts):
            return " or ".join(_within(part, Disjunction) for part in parts)
        case Conjunction(parts):
            return " and ".join(
                _within(part, Disjunction, Conjunction) for part in parts
            )
        case Negation(part):
            return f"not {_within(part, Disjunction, Conjunction)}"
        case Words(text):
            return text if _is_plain(text) else quoted(text)
    return _write_test(expression)


def write_name(name: Name) -> str:
    """Write a name.

    Args:
        name: The name.

    Returns:
        Text that `name_of` or the parser takes for the same name.
    """
    if name.section:
        end = f".{name.statistic}" if name.statistic else ""
        plain = f"{name.section}.{name.name}{end}"
        if _BARE.fullmatch(plain) and name_of(plain) == name:
            return plain
        return f"{name.section}.{quoted(name.name)}{end}"
    return name.name if _is_plain(name.name) else quoted(name.name)


def quoted(text: str) -> str:
    """Put a text in quotes.

    Args:
        text: Any text.

    Returns:
        The text between double quotes, those within it escaped.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write_test(
    test: Compare | Among | Defined | Contains,
) -> str:
    """Write a single test."""
    name = write_name(test.name)
    match test:
        case Compare(_, sign, value):
            return f"{name} {sign} {_write_value(value)}"
        case Among(_, values, negated):
            return f"{name} {'not in' if negated else 'in'} {_write_value(values)}"
        case Defined(_, negated):
            return f"{name} is {'not ' if negated else ''}defined"
        case Contains(_, value):
            return f"{name} contains {_write_value(value)}"


def _write_value(value: Value | tuple[Value, ...]) -> str:
    """Write a value, or a list of them."""
    if not isinstance(value, Value):
        return f"[{', '.join(map(_write_value, value))}]"
    if value.kind is not Kind.TEXT:
        return value.text
    is_word = _BARE.fullmatch(value.text) and value_of(value.text) == value
    return value.text if is_word and not _is_keyword(value.text) else quoted(value.text)


def _within(part: Expression, *looser: type) -> str:
    """Write a part, in parentheses where it binds less than what it is part of."""
    return f"({write(part)})" if isinstance(part, looser) else write(part)


def _is_plain(word: str) -> bool:
    """Tell whether a word can stand without quotes where a test begins."""
    return bool(
        _BARE.fullmatch(word)
        and not _is_keyword(word)
        and name_of(word) == Name("", word)
    )


def _is_keyword(word: str) -> bool:
    """Tell whether the grammar uses a word."""
    return word.lower() in KEYWORDS
