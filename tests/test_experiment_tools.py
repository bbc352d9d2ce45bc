"""Tools for scripts that configure by files."""

import subprocess
import sys

import forge
import forge.experiment_tools as fet


def test_the_names_are_those_of_2018():
    assert {
        "init_checkpoint",
        "load",
        "print_flags",
        "set_flags",
        "get_session",
        "set_gpu",
        "print_num_params",
        "print_variables_by_scope",
        "find_model_files",
        "git_commit",
    } <= {*fet.__all__}
    assert fet.load is forge.load
    assert fet.load_from_checkpoint is forge.load_from_checkpoint


def test_flags_are_imported_when_they_are_used():
    text = (
        "import sys, forge; print([n for n in sys.modules if 'absl' in n "
        "or n.startswith('forge.')]); forge.flags; print('absl.flags' in sys.modules, "
        "[n for n in ('tensorflow', 'torch', 'jax', 'git') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\nTrue []\n"
