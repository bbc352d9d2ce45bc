"""The flags that a file defines, read without running it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.classic.definitions import KINDS, UNREAD
from forge.classic.reading import flags_of, read_flags
from forge.errors import ForgeError


def read(text, file="a.py"):
    return read_flags(text.encode(), file)


def names(findings):
    return [definition.name for definition in findings.definitions]


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
DEFAULTS = {
    "string": st.none() | st.text(max_size=20),
    "integer": st.none() | st.integers(),
    "float": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.none() | st.booleans(),
    "list": st.lists(st.text(max_size=5), max_size=3),
}
DEFINITIONS = st.sampled_from(sorted(DEFAULTS)).flatmap(
    lambda kind: st.tuples(st.just(kind), NAMES, DEFAULTS[kind], st.text(max_size=20))
)


@given(st.lists(DEFINITIONS, max_size=5))
def test_reading_finds_what_running_would_define(definitions):
    lines = ["from forge import flags"]
    for kind, name, default, text in definitions:
        lines.append(f"flags.DEFINE_{kind}({name!r}, {default!r}, {text!r})")
    found = read("\n".join(lines)).definitions
    assert [(d.kind, d.name, d.default, d.help) for d in found] == definitions
    assert [d.line for d in found] == [i + 2 for i in range(len(definitions))]


@pytest.mark.parametrize(
    "text",
    [
        "from forge import flags\nflags.DEFINE_integer('n', 1, 'h')",
        "from forge import flags as f\nf.DEFINE_integer('n', 1)",
        "import forge\nforge.flags.DEFINE_integer('n', 1)",
        "import forge as fg\nfg.flags.DEFINE_integer('n', 1)",
        "import forge.flags\nforge.flags.DEFINE_integer('n', 1)",
        "import forge.flags as ff\nff.DEFINE_integer('n', 1)",
        "from forge.flags import DEFINE_integer\nDEFINE_integer('n', 1)",
        "from forge.flags import DEFINE_integer as D\nD(name='n', default=1)",
        "from forge.flags import *\nDEFINE_integer('n', 1)",
        "from forge import flags\ndef load(c):\n  flags.DEFINE_integer('n', 1)",
    ],
)
def test_every_way_to_import_the_flags(text):
    (found,) = read(text).definitions
    assert (found.name, found.kind, found.default) == ("n", "integer", 1)


@pytest.mark.parametrize(
    "text",
    [
        "from absl import flags\nflags.DEFINE_integer('n', 1, 'h')",
        "import tensorflow as tf\ntf.flags.DEFINE_integer('n', 1, 'h')",
        "from forge import flags\nflags.DEFINE_alias('n', 'm')",
        "from .forge import flags\nflags.FLAGS",
        "from forge import flags\nif __name__ == 'x': flags.DEFINE_integer('n', 1)",
        "# flags.DEFINE_integer('n', 1)",
    ],
)
def test_flags_of_others_are_none(text):
    assert read(text).definitions == ()


def test_an_enum_has_choices_and_bool_is_boolean():
    found = read(
        "from forge import flags\n"
        "SIZES = ['s', 'm']\n"
        "flags.DEFINE_enum('size', 's', SIZES, 'Which.')\n"
        "flags.DEFINE_bool('big', True)\n"
    ).definitions
    assert [(d.kind, d.choices) for d in found] == [
        ("enum", ("s", "m")),
        ("boolean", ()),
    ]
    assert {"enum", "boolean"} <= {*KINDS}


def test_a_default_that_is_computed_is_not_read():
    found = read(
        "import os\nfrom forge import flags\nflags.DEFINE_string('d', os.getcwd())"
    )
    assert found.definitions[0].default is UNREAD


def test_a_name_that_is_bound_twice_is_no_constant():
    text = "from forge import flags\nN = 1\nN = 2\nflags.DEFINE_integer('n', N)"
    assert read(text).definitions[0].default is UNREAD


def test_a_name_that_is_computed_is_reported():
    found = read(
        "from forge import flags\nfor n in 'ab': flags.DEFINE_integer(n, 1)", "x.py"
    )
    assert found.definitions == ()
    assert found.computed == ("x.py",)


def test_the_project_files_that_a_file_imports_are_read(project):
    project.write("import os\nfrom forge import flags\n", "pyproject.toml")
    project.write(
        "from forge import flags\nflags.DEFINE_integer('a', 1)", "lib/deep.py"
    )
    project.write(
        "from forge import flags\nflags.DEFINE_integer('b', 1)", "configs/near.py"
    )
    file = project.write(
        "import json, near, numpy\nfrom lib import deep\nimport lib.broken, lib.gone\n"
        "from forge import flags\nflags.DEFINE_integer('c', 1)",
        "configs/model.py",
    )
    project.write("def (", "lib/broken.py")
    script = project.write("", "train.py")
    assert sorted(names(flags_of(file, script))) == ["a", "b", "c"]


def test_a_file_that_is_no_python_is_refused(project, message):
    file = project.write("from forge import flags\ndef load(:\n", "configs/model.py")
    with pytest.raises(ForgeError) as caught:
        flags_of(file)
    message("config-import-syntax", str(caught.value))
    assert caught.value.code == "config-import"
