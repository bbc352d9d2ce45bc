"""A gigabyte of each kind, saved in one process and restored strictly in another.

On request, because it takes minutes: `FORGE_FAULTS=huge pytest` on this file.
"""

import gc
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.testing import CheckpointerContract


if os.environ.get("FORGE_FAULTS") != "huge":
    pytest.skip("FORGE_FAULTS=huge asks for it", allow_module_level=True)

pytestmark = pytest.mark.frameworks

#: Values in each of 16 arrays of four bytes.
EACH = 1 << 24
LAYERS = 16
#: What the figure allows beside the state while it is saved, in megabytes.
BESIDE = 64
#: A restore holds what it has read until it has checked it, in times of the state.
TWICE = 1.1


def numbers(seed: int) -> Any:
    return np.random.default_rng(seed).standard_normal(EACH, np.float32)


def hashed(arrays: Any) -> str:
    found = hashlib.sha256()
    for a in arrays:
        found.update(np.ascontiguousarray(a))
    return found.hexdigest()


class Gigabyte(CheckpointerContract):
    """A state of one gigabyte, and what it takes beside its memory."""

    cases = ("1 GB",)

    def test_memory_is_bounded(self, case: str, tmp_path: Path) -> None:
        """Saving copies nothing, and restoring holds one copy until it is checked."""
        objects = self.make(case, 1)
        self.advance(case, objects)
        checkpoints = Checkpoints(tmp_path / "checkpoints")
        rises = []
        for act in (
            lambda: checkpoints.save(1, objects),
            lambda: Checkpoints(checkpoints.folder).restored(objects, step=1),
        ):
            gc.collect()
            before = resident("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")
            act()
            rises.append(resident("VmHWM") - before)
        print(f"{self.adapter}: {rises[0]:.0f} MB to save, {rises[1]:.0f} to restore")
        assert rises[0] <= BESIDE
        assert rises[1] <= TWICE * EACH * LAYERS * 4 / 2**20


def resident(fact: str) -> float:
    """A fact of this process in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(fact + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(fact)


class TestPlain(Gigabyte):
    adapter = "plain"

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        return {"arrays": {str(i): numbers(seed + i) for i in range(LAYERS)}}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        for a in objects["arrays"].values():
            np.add(a, 1, out=a)
        return hashed(objects["arrays"].values())


class TestTorch(Gigabyte):
    adapter = "torch"

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import torch

        parts = {str(i): torch.from_numpy(numbers(seed + i)) for i in range(LAYERS)}
        return {"module": torch.nn.ParameterDict(parts)}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        import torch

        with torch.no_grad():
            for p in objects["module"].parameters():
                p.add_(1)
        return hashed(p.detach().numpy() for p in objects["module"].parameters())


class TestKeras(Gigabyte):
    adapter = "keras"

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import keras

        side = int(EACH**0.5)
        layers = [keras.layers.Dense(side, use_bias=False) for _ in range(LAYERS)]
        model = keras.Sequential([keras.Input((side,)), *layers])
        for i, v in enumerate(model.variables):
            v.assign(numbers(seed + i).reshape(v.shape))
        return {"model": model}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        for v in objects["model"].variables:
            v.assign_add(np.ones_like(v))
        return hashed(v.numpy() for v in objects["model"].variables)


class TestJax(Gigabyte):
    adapter = "jax"

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import jax

        parts = {str(i): jax.numpy.asarray(numbers(seed + i)) for i in range(LAYERS)}
        return {"params": parts}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        params = objects["params"]
        params.update({k: a + 1 for k, a in params.items()})
        return hashed(params.values())
