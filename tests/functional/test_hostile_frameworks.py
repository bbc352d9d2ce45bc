"""Hostile files of checkpoints, read by the adapters of frameworks."""

import contextlib
import io
import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile.checkpoints import CHECKPOINTS
from hostile.damages import PICKLE, STEP

from forge.checkpoints.adapters import adapter_for
from forge.checkpoints.base import Refused, Stored
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

#: What an adapter may answer, beside that it fits or does not.
ANSWERS = {"checkpoint-damaged", "checkpoint-untrusted"}


def module() -> Any:
    import torch

    return torch.nn.ParameterDict({"w": torch.zeros(3, dtype=torch.float64)})


def optimizer() -> Any:
    import torch

    return torch.optim.SGD(module().parameters(), lr=0.1, momentum=0.9)


def tree() -> Any:
    import jax

    return {"w": jax.numpy.zeros(3)}


#: Cases of many megabytes.
LARGE = ("tree: many lists", "tree: an array twice", "arrays: the longest header")

#: By kind, an object, and how its adapter wraps a tree that a case puts there.
KINDS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "module": (module, lambda x: {"state": x}),
    "optimizer": (
        optimizer,
        lambda x: {"state": x, "class": "SGD", "parameters": [[[3]]]},
    ),
    "tree": (tree, lambda x: {"kinds": {"w": ["float32", [3]]}, "leaves": x}),
    "kinds": (tree, lambda x: {"kinds": x, "leaves": {}}),
}


def answer(obj: Any, folder: Path) -> str:
    """Restore what fits, and say how that ended."""
    adapter = adapter_for(obj)
    try:
        prepared = adapter.prepare(obj, Stored(folder, {}))
        if not prepared.difference:
            prepared.apply()
        prepared.release()
    except (ForgeError, Refused) as error:
        return error.code
    return "fine"


@pytest.mark.parametrize("kind", KINDS)
def test_trees_of_frameworks_end_in_an_error_for_users(
    tmp_path: Path, kind: str
) -> None:
    make, wrap = KINDS[kind]
    Checkpoints(tmp_path / "genuine/checkpoints").save(3, {"model": make()})
    found = {}
    for n, (case, damage) in enumerate(CHECKPOINTS.items()):
        # What is large is read by the same code for all.
        large = case in LARGE and kind != "module"
        if large or not case.startswith(("tree:", "arrays:")):
            continue
        folder = tmp_path / str(n)
        shutil.copytree(tmp_path / "genuine", folder)
        damage(folder)
        path = folder / STEP / "model/tree.json"
        # What is no JSON stays as it is.
        with contextlib.suppress(ValueError, RecursionError):
            path.write_text(json.dumps(wrap(json.loads(path.read_bytes()))))
        found[case] = answer(make(), folder / STEP / "model")
    assert not hasattr(sys, "hostile_ran")
    assert {*found.values()} - ANSWERS <= {"fine"}
    assert found["arrays: a header beyond memory"] == "checkpoint-damaged"
    assert len(found) > 40


def packed(**files: bytes) -> bytes:
    """A file of zip with these files in it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


def schema(**facts: Any) -> bytes:
    """A file of skops that says so of its object."""
    node = {"__class__": "system", "__module__": "os", "__loader__": "TypeNode"}
    text = {**node, "__id__": 1, "protocol": 2, "_skops_version": "0.16.0", **facts}
    return packed(schema_json=json.dumps(text).encode())


def test_estimators_end_in_an_error_for_users(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    made = Checkpoints(tmp_path).save(3, {"model": LogisticRegression()})
    path = made / "model/estimator.skops"
    whole = path.read_bytes()
    cases = {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "a pickle": PICKLE,
        "no schema": packed(),
        "no mapping": packed(schema_json=b"[]"),
        "deep": packed(schema_json=b"[" * 100_000),
        "a function": schema(),
        "a call": schema(__loader__="FunctionNode", content="system"),
        "a method": schema(__loader__="MethodNode", content={"func": "system"}),
        "an unknown loader": schema(__loader__="PickleNode"),
        "a reduction": schema(__loader__="ReduceNode", reduce={"args": ["touch x"]}),
        "a module of nobody": schema(__module__="sklearn.nothing", __class__="X"),
    }
    found = {}
    for case, data in cases.items():
        path.write_bytes(data)
        found[case] = answer(LogisticRegression(), path.parent)
    assert not hasattr(sys, "hostile_ran")
    assert {*found.values()} <= ANSWERS, found
