"""What the numbers depend on, and what is said when it differs."""

import subprocess
import sys

import pytest

from forge.checkpoints.environment import differences, environment, hindrances


def test_nothing_differs_from_itself():
    now = environment()
    assert now["python"] == ".".join(map(str, sys.version_info[:3]))
    assert now["device"]
    assert int(now["threads"]) >= 1
    assert differences(now, now) == []


def test_what_differs_is_named_with_both_values(message):
    then = {"python": "3.11.9", "numpy": "1.26.4", "OMP_NUM_THREADS": "4"}
    now = {"python": "3.12.1", "numpy": "2.2.0", "XLA_FLAGS": "--a"}
    message("environment-differences", "\n".join(differences(then, now)))


def test_a_library_that_is_not_imported_yet_is_no_difference():
    assert differences({"flaxen": "1.0", "flaxen threads": "2"}, {}) == []


def test_a_flag_in_the_environment_is_seen(monkeypatch):
    then = environment()
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    (text,) = differences(then, environment())
    assert text == "CUBLAS_WORKSPACE_CONFIG was not set, and is :4096:8"


def test_describing_it_imports_nothing():
    code = (
        "import sys\n"
        "from forge.checkpoints.environment import environment, hindrances\n"
        "environment(), hindrances()\n"
        "print({'numpy', 'torch', 'tensorflow', 'jax'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.frameworks
def test_settings_of_pytorch_are_part_of_it():
    import torch

    threads, then = torch.get_num_threads(), environment()
    torch.set_num_threads(threads + 1)
    torch.use_deterministic_algorithms(True)
    try:
        found = differences(then, environment())
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(False)
    assert found == [
        f"torch threads was {threads}, and is {threads + 1}",
        "torch deterministic algorithms was False, and is True",
    ]
    assert hindrances() == []


@pytest.mark.frameworks
def test_settings_of_jax_are_part_of_it():
    import jax

    then = environment()
    jax.config.update("jax_enable_x64", True)
    try:
        assert differences(then, environment()) == ["jax x64 was False, and is True"]
    finally:
        jax.config.update("jax_enable_x64", False)


@pytest.mark.frameworks
def test_tensorflow_is_not_started_for_it():
    code = (
        "import tensorflow as tf\n"
        "from forge.checkpoints.environment import environment\n"
        "assert not any(k.startswith('tensorflow ') for k in environment())\n"
        "tf.config.threading.set_intra_op_parallelism_threads(3)\n"
        "tf.zeros([1])\n"
        "print(environment()['tensorflow threads'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "3 0\n"
