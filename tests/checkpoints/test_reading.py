"""Checkpoints read while they are hashed: what is damaged changes nothing."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Checkpoints:
    made = Checkpoints(tmp_path / "checkpoints")
    for step in (1, 2, 3):
        made.save(step, {"w": np.full(1000, step), "at": [step]})
    return made


def flip(saved: Checkpoints, step: int, name: str, at: int = -1) -> None:
    path = saved.folder_of(step) / name
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_what_can_be_read_but_is_not_what_was_saved_changes_nothing(
    saved: Checkpoints,
) -> None:
    """Only its hash tells, which is known before a value is put in place."""
    flip(saved, 3, "w/arrays.safetensors")
    w, at = np.zeros(1000, int), [0]
    with pytest.raises(ForgeError, match=r"w/arrays\.safetensors") as found:
        saved.restore({"w": w, "at": at}, step=3)
    assert found.value.code == "checkpoint-damaged"
    assert not w.any()
    assert at == [0]


def test_the_newest_that_is_intact_is_restored(
    saved: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    flip(saved, 3, "w/arrays.safetensors")
    flip(saved, 2, "at/tree.json", 0)
    w, at = np.zeros(1000, int), [0]
    with caplog.at_level(logging.WARNING):
        assert saved.restore({"w": w, "at": at}) == 1
    assert (w == 1).all()
    assert at == [1]
    assert [r.args[0] for r in caplog.records if "damaged" in r.msg] == [3, 2]


def test_what_is_damaged_explains_why_it_does_not_fit(saved: Checkpoints) -> None:
    flip(saved, 3, "w/tree.json", 3)
    with pytest.raises(ForgeError) as found:
        saved.restore({"w": np.zeros(3)}, step=3)
    assert found.value.code == "checkpoint-damaged"


def test_what_does_not_fit_is_no_reason_to_take_an_older_one(
    saved: Checkpoints,
) -> None:
    with pytest.raises(ForgeError, match="checkpoint 3 does not fit w"):
        saved.restore({"w": np.zeros(3)})


@pytest.mark.parametrize("random_states", [True, False])
def test_damaged_random_states_are_found_either_way(
    saved: Checkpoints, *, random_states: bool
) -> None:
    flip(saved, 3, "state/arrays.safetensors")
    objects: dict[str, Any] = {"at": [0]}
    with pytest.raises(ForgeError, match=r"state/arrays\.safetensors"):
        saved.restored(objects, step=3, random_states=random_states)
    assert objects["at"] == [0]
