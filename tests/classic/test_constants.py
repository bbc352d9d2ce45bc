"""Constant expressions of Python, evaluated without running any code."""

import ast
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.classic.constants import NotConstantError, constant


def read(text, **names):
    parsed = {name: expression(value) for name, value in names.items()}
    return constant(expression(text), parsed)


def expression(text):
    return ast.parse(text, mode="eval").body


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@given(VALUES)
def test_every_literal_reads_as_python_reads_it(value):
    found = read(repr(value))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int(1e3)", 1000),
        ("2 ** 10", 1024),
        ("-1e-3", -0.001),
        ("'a' + 'b'", "ab"),
        ("[8] * 3", [8, 8, 8]),
        ("not True", False),
        ("float('inf')", math.inf),
        ("60 * 60 // 7 % 5", 4),
        ("WIDTH * 2", 64),
    ],
)
def test_arithmetic_and_constants_of_the_module(text, value):
    assert read(text, WIDTH="32") == value


@pytest.mark.parametrize(
    "text",
    [
        "open('x')",
        "os.path.join('a', 'b')",
        "unknown",
        "__import__('os')",
        "(lambda: 1)()",
        "f'{1}'",
        "int('x')",
        "1 / 0",
        "'a' % 1",
        "int(1, base=2)",
        "[i for i in (1,)]",
    ],
)
def test_what_would_have_to_run_is_no_constant(text):
    with pytest.raises(NotConstantError):
        read(text)


def test_names_that_go_in_a_circle_are_no_constants():
    with pytest.raises(NotConstantError):
        read("a", a="b", b="a")


@pytest.mark.parametrize(
    "text",
    [
        "9 ** 9 ** 9",
        "10 ** 1000000",
        "'a' * 10 ** 9",
        "[1] * 10 ** 9",
        "2 ** 256 * 4 ** 250",
    ],
)
def test_nothing_takes_long(text):
    began = time.process_time()
    with pytest.raises(NotConstantError):
        read(text)
    assert time.process_time() - began < 5
