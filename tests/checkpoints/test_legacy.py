"""Random operations of TensorFlow whose place nobody can save."""

import subprocess
import sys

import pytest

from forge.checkpoints.legacy import legacy_operations


CODE = """
import tensorflow as tf
from forge.checkpoints.legacy import legacy_operations
print(legacy_operations())
tf.random.normal([2])
made = tf.random.Generator.from_seed(1)

@tf.function
def good(x):
    return x + made.normal([]) + tf.random.stateless_uniform([], [1, 2])

good(tf.zeros(2))
print(legacy_operations())

@tf.function
def bad(x):
    return x + tf.random.uniform([]) + tf.random.normal([], seed=3)

bad(tf.zeros(2))
print(legacy_operations())
"""


def test_without_tensorflow_there_are_none():
    assert legacy_operations() == [] or "tensorflow" in sys.modules


@pytest.mark.frameworks
def test_only_those_in_compiled_functions_are_told():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n[]\n['RandomStandardNormal', 'RandomUniform']\n"
