"""Which adapter an object belongs to."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.adapters import adapter_for, has_state


@pytest.mark.parametrize("obj", [1, "x", [1], {"a": 1}, np.zeros(2), object(), None])
def test_what_no_framework_made_is_plain(obj: Any) -> None:
    assert adapter_for(obj).name == "plain"


@pytest.mark.parametrize(
    ("obj", "answer"),
    [
        ({}, True),
        ([1], True),
        (np.zeros(2), True),
        (np.random.RandomState(1), True),
        (3, False),
        ("text", False),
        (None, False),
        ((1, 2), False),
        ([object()], False),
        (object(), False),
        (np.random.RandomState, False),
    ],
)
def test_only_what_can_be_saved_and_put_back_has_state(obj: Any, *, answer: bool):
    assert has_state(obj) is answer


def test_asking_imports_no_framework() -> None:
    code = (
        "import sys; from forge.checkpoints.adapters import adapter_for\n"
        "adapter_for({}).name\n"
        "heavy = {'tensorflow', 'keras', 'torch', 'jax', 'sklearn', 'skops',"
        " 'ml_dtypes', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.frameworks
def test_objects_of_keras_are_not_taken_for_modules_of_tensorflow() -> None:
    import keras
    import tensorflow as tf

    found = {
        adapter_for(x).name
        for x in (
            keras.Sequential(),
            keras.layers.Dense(1),
            keras.optimizers.SGD(),
            keras.metrics.Mean(),
            keras.random.SeedGenerator(1),
            keras.Variable(1.0),
        )
    }
    assert found == {"keras"}
    found = {
        adapter_for(x).name
        for x in (
            tf.Module(),
            tf.Variable(1),
            tf.train.Checkpoint(),
            tf.random.Generator.from_seed(1),
            iter(tf.data.Dataset.range(3)),
        )
    }
    assert found == {"tensorflow"}


@pytest.mark.frameworks
def test_objects_of_torch_are_found_by_what_they_derive_from() -> None:
    import torch

    class Own(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self) -> list[float]:
            return [0.1]

    layer = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(layer.parameters())
    found = {
        adapter_for(x).name
        for x in (layer, layer.weight, optimizer, Own(optimizer), torch.Generator())
    }
    assert found == {"torch"}
    assert adapter_for(torch.nn.Linear).name == "plain"
    assert adapter_for([layer.weight]).name == "plain"


@pytest.mark.frameworks
def test_estimators_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import LinearRegression

    assert adapter_for(LinearRegression()).name == "sklearn"
    assert adapter_for(LinearRegression).name == "plain"
