"""A checkpoint put back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Checkpoints:
    found = Checkpoints(tmp_path / "checkpoints")
    found.save(10, {"net": {"w": np.arange(3)}, "history": [1, 2]})
    return found


def said(error: ForgeError, saved: Checkpoints) -> str:
    """Take the place on this machine out of a text."""
    return str(error).replace(str(saved.folder), "DIR")


def test_an_object_is_restored_from_an_entry_of_another_name(
    saved: Checkpoints,
) -> None:
    model = {"w": np.zeros(3, int)}
    assert saved.restore({"model": model}, names={"model": "net"}) == 10
    assert model["w"].tolist() == [0, 1, 2]


def test_two_objects_are_restored_from_one_entry(saved: Checkpoints) -> None:
    a: dict[str, Any] = {}
    b: dict[str, Any] = {}
    saved.restore({"a": a, "b": b}, names={"a": "net", "b": "net"})
    assert a["w"].tolist() == b["w"].tolist()
    assert a["w"] is not b["w"]


def test_an_entry_that_is_not_there_names_those_that_are(
    saved: Checkpoints, message: Any
) -> None:
    history: list[int] = []
    with pytest.raises(ForgeError) as e:
        saved.restore({"histroy": [], "history": history})
    message("not-in-checkpoint", said(e.value, saved))
    assert e.value.options == ["history", "net"]
    assert history == []


def test_a_name_without_an_object_is_refused(saved: Checkpoints, message: Any) -> None:
    with pytest.raises(ForgeError) as e:
        saved.restore({"model": {}}, names={"modell": "net", "model": "net"})
    message("not-in-checkpoint-names", said(e.value, saved))


def test_all_that_does_not_fit_is_told_at_once(
    saved: Checkpoints, message: Any
) -> None:
    net, history = {"w": 1}, {"a": 1}
    with pytest.raises(ForgeError) as e:
        saved.restore({"net": [1], "history": history})
    message("checkpoint-mismatch-kinds", said(e.value, saved))
    assert history == {"a": 1}
    assert net == {"w": 1}


def test_a_restore_reports_what_it_did(saved: Checkpoints) -> None:
    history = [0]
    found = saved.restored({"history": history})
    assert found.step == 10
    assert found.objects["history"] is history
    assert found.differences["history"].fitting == ("list",)
