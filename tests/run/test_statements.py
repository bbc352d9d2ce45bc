"""What the statements of cells bind, need and compute."""

import ast

import pytest

from forge.run.statements import (
    Cell,
    decorators_of,
    dotted,
    imported_name,
    statements_of,
)


def only(text):
    """The one statement of a cell."""
    (statement,) = statements_of([Cell(1, text)])
    return statement


@pytest.mark.parametrize(
    ("text", "binds", "eager", "lazy"),
    [
        ("import a.b, c as d", {"a", "d"}, set(), set()),
        ("from a import b as c", {"c"}, set(), set()),
        ("from a import *", {"*"}, set(), set()),
        ("x = y = z", {"x", "y"}, {"z"}, set()),
        ("x, (y, *z) = w", {"x", "y", "z"}, {"w"}, set()),
        ("x: T = 1", {"x"}, {"T"}, set()),
        ("x: T", set(), {"T"}, set()),
        ("x += y", {"x"}, {"x", "y"}, set()),
        ("x[i].a = y", {"x"}, {"x", "i", "y"}, set()),
        ("x = [i * n for i in m]", {"x"}, {"m", "n"}, set()),
        ("f = lambda a: a + b", {"f"}, set(), {"b"}),
        ("@d(e)\ndef f(a=g): return a + h", {"f"}, {"d", "e", "g"}, {"h"}),
        ("def f(a: 'T') -> list['U']: pass", {"f"}, {"list"}, {"T", "U"}),
        ("def f():\n def g(): return f() + x\n return g", {"f"}, set(), {"f", "x"}),
        (
            "class A(B):\n c = d\n def m(self): return A, e",
            {"A"},
            {"B", "d"},
            {"A", "e"},
        ),
        ("for i in x:\n  y[i] = i", {"i", "y"}, {"i", "x", "y"}, set()),
        ("with a as b: pass", {"b"}, {"a"}, set()),
        ("print(x)", set(), {"print", "x"}, set()),
    ],
)
def test_names_are_sorted_by_when_they_are_needed(text, binds, eager, lazy):
    statement = only(text)
    assert statement.binds == binds
    assert statement.eager == eager
    assert statement.lazy - statement.eager == lazy - statement.eager


@pytest.mark.parametrize(
    ("text", "computes", "calls"),
    [
        ("x = 1 + y.z[2]", False, ()),
        ("x = f(a.b(1))", False, ("f", "a.b")),
        ("x = f(1)(2)", False, ("", "f")),
        ("f = lambda: g()", False, ()),
        ("def f(a=g()): return h()", False, ()),
        ("class A(f()): x = g()", False, ()),
        ("try:\n  import a\nexcept ImportError:\n  a = None", False, ()),
        ("if x:\n  a = 1\nelse:\n  a = f()", False, ("f",)),
        ("if x:\n  a = 1\n  del b", True, ()),
        ("if (n := x):\n  a = 1", True, ()),
        ("for i in x: a = i", True, ()),
        ("while a: a = 0", True, ()),
        ("with f() as a: pass", True, ("f",)),
        ("x = await f()", True, ("f",)),
        ("f(x)", True, ("f",)),
        ("'text'", False, ()),
    ],
)
def test_definitions_imports_and_assignments_do_not_compute(text, computes, calls):
    statement = only(text)
    assert statement.computes is computes
    assert statement.calls == calls


def test_the_source_keeps_decorators_and_comments():
    text = (
        "x = 1; y = 2  # two\n\n@a\n@b(\n  1)\ndef f():\n  # why\n  return 1  # end\n"
    )
    x, y, f = statements_of([Cell(1, text)])
    assert (x.text, y.text) == ("x = 1", "y = 2")
    assert f.text == "@a\n@b(\n  1)\ndef f():\n  # why\n  return 1  # end"
    assert f.first_line == "@a"
    assert f.is_definition
    assert not x.is_definition


def test_a_long_first_line_is_cut_in_messages():
    statement = only(f"x = {'1 + ' * 40}1")
    assert len(statement.first_line) == 60
    assert statement.first_line.endswith("…")


def test_what_is_no_python_is_passed_over_and_deletions_are_too():
    cells = [Cell(1, "x = ("), Cell(2, "y = 1\r\ndel y\r\nz = 2"), Cell(3, "\0")]
    assert [s.text for s in statements_of(cells)] == ["y = 1", "z = 2"]


def test_what_follows_the_running_line_was_not_executed():
    cell = Cell(1, "a = 1\nb = 2\nc = 3", until=2)
    assert [s.text for s in statements_of([cell])] == ["a = 1", "b = 2"]


def test_texts_in_annotations_that_are_no_names_are_passed_over():
    assert only("def f(a: Literal['a b', 'c d)']): pass").lazy == frozenset()


@pytest.mark.parametrize(
    ("text", "name", "full"),
    [
        ("import a.b", "a", "a"),
        ("import a.b as c", "c", "a.b"),
        ("from a.b import c, d as e", "e", "a.b.d"),
        ("from a.b import c, d as e", "c", "a.b.c"),
        ("from . import c", "c", ""),
        ("from a import c", "d", ""),
        ("c = 1", "c", ""),
    ],
)
def test_imports_tell_where_a_name_comes_from(text, name, full):
    assert imported_name(ast.parse(text).body[0], name) == full


def test_names_are_spelled_with_their_attributes():
    assert dotted(ast.parse("a.b.c", mode="eval").body) == "a.b.c"
    assert dotted(ast.parse("a[0].c", mode="eval").body) == ""
    node = ast.parse("@a.b\n@c(1)\n@d[0]\ndef f(): pass").body[0]
    assert decorators_of(node) == ["a.b", "c"]
    assert decorators_of(ast.parse("x = 1").body[0]) == []
