"""Time `Experiment.load(...).model` next to building and restoring it by hand.

`loading.py FRAMEWORK FOLDER ANSWER ROUNDS` writes a ratio into a JSON file. By hand
means importing the script, calling the function that makes the model, and reading the
weights with what the framework has for it. The framework is imported before.
"""

import importlib.util
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness import Command, Figure, once

import forge


SCRIPTS = {
    "keras": """
import forge, keras

@forge.dataset
def images():
    return {"shape": (28, 28, 1), "n_classes": 10}

@forge.model
def network(shape, n_classes, filters=(32, 64), hidden=512):
    layers = keras.layers
    model = keras.Sequential([keras.Input(shape)])
    for n in filters:
        model.add(layers.Conv2D(n, 3, activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(hidden, activation="relu"))
    model.add(layers.Dense(n_classes))
    return model

@forge.experiment
def train(dataset=images, model=network, *, _run: forge.Run):
    model.save_weights("own.weights.h5")
    _run.checkpoint(step=1, model=model)
""",
    "torch": """
import forge
from torch import nn
import torch

@forge.dataset
def images():
    return {"n_inputs": 784, "n_classes": 10}

@forge.model
def network(n_inputs, n_classes, hidden=1024, depth=4):
    sizes = [n_inputs] + [hidden] * depth
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, n_classes))

@forge.experiment
def train(dataset=images, model=network, *, _run: forge.Run):
    torch.save(model.state_dict(), "own.pt")
    _run.checkpoint(step=1, model=model)
""",
}


def imported(path: Path, number: int) -> Any:
    """Import a script, as `import script` does the first time."""
    name = f"by_hand_{number}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_hand(framework: str, path: Path, number: int) -> Any:
    """Build the model and read its weights."""
    network = imported(path, number).network
    if framework == "keras":
        model = network(shape=(28, 28, 1), n_classes=10)
        model.load_weights("own.weights.h5")
        return model
    import torch

    model = network(n_inputs=784, n_classes=10)
    model.load_state_dict(torch.load("own.pt", weights_only=True))
    return model


def loaded() -> Any:
    """Load the model from its run."""
    exp = forge.Experiment.load("train/1")
    model = exp.model
    exp.close()
    return model


def measured(framework: str, folder: Path, rounds: int) -> float:
    """Compare the two, in turns, after a round of each that does not count."""
    os.chdir(folder)
    path = folder / "script.py"
    path.write_text(SCRIPTS[framework], encoding="utf-8")
    imported(path, -1).train.run(quiet=True, capture="no")
    ratios = []
    for turn in range(rounds + 1):
        acts: list[tuple[str, Callable[[], Any]]] = [
            ("hand", lambda turn=turn: by_hand(framework, path, turn)),
            ("forge", loaded),
        ]
        taken = {}
        for name, act in acts[:: 1 if turn % 2 else -1]:
            start = time.perf_counter()
            act()
            taken[name] = time.perf_counter() - start
        if turn:
            ratios.append(taken["forge"] / taken["hand"])
    return statistics.median(ratios)


def loading(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare loading a model with what one would do without Forge."""
    for framework in SCRIPTS:
        place = folder / f"loading-{framework}"
        place.mkdir()
        answer = place / "answer.json"
        words = (sys.executable, __file__, framework, str(place), str(answer))
        once(Command((*words, str(5 * rounds)), place))
        what = f"Experiment.load(...).model / by hand ({framework})"
        yield Figure(what, json.loads(answer.read_text(encoding="utf-8")), 1.2)


if __name__ == "__main__":
    framework, folder, answer, rounds = sys.argv[1:]
    ratio = measured(framework, Path(folder), int(rounds))
    Path(answer).write_text(json.dumps(ratio), encoding="utf-8")
