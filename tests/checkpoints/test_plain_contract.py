"""Plain values pass the contract of adapters."""

import random
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from forge.testing import CheckpointerContract


class Averaged:
    """An object of a user that gives its state."""

    def __init__(self, seed: int) -> None:
        self.mean = np.full(3, float(seed))
        self.seen: list[int] = []

    def state_dict(self) -> dict[str, Any]:
        return {"mean": self.mean, "seen": self.seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.mean, self.seen = state["mean"], state["seen"]


class TestPlain(CheckpointerContract):
    adapter = "plain"
    cases = ("containers", "arrays", "large", "empty", "objects")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        if case == "containers":
            values = {
                "n": 2**80 + seed,
                7: {seed},
                "nan": float("nan"),
                "t": (seed, b"x"),
            }
            return {"values": values, "history": [seed], "raw": bytearray(3)}
        if case == "arrays":
            kinds = ("float64", "bool", "complex128", "<U3", "int8", ">i4")
            made = {k: rng.integers(0, 2, (2, 3)).astype(k) for k in kinds}
            half = rng.random(5).astype(ml_dtypes.bfloat16)
            return {"arrays": made | {"half": half, "none": np.zeros((0, 4))}}
        if case == "large":
            return {"w": rng.random(4 << 20), "more": {"v": rng.random(1000)}}
        if case == "empty":
            return {"a": {}, "b": [], "c": {"d": {"e": []}}}
        shared = np.random.RandomState(seed)
        return {"a": Averaged(seed), "b": random.Random(seed), "c": shared}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        if case == "containers":
            objects["history"].append(len(objects["history"]))
            objects["values"]["n"] += 1
            return {k: v for k, v in objects.items() if k != "raw"}
        if case == "arrays":
            objects["arrays"]["float64"] += 1
            return dict(objects["arrays"])
        if case == "large":
            objects["w"] *= 1.5
            return float(objects["w"].sum()), objects["more"]["v"]
        if case == "empty":
            return dict(objects)
        objects["a"].mean += objects["b"].random()
        objects["a"].seen.append(1)
        return objects["a"].mean, objects["a"].seen, objects["c"].rand()

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        if case == "large":
            return {"w": np.zeros(3), "more": {}}
        return {"a": [], "b": {}, "c": {}} if case == "empty" else None
