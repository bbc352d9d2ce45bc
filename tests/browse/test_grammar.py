"""The grammar of filters."""

import pytest
from filters import expressions
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import ODD_CHARACTERS

from forge.browse.expression import (
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
    write,
)
from forge.browse.grammar import parse
from forge.errors import ForgeError


def test_each_form() -> None:
    lr, cnn = Name("", "lr"), Value(Kind.TEXT, "cnn")
    small = Compare(lr, "<", Value(Kind.NUMBER, "0.1"))
    for text, expected in {
        "lr<0.1": small,
        "lr = 'cnn'": Compare(lr, "==", cnn),
        "lr == cnn": Compare(lr, "==", cnn),
        "(lr < 0.1)": small,
        "not lr < 0.1": Negation(small),
        "lr in [cnn, 'cnn']": Among(lr, (cnn, cnn)),
        "lr in []": Among(lr, ()),
        "lr not in [cnn, true]": Among(lr, (cnn, Value(Kind.BOOL, "true")), True),
        "lr IS NOT defined": Defined(lr, True),
        "lr is defined": Defined(lr),
        "lr ~ cnn": Contains(lr, cnn),
        "lr contains cnn": Contains(lr, cnn),
        "cnn": Words("cnn"),
        "lr is not None": Compare(lr, "!=", Value(Kind.NONE, "none")),
        "'is cnn'": Words("is cnn"),
        "lr == [1, none]": Compare(
            lr, "==", (Value(Kind.NUMBER, "1"), Value(Kind.NONE, "none"))
        ),
        "a or b and not c": Disjunction(
            (Words("a"), Conjunction((Words("b"), Negation(Words("c")))))
        ),
        "summary.loss.min > 3h": Compare(
            Name("summary", "loss", "min"), ">", Value(Kind.SPAN, "3h")
        ),
        'summary."loss.min".max != 2026-11-20': Compare(
            Name("summary", "loss.min", "max"), "!=", Value(Kind.TIME, "2026-11-20")
        ),
        'config."a \\"b\\"" == 1': Compare(
            Name("config", 'a "b"'), "==", Value(Kind.NUMBER, "1")
        ),
        "model.width == 1": Compare(
            Name("", "model.width"), "==", Value(Kind.NUMBER, "1")
        ),
    }.items():
        assert parse(text) == expected, text


@given(expressions)
def test_what_is_written_reads_the_same(expression) -> None:
    assert parse(write(expression)) == expression


@given(st.text(max_size=30) | st.text(ODD_CHARACTERS + "<>=!~", max_size=30))
@example("not " * 60 + "a")
@example("(" * 5_000)
@example('config."a".min == 1')
def test_any_text_is_a_filter_or_one_error(text: str) -> None:
    try:
        parse(text)
    except ForgeError as error:
        assert error.code == "bad-filter"
        assert 1 <= error.column <= len(text) + 1


def test_a_mistake_is_shown_where_it_is(message) -> None:
    for name, text in {
        "value": "lr < and accuracy > 0.9",
        "end": "lr < 0.1 accuracy > 0.9",
        "quote": "model == 'cnn",
        "parenthesis": "(lr < 0.1 or model == cnn",
        "not-in": "model not [cnn]",
        "empty": "  ",
        "control": "\x1b[31m <",
        "list": "model in [a b]",
        "is": "model is cnn",
        "path": 'config."a b"',
    }.items():
        with pytest.raises(ForgeError) as caught:
            parse(text)
        message(f"bad-filter-{name}", str(caught.value))
