"""Names that sources import."""

import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.run.imports import Imported, _imported, imports_of


def names(text):
    return {"." * found.level + found.name for found in imports_of(text.encode())}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", {"a"}),
        ("import a.b as c, d", {"a.b", "d"}),
        ("import a; import b", {"a", "b"}),
        ("from a import b", {"a", "a.b"}),
        ("from a import *", {"a", "a.*"}),
        ("from . import b", {".", ".b"}),
        ("from ..a.b import c as d", {"..a.b", "..a.b.c"}),
        ("from a import (\n    b,  # one\n    c,\n)", {"a", "a.b", "a.c"}),
        ("from a import (b,  # :-)\n c)", {"a", "a.b", "a.c"}),
        ("from a \\\n  import b, \\\n c", {"a", "a.b", "a.c"}),
        ("def f():\n    import a\n", {"a"}),
        ("if x: import a\nelse:import b", {"a", "b"}),
        ("try:\n\timport a\nexcept ImportError: from b import c", {"a", "b", "b.c"}),
        ("importlib.import_module('a.b')", {"a.b"}),
        ('import_module(name="..a", package=__package__)', {"..a"}),
        ("__import__(\n    'a')", {"a"}),
        ("from\\\n a import b", {"a", "a.b"}),
        ("important = 1\nfromage = 2", set()),
        ("'''Data\nfrom the model import the\n'''\nimport a", {"a"}),
        ("\ufeffimport a\r\nimport b\r", {"a", "b"}),
        ("x = (", set()),
        ("import a\nx = (", {"a"}),
    ],
)
def test_imports_are_found(text, expected):
    assert names(text) == expected


def test_a_source_in_another_encoding_is_read():
    text = "# -*- coding: latin-1 -*-\n# gr\u00fc\u00dfe\nimport a\n"
    assert imports_of(text.encode("latin-1")) == [Imported("a")]


def test_an_unreadable_source_imports_nothing():
    assert imports_of(b"import a\n\xff\xfe") == []
    assert imports_of(b"# coding: nonsense\nimport a\n") == []


@given(st.binary())
def test_no_bytes_raise(data):
    imports_of(data)


def test_the_fast_way_finds_all_that_a_full_parse_finds():
    """Checked on the standard library's own sources."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py"))
    assert len(files) > 100
    for path in files:
        data = path.read_bytes()
        missed = set(_imported(ast.parse(data))) - set(imports_of(data))
        assert not missed, path
