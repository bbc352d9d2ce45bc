"""Time checkpoints next to what their parts cost and to what frameworks do themselves.

`saving.py PART MEGABYTES FOLDER ANSWER ROUNDS` writes ratios into a JSON file, each
with its floor. Everything that is compared holds the same arrays and is on the disk
when its time ends. Each round does everything once, in an order that moves on; a ratio
is the median over the rounds of the ratio within a round.

The floor is what the slower of two parts takes alone, which can be done at the same
time but not left out: the sum of the arrays in memory, and writing them to the disk,
or reading them. A framework that is faster than that, without a sum, is out of reach.
"""

import gc
import hashlib
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from forge.checkpoints.manager import Checkpoints


#: How many arrays share the megabytes.
LAYERS = 16

Act = Callable[[], Any]
#: A ratio and its floor.
Found = tuple[float, float]


def fsync(path: Path) -> None:
    """Put a file, or a folder and what is in it, on the disk."""
    inside = path.iterdir() if path.is_dir() else ()
    for one in (*inside, path):
        fd = os.open(one, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


class Place:
    """A folder to save into, emptied before each time.

    Args:
        root: Where.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def empty(self) -> None:
        """Remove what was saved before, and let the disk come to rest."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        fsync(self.root.parent)

    def forge(self, **objects: Any) -> None:
        """Save with Forge."""
        Checkpoints(self.root / "forge").save(1, objects)

    def floor(self, arrays: dict[str, Any]) -> None:
        """Do what saving consists of: write, put on the disk, hash."""
        from safetensors.numpy import save_file

        path = self.root / "floor.safetensors"
        save_file(arrays, path)
        fsync(path)
        fsync(self.root)
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")


def summed(arrays: dict[str, Any]) -> None:
    """Hash arrays in memory."""
    total = hashlib.sha256()
    for a in arrays.values():
        total.update(a)


def written(arrays: dict[str, Any], path: Path) -> None:
    """Write arrays to the disk, and nothing else."""
    with path.open("wb", buffering=0) as file:
        for a in arrays.values():
            file.write(a)
        os.fsync(file.fileno())


def read(arrays: dict[str, Any], path: Path) -> list[Any]:
    """Read a file of the format into arrays, without a sum."""
    with path.open("rb") as file:
        file.seek(8 + int.from_bytes(file.read(8), "little"))
        return [np.fromfile(file, a.dtype, a.size) for a in arrays.values()]


def rounds_of(acts: dict[str, Act], before: Act, rounds: int) -> dict[str, list[float]]:
    """Time each act once a round, after one round that does not count."""
    names, taken = list(acts), {name: [] for name in acts}
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            before()
            gc.collect()
            start = time.perf_counter()
            found = acts[name]()
            end = time.perf_counter()
            del found
            if turn:
                taken[name].append(end - start)
    return taken


def ratio(taken: dict[str, list[float]], over: str, under: str) -> float:
    """Divide two times round by round."""
    pairs = zip(taken[over], taken[under], strict=True)
    return statistics.median(a / b for a, b in pairs)


def next_to(taken: dict[str, list[float]], peer: str, *parts: str) -> Found:
    """Divide Forge's time by another's, and the largest of its parts as well."""
    floor = max(ratio(taken, part, peer) for part in parts)
    return ratio(taken, "forge", peer), floor


def arrays_of(size: int) -> dict[str, Any]:
    """Make arrays of so many megabytes in all."""
    rng = np.random.default_rng(0)
    length = size * 2**20 // LAYERS // 4
    return {
        f"layer{i}": rng.standard_normal(length, dtype=np.float32)
        for i in range(LAYERS)
    }


def plain(size: int, place: Place, rounds: int) -> dict[str, Found]:
    """Compare NumPy arrays with the floor: saving, restoring, the stall, memory."""
    arrays = arrays_of(size)
    taken = rounds_of(
        {
            "forge": lambda: place.forge(arrays=arrays),
            "floor": lambda: place.floor(arrays),
        },
        place.empty,
        rounds,
    )
    found = {"save / save_file + fsync + sha256": (ratio(taken, "forge", "floor"), 0.0)}
    place.empty()
    place.forge(arrays=arrays)
    (path,) = place.root.glob("forge/*/arrays/arrays.safetensors")
    into = {name: np.zeros_like(a) for name, a in arrays.items()}

    def restore() -> None:
        # A new one each time: what was found intact is not hashed again.
        Checkpoints(place.root / "forge").restore({"arrays": into})

    def floor() -> Any:
        found = read(arrays, path)
        summed(dict(enumerate(found)))
        return found

    taken = rounds_of({"forge": restore, "floor": floor}, _rest, rounds)
    assert all(np.array_equal(into[name], a) for name, a in arrays.items())
    found["restore / read into arrays + sha256"] = ratio(taken, "forge", "floor"), 0.0
    return found | stall(arrays, place, rounds) | memory(arrays, place)


def stall(arrays: dict[str, Any], place: Place, rounds: int) -> dict[str, Found]:
    """Compare how long a background save holds training up with a copy."""
    waiting: list[Checkpoints] = []

    def background() -> None:
        waiting.append(Checkpoints(place.root / "forge"))
        waiting[-1].save(1, {"arrays": arrays}, background=True)

    def empty() -> None:
        while waiting:
            waiting.pop().wait()
        place.empty()

    def copies() -> Any:
        return [a.copy() for a in arrays.values()]

    taken = rounds_of({"stall": background, "copy": copies}, empty, rounds)
    empty()
    return {"stall in the background / host copy": (ratio(taken, "stall", "copy"), 0.0)}


def memory(arrays: dict[str, Any], place: Place) -> dict[str, Found]:
    """Measure by how much the peak of memory rises while saving, in megabytes."""
    place.empty()
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    place.forge(arrays=arrays)
    rise = _resident("VmHWM") - before
    return {"memory while saving, beside the state": (rise, 0.0)}


def torch(size: int, place: Place, rounds: int) -> dict[str, Found]:
    """Compare a module of PyTorch with torch.save."""
    import torch

    arrays = arrays_of(size)
    module = torch.nn.ParameterDict(
        {name: torch.from_numpy(a) for name, a in arrays.items()}
    )

    def own() -> None:
        torch.save(module.state_dict(), place.root / "own.pt")
        fsync(place.root)

    acts = {"forge": lambda: place.forge(module=module), "own": own}
    taken = rounds_of(acts | saving_parts(arrays, place), place.empty, rounds)
    return {"save / torch.save + fsync": next_to(taken, "own", "sum", "write")}


def saving_parts(arrays: dict[str, Any], place: Place) -> dict[str, Act]:
    """Name what every save with a sum consists of."""
    return {
        "sum": lambda: summed(arrays),
        "write": lambda: written(arrays, place.root / "written"),
    }


def keras(size: int, place: Place, rounds: int) -> dict[str, Found]:
    """Compare a model of Keras with its own files and TensorFlow's."""
    import keras
    import tensorflow as tf

    width = int((size * 2**20 / LAYERS / 4) ** 0.5)
    layers = [keras.layers.Dense(width, use_bias=False) for _ in range(LAYERS)]
    model = keras.Sequential([keras.Input((width,)), *layers])
    weights = place.root / "own.weights.h5"
    prefix = str(place.root / "tf" / "ckpt")

    def own() -> None:
        model.save_weights(weights)
        fsync(place.root)

    def tensorflow() -> None:
        tf.train.Checkpoint(root=model).write(prefix)
        fsync(place.root / "tf")

    arrays = {str(i): w for i, w in enumerate(model.get_weights())}
    acts = {"forge": lambda: place.forge(model=model), "keras": own, "tf": tensorflow}
    parts = saving_parts(arrays, place)
    taken = rounds_of(acts | parts, place.empty, rounds)
    found = {
        "save / keras.save_weights + fsync": next_to(taken, "keras", *parts),
        "save / tf.train.Checkpoint.write + fsync": next_to(taken, "tf", *parts),
    }
    place.empty()
    for act in acts.values():
        act()
    acts = {
        "keras": lambda: model.load_weights(weights),
        "tf": lambda: tf.train.Checkpoint(root=model).read(prefix).assert_consumed(),
    }
    return found | restoring(model, acts, arrays, place, rounds)


def restoring(
    model: Any, acts: dict[str, Act], arrays: dict[str, Any], place: Place, rounds: int
) -> dict[str, Found]:
    """Compare what puts the weights of a model back."""
    (path,) = place.root.glob("forge/*/model/arrays.safetensors")

    def restore() -> None:
        # A new one each time: what was found intact is not hashed again.
        saved = Checkpoints(place.root / "forge")
        saved.restore({"model": model}, random_states=False)

    parts = {"sum": lambda: summed(arrays), "read": lambda: read(arrays, path)}
    taken = rounds_of({"forge": restore} | acts | parts, _rest, rounds)
    return {
        "restore / keras.load_weights": next_to(taken, "keras", *parts),
        "restore / tf.train.Checkpoint.read": next_to(taken, "tf", *parts),
    }


def _rest() -> None:
    """Do nothing before a time."""


def _resident(fact: str) -> float:
    """Read a fact of this process in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(fact + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(fact)


def main() -> None:
    """Measure what is installed."""
    part, size, folder, answer, rounds = sys.argv[1:]
    measure = {"plain": plain, "torch": torch, "keras": keras}[part]
    found = measure(int(size), Place(Path(folder) / "place"), int(rounds))
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
