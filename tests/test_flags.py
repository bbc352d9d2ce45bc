"""Flags of scripts and of config files, apart from all others of the process."""

import subprocess
import sys

import forge.flags


def test_the_names_are_those_of_absl():
    assert sorted(forge.flags.__all__) == [
        "DEFINE_bool",
        "DEFINE_boolean",
        "DEFINE_enum",
        "DEFINE_float",
        "DEFINE_integer",
        "DEFINE_list",
        "DEFINE_string",
        "FLAGS",
    ]


KINDS = """
from forge import flags
flags.DEFINE_string("s", "a", "Text.")
flags.DEFINE_integer("i", 1, "Number.")
flags.DEFINE_float("f", 1, "Number.")
flags.DEFINE_boolean("b", False, "Switch.")
flags.DEFINE_bool("c", True, help="Switch.")
flags.DEFINE_enum("e", "x", ["x", "y"], "Choice.")
flags.DEFINE_list("l", ["a", "b"], "List.")
print([(name, flags.FLAGS[name]) for name in flags.FLAGS])
"""


def test_every_kind_of_flag():
    done = subprocess.run(
        [sys.executable, "-c", KINDS], capture_output=True, text=True, check=True
    )
    assert eval(done.stdout) == [
        ("s", "a"),
        ("i", 1),
        ("f", 1.0),
        ("b", False),
        ("c", True),
        ("e", "x"),
        ("l", ["a", "b"]),
    ]
