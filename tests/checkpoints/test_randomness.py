"""The random generators a program shares."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from forge.checkpoints.randomness import random_states, set_random_states


def draw() -> list[float]:
    """Draw from the generators that all of a program share."""
    drawn = np.random.standard_normal(3).tolist()  # noqa: NPY002
    return [random.gauss(), random.random(), *drawn]


def test_python_and_numpy_go_on_where_they_were() -> None:
    draw()
    states = random_states()
    expected = draw()
    draw()
    set_random_states(states)
    assert draw() == expected


def test_libraries_that_were_not_imported_are_left_out() -> None:
    code = (
        "from forge.checkpoints.randomness import random_states\n"
        "print(sorted(random_states()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "['random']\n"


FRAMEWORKS = """
import sys
import keras
import tensorflow as tf
from pathlib import Path
from forge.checkpoints.manager import Checkpoints

folder, seed, act, made = sys.argv[1:]

def draw():
    return [
        tf.random.normal((2,)).numpy().tolist(),
        keras.random.normal((2,)).numpy().tolist(),
        keras.initializers.GlorotUniform().seed,
        # Nothing seeds this one: before it is made there is nothing to go on from.
        made == "made" and tf.random.get_global_generator().normal((2,)).numpy(),
    ]

if int(seed):
    keras.utils.set_random_seed(int(seed))
if (act == "save") == (made == "made"):
    draw()
saved = Checkpoints(Path(folder))
if act == "save":
    # A seed starts the counters of operations anew; so does restoring it.
    tf.random.set_seed(5)
    saved.save(1, {})
else:
    saved.restore({})
print(draw())
"""


@pytest.mark.frameworks
@pytest.mark.parametrize(("seed", "made"), [(3, "not made"), (0, "made")])
def test_keras_and_tensorflow_go_on_in_another_process(
    tmp_path: Path, seed: int, made: str
) -> None:
    def run(seed: int, act: str) -> str:
        words = [sys.executable, "-c", FRAMEWORKS, str(tmp_path), str(seed), act, made]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(9, "restore") != run(seed, "save") == run(9, "restore")


@pytest.mark.frameworks
def test_torch_goes_on_where_it_was() -> None:
    import torch

    states = random_states()
    expected = torch.rand(3)
    set_random_states(states)
    assert torch.equal(torch.rand(3), expected)
