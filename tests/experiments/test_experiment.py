"""The decorator `@forge.experiment`, and what is imported when."""

import subprocess
import sys

import pytest
from projects import TRAIN


HEAVY = {
    "tensorflow",
    "keras",
    "git",
    "numpy",
    "pandas",
    "rich",
    "psutil",
    "jsonpickle",
}


def modules_after(project, *words, expect=0):
    """The top-level modules in a script's process at its end."""
    probe = (
        "import atexit, sys\n"
        "tops = lambda: {n.partition('.')[0] for n in sys.modules}\n"
        "atexit.register(lambda: print('MODULES', *tops()))\n"
    )
    project.write(probe + TRAIN)
    done = project(*words, expect=expect, fresh=True)
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("MODULES")]
    return {*line.split()[1:]}


def test_import_forge_imports_nothing_heavy():
    code = "import forge, sys; print(*{n.partition('.')[0] for n in sys.modules})"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert not {*done.stdout.split()} & {*HEAVY, "msgspec"}


@pytest.mark.parametrize(
    "words",
    [
        ("print_config",),
        ("print_config", "with", "tiny"),
        ("help",),
        ("print_presets",),
    ],
)
def test_looking_at_a_config_imports_nothing_heavy(project, words):
    assert not modules_after(project, *words) & {*HEAVY, "msgspec"}


def test_a_mistake_imports_nothing_heavy(project):
    found = modules_after(project, "print_config", "with", "n_hiden=1", expect=2)
    assert not found & HEAVY


def test_an_unrecorded_run_imports_no_framework_and_no_git(project):
    found = modules_after(project, "-u", "with", "tiny")
    assert not found & {"tensorflow", "keras", "git", "pandas", "rich"}


def test_a_recorded_run_imports_no_framework(project):
    assert not modules_after(project, "with", "tiny") & {
        "tensorflow",
        "keras",
        "pandas",
    }
