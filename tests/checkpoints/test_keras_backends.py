"""Keras on other backends: the next step after a restore is the one to come."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


pytestmark = pytest.mark.frameworks

TRAIN = """
import sys
from pathlib import Path
import keras, numpy as np
from forge.checkpoints.adapters import adapter_for
from forge.checkpoints.manager import Checkpoints

folder, seed, start = sys.argv[1], *map(int, sys.argv[2:])
keras.utils.set_random_seed(seed)
model = keras.Sequential([
    keras.Input((3,)), keras.layers.Dense(8), keras.layers.Dropout(0.4),
    keras.layers.BatchNormalization(), keras.layers.Dense(2, dtype="bfloat16"),
])
model.compile(keras.optimizers.Adam(0.01), "mse")
model.optimizer.build(model.trainable_variables)
assert adapter_for(model).name == adapter_for(model.optimizer).name == "keras"
saved = Checkpoints(Path(folder))
x = np.linspace(0, 1, 24, dtype="float32").reshape(8, 3)
objects = {"model": model, "optimizer": model.optimizer}
step = saved.restore(objects) if start else 0
assert step == start
while step < 4:
    loss = model.train_on_batch(x, x[:, :2])
    step += 1
    if step == 2:
        saved.save(step, objects, background=True)
saved.wait()
print(adapter_for(model).version().split()[2])
print(repr(float(loss)), model.predict_on_batch(x).astype("float64").tolist())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_training_goes_on_in_another_process(tmp_path: Path, backend: str) -> None:
    def run(seed: int, start: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, str(tmp_path), str(seed), str(start)],
            env=os.environ | {"KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    whole = run(3, 0)
    assert whole.startswith(backend)
    assert run(4, 2) == whole
