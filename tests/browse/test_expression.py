"""Filters as values, and as text again."""

from forge.browse.expression import (
    Conjunction,
    Disjunction,
    Kind,
    Name,
    Negation,
    Value,
    Words,
    name_of,
    value_of,
    write,
    write_name,
)


def test_parentheses_stand_where_they_are_needed() -> None:
    a, b = Words("a"), Words("b")
    either = Disjunction((a, b))
    assert write(Conjunction((either, Negation(either)))) == "(a or b) and not (a or b)"
    assert write(Disjunction((Conjunction((a, b)), b))) == "a and b or b"


def test_what_a_word_looks_like() -> None:
    for word, kind in {
        "1_000": Kind.NUMBER,
        "-.5e-3": Kind.NUMBER,
        "NaN": Kind.NUMBER,
        "1.2.3": Kind.TEXT,
        "TRUE": Kind.BOOL,
        "null": Kind.NONE,
        "1.5h": Kind.SPAN,
        "2026-11-20T12:00+01:00": Kind.TIME,
        "v1": Kind.TEXT,
    }.items():
        assert value_of(word).kind is kind, word
    assert value_of("null") == Value(Kind.NONE, "none")


def test_a_metric_may_be_called_like_a_statistic() -> None:
    assert name_of("summary.min") == Name("summary", "min")
    assert name_of("summary.a.min.max") == Name("summary", "a.min", "max")
    assert write_name(Name("summary", "a.min")) == 'summary."a.min"'
    assert write_name(Name("", "config.a")) == '"config.a"'
