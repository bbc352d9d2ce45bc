"""Filters as conditions of SQLite: every value and every name is a bound parameter.

A value in the index has a type and a value, both expressions of SQLite:
`json_type(config, ?)` and `json_extract(config, ?)` for a parameter of a run. What a
test means is written once, in these terms, whatever is tested.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from forge.browse.attributes import ASKED, ATTRIBUTES, Attribute, Sort, attribute
from forge.browse.cells import dumps, number, text
from forge.browse.expression import (
    STATISTICS,
    Among,
    Compare,
    Conjunction,
    Contains,
    Defined,
    Disjunction,
    Expression,
    Kind,
    Name,
    Negation,
    Value,
    Words,
)
from forge.browse.measures import measured, period
from forge.browse.moments import seconds_of
from forge.errors import ForgeError


class Known(NamedTuple):
    """The names that some run has."""

    config: Collection[str] = ()
    summary: Collection[str] = ()
    result: Collection[str] = ()


class Condition(NamedTuple):
    """A condition that can stand after WHERE, and its parameters in order."""

    sql: str
    parameters: tuple[Any, ...] = ()


class _Cell(NamedTuple):
    """What is tested: its JSON type, its value, and the attribute that it may be."""

    type: Condition
    value: Condition
    attribute: Attribute | None = None


_TRUE: Final = Condition("1")
_FALSE: Final = Condition("0")
_NOWHERE: Final = _Cell(Condition("NULL"), Condition("NULL"))
_NUMERIC: Final = "('integer', 'real')"


class Translator:
    """Turns filters into conditions.

    Args:
        known: The names that runs have, which decide what a bare name stands for.
        now: Seconds since 1970, for spans and runs that go on.
    """

    def __init__(self, known: Known, now: float) -> None:
        self._known = known
        self._now = now

    def condition(self, expression: Expression) -> Condition:
        """Turn a filter into a condition.

        Args:
            expression: The filter.

        Returns:
            The condition, which is 0 or 1 for every run and never NULL.

        Raises:
            ForgeError: `bad-filter` for an attribute that does not exist, and for a
                value that it cannot be compared with.
        """
        match expression:
            case Conjunction(parts):
                return _joined([self.condition(part) for part in parts], "AND")
            case Disjunction(parts):
                return _joined([self.condition(part) for part in parts], "OR")
            case Negation(part):
                return _filled("NOT {}", self.condition(part))
            case Words(words):
                needle = text(words).casefold()
                return Condition("instr(runs.words, ?) > 0", (needle,))
        return self._test(expression, self.cell(expression.name))

    def cell(self, name: Name) -> _Cell:
        """Find what a name stands for.

        Args:
            name: The name.

        Returns:
            The expressions for its type and its value.

        Raises:
            ForgeError: `bad-filter` if it is no attribute although it is said to be.
        """
        if name.section == "run":
            return self._attribute(name.name)
        if name.section:
            return _cell(name)
        if self.is_attribute(name):
            return self._attribute(name.name)
        return _first([_cell(candidate) for candidate in self.candidates(name)])

    def is_attribute(self, name: Name) -> bool:
        """Tell whether a bare name stands for an attribute.

        Args:
            name: The name.

        Returns:
            Whether it is one. Runs may well have a `size` or a `path` of their own,
            which then is what is meant.
        """
        known = attribute(name.name)
        is_own = known in ASKED and any(name.name in names for names in self._known)
        return known is not None and not is_own

    def candidates(self, name: Name) -> list[Name]:
        """List what a bare name that is no attribute stands for, the first one first.

        Args:
            name: The name.

        Returns:
            The names with their sections that some run has. One that is nowhere may be
            the end of exactly one parameter: `lr` for `optimizer.lr`.
        """
        known, word = self._known, name.name
        found = [Name("config", word)] if word in known.config else []
        if word in known.summary:
            found.append(Name("summary", word))
        metric, dot, statistic = word.rpartition(".")
        if dot and statistic in STATISTICS and metric in known.summary:
            found.append(Name("summary", metric, statistic))
        key = "" if word == "result" else word
        if key in known.result:
            found.append(Name("result", key))
        if found:
            return found
        ends = [key for key in known.config if key.endswith(f".{word}")]
        return [Name("config", ends[0])] if len(ends) == 1 else []

    def _test(
        self, test: Compare | Among | Defined | Contains, cell: _Cell
    ) -> Condition:
        """Turn a single test into a condition."""
        match test:
            case Compare(_, sign, value):
                return self._compare(cell, sign, value)
            case Among(_, values, negated):
                parts = [self._compare(cell, "==", value) for value in values]
                found = _joined(parts, "OR")
                return _but_not(cell, found) if negated else found
            case Defined(_, negated):
                sign = "IS NULL" if negated else "IS NOT NULL"
                return _filled(f"{{}} {sign}", cell.type)
            case Contains(_, value):
                needle = text(value.text).casefold()
                number = _number(value.text) if value.kind is Kind.NUMBER else None
                form = "COALESCE(forge_contains({}, {}, {}), 0)"
                wanted = Condition("?, ?", (needle, number))
                found = _filled(form, cell.type, cell.value, wanted)
                return _joined([found, *_is_text(cell)], "AND")

    def _attribute(self, name: str) -> _Cell:
        """Find the column of an attribute."""
        known = attribute(name)
        if known is None:
            raise ForgeError(
                "bad-filter",
                f"runs have no attribute {name!r}. There are: {', '.join(ATTRIBUTES)}.",
                name=name,
                options=tuple(ATTRIBUTES),
            )
        found = ATTRIBUTES[known]
        if not found.column:
            kind = "'text'" if found.sort is Sort.TEXT else "'integer'"
            place = f"forge_{known}(runs.root, runs.folder)"
            return _Cell(Condition(kind), Condition(place), found)
        column = f"runs.{found.column}"
        if known == "duration":
            going_on = f"CASE runs.status WHEN 'RUNNING' THEN {self._now!r} END"
            column = f"COALESCE({column}, {going_on} - runs.started)"
        kind = {
            Sort.TEXT: "'text'",
            Sort.LIST: "'array'",
            Sort.SWITCH: f"CASE {column} WHEN 1 THEN 'true' ELSE 'false' END",
        }.get(found.sort, "'real'")
        # Nothing to tell is no list of tags, as it is no label.
        nothing = "'[]'" if found.sort is Sort.LIST else "NULL"
        absent = f"{column} IS {nothing}"
        return _Cell(
            Condition(f"CASE WHEN {absent} THEN NULL ELSE {kind} END"),
            Condition(column),
            found,
        )

    def _compare(
        self, cell: _Cell, sign: str, value: Value | tuple[Value, ...]
    ) -> Condition:
        """Compare with a value, or a list with a list."""
        if sign == "!=":
            return _but_not(cell, self._compare(cell, "==", value))
        if not isinstance(value, Value):
            wanted = Condition("?", (dumps([_plain(one) for one in value]),))
            return _filled("forge_equal({}, {}, {})", cell.type, cell.value, wanted)
        if cell.attribute is None:
            return _compare(cell, sign, value)
        if cell.attribute.sort is Sort.TIME:
            return self._compare_time(cell, sign, value)
        return _compare(cell, sign, measured(cell.attribute, value))

    def _compare_time(self, cell: _Cell, sign: str, value: Value) -> Condition:
        """Compare a time."""
        if value.kind is Kind.NONE:
            return _compare(cell, sign, value)
        begin, end = period(value, self._now)
        if sign != "==":
            return _bound(cell.value, sign, begin)
        if begin == end:
            return _bound(cell.value, "=", begin)
        ends = [_bound(cell.value, ">=", begin), _bound(cell.value, "<", end)]
        return _joined(ends, "AND")


def _cell(name: Name) -> _Cell:
    """Find the expressions for a parameter, a metric or a result."""
    keys: tuple[str, ...] = (text(name.name),)
    if name.section == "summary":
        keys = (*keys, name.statistic or "last")
    document = f"docs.{name.section}"
    if all(_is_plain(key) for key in keys):
        path = "$" + "".join(f'."{key}"' for key in keys)
        return _Cell(
            Condition(f"json_type({document}, ?)", (path,)),
            Condition(f"json_extract({document}, ?)", (path,)),
        )
    # No path can be written for such a key: compare the keys one by one.
    first, rest = keys[0], keys[1:]
    each = f"FROM json_each({document}) WHERE key = ?"
    if not rest:
        return _Cell(
            Condition(f"(SELECT type {each})", (first,)),
            Condition(f"(SELECT value {each})", (first,)),
        )
    path = f'$."{rest[0]}"'
    return _Cell(
        Condition(f"(SELECT json_type(value, ?) {each})", (path, first)),
        Condition(f"(SELECT json_extract(value, ?) {each})", (path, first)),
    )


def _is_plain(key: str) -> bool:
    """Tell whether a key can be quoted in a path."""
    return key.isprintable() and not any(c in key for c in '"\\')


def _first(cells: Sequence[_Cell]) -> _Cell:
    """Take the first of several that a run has."""
    if not cells:
        return _NOWHERE
    found = cells[-1]
    for cell in reversed(cells[:-1]):
        found = _Cell(
            _filled("COALESCE({}, {})", cell.type, found.type),
            _filled(
                "CASE WHEN {} IS NULL THEN {} ELSE {} END",
                cell.type,
                found.value,
                cell.value,
            ),
        )
    return found


def _compare(cell: _Cell, sign: str, value: Value) -> Condition:
    """Compare with one value; what has another type is never equal, less or more."""
    equal = sign == "=="
    match value.kind:
        case Kind.BOOL if equal:
            return _typed(cell, f"= '{value.text.lower()}'")
        case Kind.NONE if equal:
            nothing = _typed(cell, "= 'null'")
            if cell.attribute is None:
                return nothing
            return _joined([nothing, _filled("{} IS NULL", cell.type)], "OR")
        case Kind.NUMBER | Kind.SPAN:
            return _compare_number(cell, sign, value.text)
        case Kind.BOOL | Kind.NONE:
            return _FALSE
    return _compare_text(cell, sign, value.text)


def _compare_number(cell: _Cell, sign: str, word: str) -> Condition:
    """Compare with a number; a text that reads the same is equal."""
    wanted = _number(word)
    if isinstance(wanted, str):
        # Nothing is less or more than NaN, which the index keeps as a text.
        return _compare_text(cell, sign, wanted) if sign == "==" else _FALSE
    numeric = _typed(cell, f"IN {_NUMERIC}")
    found = _joined([numeric, _bound(cell.value, sign, wanted)], "AND")
    if sign != "==":
        return found
    return _joined([found, _compare_text(cell, sign, word)], "OR")


def _compare_text(cell: _Cell, sign: str, word: str) -> Condition:
    """Compare with a text."""
    found = [_typed(cell, "= 'text'"), _bound(cell.value, sign, text(word))]
    return _joined(found if sign == "==" else [*found, *_is_text(cell)], "AND")


def _is_text(cell: _Cell) -> list[Condition]:
    """Require that a text is none that stands for a number."""
    return [] if cell.attribute else [_filled("{} IS NOT 'NaN'", cell.value)]


def _typed(cell: _Cell, test: str) -> Condition:
    """Test the type; what is missing has none."""
    return _filled(f"COALESCE({{}} {test}, 0)", cell.type)


def _bound(value: Condition, sign: str, to: Any) -> Condition:
    """Compare a value with a parameter; NULL is never equal, less or more."""
    sign = "=" if sign == "==" else sign
    return Condition(f"COALESCE({value.sql} {sign} ?, 0)", (*value.parameters, to))


def _but_not(cell: _Cell, found: Condition) -> Condition:
    """Require that there is something and that it is different."""
    return _joined(
        [_filled("{} IS NOT NULL", cell.type), _filled("NOT {}", found)], "AND"
    )


def _joined(parts: Sequence[Condition], word: str) -> Condition:
    """Join conditions; halves of halves, because SQLite limits the depth."""
    if not parts:
        return _TRUE if word == "AND" else _FALSE
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return _filled(
        f"({{}} {word} {{}})", _joined(parts[:half], word), _joined(parts[half:], word)
    )


def _filled(form: str, *parts: Condition) -> Condition:
    """Put conditions into their places, and their parameters in order."""
    return Condition(
        form.format(*(part.sql for part in parts)),
        tuple(one for part in parts for one in part.parameters),
    )


def _plain(value: Value) -> Any:
    """Turn a value of a list into what JSON writes."""
    match value.kind:
        case Kind.BOOL:
            return value.text == "true"
        case Kind.NONE:
            return None
        case Kind.NUMBER:
            return _number(value.text)
    return text(value.text)


def _number(word: str) -> float | str:
    """Read a number or a span, within the bounds of the index."""
    seconds = seconds_of(word)
    if seconds is not None:
        return seconds
    try:
        return number(int(word))
    except ValueError:
        return number(float(word))
