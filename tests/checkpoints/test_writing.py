"""One checkpoint written."""

import re
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


def test_one_folder_an_object_and_a_manifest(saved: Checkpoints) -> None:
    folder = saved.save(2000, {"model": {"w": np.zeros(3)}, "seen": [1]})
    assert folder == saved.folder / "0000002000"
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*"))
    assert files == [
        "manifest.json",
        "model/arrays.safetensors",
        "model/tree.json",
        "seen/tree.json",
        "state/arrays.safetensors",
        "state/tree.json",
    ]


def test_the_manifest_tells_everything_but_the_values(saved: Checkpoints) -> None:
    saved.save(
        2000,
        {"model": {"w": np.zeros(3)}},
        metrics={"accuracy": np.float32(0.5), "loss": float("nan")},
        slots={"model": "model.encoder"},
    )
    found = saved.manifest(2000)
    assert (found.format, found.step) == (1, 2000)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", found.time)
    assert found.metrics == {"accuracy": 0.5, "loss": "NaN"}
    model = found.objects["model"]
    assert (model.adapter, model.type) == ("plain", "builtins.dict")
    assert model.version == f"numpy {np.__version__}"
    assert model.slot == "model.encoder"
    assert set(found.files) == {
        "model/arrays.safetensors",
        "model/tree.json",
        "state/arrays.safetensors",
        "state/tree.json",
    }


def test_plain_values_are_kept_with_the_step(saved: Checkpoints) -> None:
    state = {"epoch": 3, "order": np.arange(4), "at": (1, None)}
    saved.save(7, {}, state=state)
    found = saved.state(7)
    assert found["order"].tolist() == [0, 1, 2, 3]
    assert (found["epoch"], found["at"]) == (3, (1, None))


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".hidden", "-x", "ü", "a b", "state", "manifest.json"]
)
def test_names_that_lead_elsewhere_are_refused(saved: Checkpoints, name: str) -> None:
    with pytest.raises(ForgeError) as e:
        saved.save(1, {name: 1})
    assert e.value.code == "checkpoint-name"
    assert not saved.folder.exists()


def test_every_mistake_is_told_at_once(saved: Checkpoints, message: Any) -> None:
    with pytest.raises(ForgeError) as e:
        saved.save(
            9,
            {"my model": 1, "state": 2, "f": [len]},
            metrics={"loss": "low"},
            state={"at": iter([])},
        )
    message("checkpoint-many", str(e.value))
    assert [x.code for x in e.value.errors] == [
        "checkpoint-name",
        "checkpoint-name",
        "checkpoint-type",
        "checkpoint-type",
        # Of metrics and state the first mistake is told.
    ]
    assert not saved.folder.exists()


@pytest.mark.parametrize("name", ["a", "A_1", "0", "net.encoder", "x-y", "_"])
def test_names_of_folders_are_taken(saved: Checkpoints, name: str) -> None:
    saved.save(1, {name: [1]})
    assert saved.restore({name: [0]}) == 1


def test_the_same_step_twice_is_refused(saved: Checkpoints, message: Any) -> None:
    saved.save(1, {"x": [1]})
    saved.save(2, {"x": [2]})
    with pytest.raises(ForgeError) as e:
        saved.save(1, {"x": [3]})
    message("checkpoint-exists", str(e.value).replace(str(saved.folder), "DIR"))
    x = [0]
    saved.restore({"x": x}, step=1)
    assert x == [1]


@pytest.mark.parametrize("step", [-1, True, 1.5, "3", None])
def test_what_is_no_step_is_refused(saved: Checkpoints, step: Any) -> None:
    with pytest.raises(ForgeError, match="is not a step"):
        saved.save(step, {})


def test_numbers_of_numpy_are_steps(saved: Checkpoints) -> None:
    saved.save(np.int64(3), {})
    assert saved.steps() == [3]
