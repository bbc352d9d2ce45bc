"""Finding checkpoints, and saying which there are."""

import os
from pathlib import Path
from typing import Any

import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError
from forge.records.durable import sha256_file


@pytest.fixture(name="empty")
def _empty(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", best_metric="acc", keep_last=None)


@pytest.fixture(name="saved")
def _saved(empty: Checkpoints) -> Checkpoints:
    for step, acc in ((10, 0.9), (20, 0.5), (30, float("nan"))):
        empty.save(step, {"x": [step]}, metrics={"acc": acc, "loss": -acc})
    return empty


def said(error: ForgeError, saved: Checkpoints) -> str:
    """Take the place on this machine out of a text."""
    return str(error).replace(str(saved.folder), "DIR")


@pytest.mark.parametrize(
    ("which", "step"),
    [
        ("latest", 30),
        (20, 20),
        ("20", 20),
        ("best", 10),
        ("best:acc", 10),
        ("best:loss", 20),
        (None, None),
    ],
)
def test_references_select_a_step(saved: Checkpoints, which: Any, step: Any) -> None:
    assert saved.select(which) == step


@pytest.mark.parametrize("which", ["7", 7, "best:f1", "bset", "best:"])
def test_references_to_nothing_say_what_there_is(
    saved: Checkpoints, which: Any, message: Any
) -> None:
    if which == "best:":
        saved = Checkpoints(saved.folder)
    with pytest.raises(ForgeError) as e:
        saved.select(which)
    name = str(which).replace(":", "-").rstrip("-")
    message(f"no-checkpoint-{name}", said(e.value, saved))


def test_latest_of_nothing_is_an_error(empty: Checkpoints, message: Any) -> None:
    with pytest.raises(ForgeError) as e:
        empty.select("latest")
    message("no-checkpoint-none", said(e.value, empty))


def test_of_many_the_newest_are_named(empty: Checkpoints, message: Any) -> None:
    for step in range(7):
        empty.save(step, {})
    with pytest.raises(ForgeError) as e:
        empty.select(9)
    message("no-checkpoint-many", said(e.value, empty))


def test_five_damaged_files_are_named(empty: Checkpoints, message: Any) -> None:
    folder = empty.save(1, {f"x{i}": [i] for i in range(7)})
    for path in folder.glob("x*/tree.json"):
        path.unlink()
    with pytest.raises(ForgeError) as e:
        empty.restore({}, step=1)
    message("checkpoint-damaged-many", said(e.value, empty))
    assert len(e.value.problems) == 7


def test_what_was_just_checked_is_not_hashed_again(
    saved: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []
    monkeypatch.setattr(
        "forge.checkpoints.folder.sha256_file",
        lambda path, own=sha256_file: hashed.append(path) or own(path),
    )
    assert saved.latest() == 30
    first = len(hashed)
    assert first > 0
    saved.restore({"x": [0]}, step=30)
    assert len(hashed) == first


def test_a_change_after_the_check_is_found_whatever_its_time_and_size(
    saved: Checkpoints,
) -> None:
    assert saved.latest() == 30
    file = saved.folder_of(30) / "x" / "tree.json"
    facts, data = file.stat(), bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(ForgeError, match="checkpoint 30 is damaged"):
        saved.restore({"x": [0]}, step=30)
    assert saved.latest() == 20
