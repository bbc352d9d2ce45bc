"""Filters for Hypothesis, and what they mean, written a second time and slowly."""

import json
import math
import re
from typing import Any

from hypothesis import strategies as st
from strategies import ODD_CHARACTERS

from forge.browse.attributes import ATTRIBUTES, STORED, Sort, attribute
from forge.browse.expression import (
    STATISTICS,
    Among,
    Compare,
    Conjunction,
    Contains,
    Defined,
    Disjunction,
    Kind,
    Name,
    Negation,
    Value,
    Words,
    value_of,
)
from forge.browse.moments import period_of, seconds_of


GREATEST = 1.7976931348623157e308

#: Names and values that runs of the tests have, so that filters find some.
KEYS = ["lr", "model", "model.width", "optimizer.momentum", "loss", "a b", 'q"\\', "é"]
WORDS = ["cnn", "mlp", "0.5", "1", "true", "NaN", "train/1", "best", "É", "", "in"]

_values = (
    st.sampled_from([*WORDS, "inf", "-inf", "nan", "none", "3h", "2d", "2026-11-05"])
    | st.text(ODD_CHARACTERS, max_size=5)
    | st.integers().map(str)
    | st.floats().map(repr)
)
_typed = _values.filter(
    lambda v: (
        re.fullmatch(r"""[^\s"'()\[\],=!<>~]+""", v)
        and v.lower() not in {"and", "or", "not", "in", "is", "defined", "contains"}
    )
).map(value_of)
values = _typed | _values.map(lambda text: Value(Kind.TEXT, text))

_keys = st.sampled_from(KEYS) | st.text(ODD_CHARACTERS, max_size=4)
names = (
    st.builds(Name, st.sampled_from(["", "config", "result"]), _keys, st.just(""))
    | st.builds(Name, st.just("summary"), _keys, st.sampled_from(["", *STATISTICS]))
    | st.builds(
        Name, st.sampled_from(["", "run"]), st.sampled_from([*STORED]), st.just("")
    )
)
_lists = st.lists(values, max_size=3).map(tuple)
_signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
tests = (
    st.builds(Compare, names, _signs, values)
    | st.builds(Compare, names, st.sampled_from(["==", "!="]), _lists)
    | st.builds(Among, names, _lists, st.booleans())
    | st.builds(Defined, names, st.booleans())
    | st.builds(Contains, names, values)
    | st.builds(Words, _keys | st.sampled_from(WORDS))
)
expressions = st.recursive(
    tests,
    lambda inner: (
        st.builds(Negation, inner)
        | st.builds(Conjunction, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Disjunction, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)

MISSING = object()


class Reference:
    """Says of one run whether a filter finds it."""

    def __init__(self, attributes, documents, every, now: float) -> None:
        self.attributes, self.documents = attributes, documents
        self.every, self.now = every, now

    def holds(self, expression) -> bool:
        match expression:
            case Conjunction(parts):
                return all(self.holds(part) for part in parts)
            case Disjunction(parts):
                return any(self.holds(part) for part in parts)
            case Negation(part):
                return not self.holds(part)
            case Words(text):
                words = [self.attributes[k] or "" for k in ("id", "label", "note")]
                words += self.attributes["tags"]
                return any(_kept(text).casefold() in word.casefold() for word in words)
            case Defined(name, negated):
                return (self.value(name) is MISSING) == negated
            case Contains(name, value):
                found = self.value(name)
                if _is_nan(name, found):
                    return False
                number = _item(value) if value.kind is Kind.NUMBER else None
                return self.contains(found, _kept(value.text).casefold(), number)
            case Among(name, values, negated):
                found = any(self.compare(name, "==", value) for value in values)
                present = self.value(name) is not MISSING
                return present and not found if negated else found
            case Compare(name, "!=", value):
                present = self.value(name) is not MISSING
                return present and not self.compare(name, "==", value)
            case Compare(name, sign, value):
                return self.compare(name, sign, value)

    def value(self, name: Name) -> Any:
        if name.section == "run" or (not name.section and attribute(name.name)):
            return self.attribute(attribute(name.name))
        if name.section == "summary":
            return self.documents.summary.get(_kept(name.name), {}).get(
                name.statistic or "last", MISSING
            )
        if name.section:
            return getattr(self.documents, name.section).get(_kept(name.name), MISSING)
        options = [Name("config", name.name), Name("summary", name.name)]
        metric, dot, statistic = name.name.rpartition(".")
        if dot and statistic in STATISTICS:
            options.append(Name("summary", metric, statistic))
        options.append(Name("result", "" if name.name == "result" else name.name))
        for option in options:
            if (found := self.value(option)) is not MISSING:
                return found
        named = {option.name for option in options if option.section != "result"}
        named_results = {options[-1].name}
        if not any(
            named & {*d.config} or named & {*d.summary} or named_results & {*d.result}
            for d in self.every
        ):
            ends = {
                k for d in self.every for k in d.config if k.endswith("." + name.name)
            }
            if len(ends) == 1:
                return self.value(Name("config", ends.pop()))
        return MISSING

    def attribute(self, name: str) -> Any:
        value = self.attributes[name]
        if (
            name == "duration"
            and value is None
            and self.attributes["status"] == "RUNNING"
        ):
            started = self.attributes["started"]
            return MISSING if started is None else self.now - started
        if value is None or value == []:
            return MISSING
        return bool(value) if ATTRIBUTES[name].sort is Sort.SWITCH else value

    def contains(self, value: Any, needle: str, number: Any) -> bool:
        if isinstance(value, str):
            return needle in value.casefold()
        if not isinstance(value, list):
            return False
        texts = [
            v
            if isinstance(v, str)
            else json.dumps(v, ensure_ascii=False, separators=(",", ":"))
            for v in value
        ]
        return any(text.casefold() == needle for text in texts) or any(
            number is not None and _same([item], [number]) for item in value
        )

    def compare(self, name: Name, sign: str, wanted) -> bool:
        value = self.value(name)
        known = attribute(name.name) if name.section in ("", "run") else None
        if not isinstance(wanted, Value):
            if not isinstance(value, list):
                return False
            return _same(value, [_item(one) for one in wanted])
        if (
            known
            and ATTRIBUTES[known].sort is Sort.TIME
            and wanted.kind is not Kind.NONE
        ):
            begin, end = period_of(wanted.text, self.now)
            if value is MISSING:
                return False
            if sign == "==" and end > begin:
                return begin <= value < end
            return _ordered(value, sign, begin)
        if known and ATTRIBUTES[known].sort in (Sort.NUMBER, Sort.WHOLE, Sort.SWITCH):
            # Quotes make no difference.
            wanted = wanted if wanted.kind is Kind.NONE else value_of(wanted.text)
        if known == "status":
            wanted = Value(Kind.TEXT, wanted.text.upper())
        if wanted.kind is Kind.NONE:
            return sign == "==" and (value is None or bool(known and value is MISSING))
        if wanted.kind is Kind.BOOL:
            return sign == "==" and value is (wanted.text == "true")
        if wanted.kind in (Kind.NUMBER, Kind.SPAN):
            number = _read(wanted.text)
            if math.isnan(number):
                return sign == "==" and value == "NaN"
            if type(value) in (int, float):
                return _ordered(value, sign, number)
            return sign == "==" and value == _kept(wanted.text)
        if sign != "==" and _is_nan(name, value):
            return False
        return isinstance(value, str) and _ordered(value, sign, _kept(wanted.text))


def _ordered(value, sign: str, to) -> bool:
    return {
        "==": lambda: value == to,
        "<": lambda: value < to,
        "<=": lambda: value <= to,
        ">": lambda: value > to,
        ">=": lambda: value >= to,
    }[sign]()


def _read(text: str) -> float:
    span = seconds_of(text)
    if span is not None:
        return span
    try:
        number = int(text)
    except ValueError:
        number = float(text)
    if isinstance(number, int) and abs(number) < 2**63:
        return number
    return (
        number if math.isnan(number) else min(max(float(number), -GREATEST), GREATEST)
    )


def _item(value: Value) -> Any:
    if value.kind is Kind.NONE:
        return None
    if value.kind is Kind.BOOL:
        return value.text == "true"
    if value.kind is Kind.NUMBER:
        number = _read(value.text)
        return "NaN" if math.isnan(number) else number
    return _kept(value.text)


def _same(one: list, other: list) -> bool:
    """1 is 1.0 in a list, and not True."""
    return one == other and [type(i) is bool for i in one] == [
        type(i) is bool for i in other
    ]


def _is_nan(name: Name, value: Any) -> bool:
    """NaN is kept as a text, and is none; what people wrote may well be called so."""
    is_attribute = name.section == "run" or (not name.section and attribute(name.name))
    return not is_attribute and value == "NaN"


def _kept(text: str) -> str:
    text = text.replace("\0", "\ufffd").replace("\uffff", "\ufffd")
    return text.encode(errors="backslashreplace").decode()
