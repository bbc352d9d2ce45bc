"""The checkpoints of one run."""

import logging
import random
from pathlib import Path
from typing import Any

import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


@pytest.fixture(name="empty")
def _empty(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", best_metric="acc")


@pytest.fixture(name="saved")
def _saved(empty: Checkpoints) -> Checkpoints:
    for step, acc in ((10, 0.9), (20, 0.5), (30, float("nan"))):
        empty.save(step, {"x": [step]}, metrics={"acc": acc, "loss": -acc})
    return empty


def said(error: ForgeError, saved: Checkpoints) -> str:
    """Take the place on this machine out of a text."""
    return str(error).replace(str(saved.folder), "DIR")


def flip(saved: Checkpoints, step: int, name: str = "x/tree.json") -> None:
    """Flip one bit of a file."""
    path = saved.folder / f"{step:010d}" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_nothing_saved_restores_nothing(empty: Checkpoints) -> None:
    x = [1]
    state = random.getstate()
    assert empty.restore({"x": x}) == 0
    assert x == [1]
    assert random.getstate() == state
    assert empty.latest() is None
    assert empty.steps() == []
    assert not empty.folder.exists()


def test_the_newest_is_restored(saved: Checkpoints) -> None:
    x = [0]
    assert saved.restore({"x": x}) == 30
    assert x == [30]


def test_a_step_can_be_replaced(saved: Checkpoints, message: Any) -> None:
    assert saved.latest() == 30
    saved.save(30, {"x": [31]}, again=True)
    x = [1]
    assert saved.restore({"x": x}) == 30
    assert x == [31]
    assert saved.manifest(30).metrics == {}
    with pytest.raises(ForgeError, match="has no plain form"):
        saved.save(30, {"x": [object()]}, again=True)
    with pytest.raises(ForgeError) as found:
        saved.save(40, {"x": [1]}, again=True)
    message("checkpoint-kept", said(found.value, saved))
    assert saved.steps() == [10, 20, 30]
    assert len([*saved.folder.iterdir()]) == 3


def test_another_is_restored_by_its_step(saved: Checkpoints) -> None:
    x = [0]
    assert saved.restore({"x": x}, step=10) == 10
    assert x == [10]


def test_older_ones_are_pruned_and_that_is_said(
    saved: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "forge.checkpoints"):
        saved.save(40, {"x": [40]})
    assert saved.steps() == [20, 30, 40]
    assert caplog.messages == ["checkpoint 10 was pruned"]
    assert {p.name[:1] for p in saved.folder.iterdir()} == {"0"}


def test_the_best_ones_survive_a_new_process(tmp_path: Path) -> None:
    rules: dict[str, Any] = {"keep_last": 1, "keep_best": 1, "best_metric": "acc"}
    for step, acc in ((1, 0.1), (2, 0.9), (3, float("nan")), (4, 0.2)):
        Checkpoints(tmp_path, **rules).save(step, {}, metrics={"acc": acc})
    assert Checkpoints(tmp_path).steps() == [2, 4]


def test_a_damaged_one_is_reported_and_skipped(
    saved: Checkpoints, caplog: pytest.LogCaptureFixture
) -> None:
    flip(saved, 30)
    x = [0]
    assert saved.restore({"x": x}) == 20
    assert x == [20]
    assert caplog.messages == [
        (
            "checkpoint 30 is damaged and skipped: x/tree.json has another content"
            " than was saved (sha256)"
        )
    ]


def test_a_damaged_one_asked_for_is_an_error(saved: Checkpoints, message: Any) -> None:
    flip(saved, 30)
    x = [0]
    with pytest.raises(ForgeError) as e:
        saved.restore({"x": x}, step=30)
    message("checkpoint-damaged", said(e.value, saved))
    assert x == [0]


def test_a_damaged_manifest_is_an_error_too(saved: Checkpoints, message: Any) -> None:
    (saved.folder / "0000000020" / "manifest.json").write_text("{")
    with pytest.raises(ForgeError) as e:
        saved.manifest(20)
    message("checkpoint-damaged-manifest", said(e.value, saved))
    saved.save(40, {"x": [40]})
    assert saved.latest() == 40


def test_a_run_whose_checkpoints_are_all_damaged_does_not_start_from_nothing(
    saved: Checkpoints, message: Any
) -> None:
    for step in saved.steps():
        flip(saved, step)
    x = [0]
    with pytest.raises(ForgeError) as e:
        saved.restore({"x": x})
    message("checkpoint-damaged-all", said(e.value, saved))
    assert x == [0]


def test_random_states_come_back_unless_told_otherwise(empty: Checkpoints) -> None:
    empty.save(1, {})
    expected = random.random()
    empty.restore({}, random_states=False)
    assert random.random() != expected
    empty.restore({})
    assert random.random() == expected


def test_a_step_never_saved_is_an_error_everywhere(saved: Checkpoints) -> None:
    for ask in (
        lambda: saved.restore({}, step=7),
        lambda: saved.manifest(7),
        lambda: saved.state(7),
    ):
        with pytest.raises(ForgeError) as e:
            ask()
        assert e.value.code == "no-checkpoint"
        assert e.value.steps == [10, 20, 30]
