"""The checkpoints of a run by step: those that Forge saved, and the script's own."""

import pytest

import forge.experiment_tools as fet
from forge.checkpoints.manager import Checkpoints
from forge.classic.saved import newest_in, saved_in, select
from forge.errors import ForgeError
from forge.records.layout import RunLayout


@pytest.fixture(name="folder")
def _folder(tmp_path):
    for name in ("model.ckpt-2.index", "model.ckpt-2.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"x")
    checkpoints = Checkpoints(RunLayout(tmp_path).checkpoints)
    checkpoints.save(4, {"w": {"value": 1.0}}, metrics={}, slots={})
    checkpoints.save(6, {"w": {"value": 1.0}}, metrics={}, slots={})
    return tmp_path


def test_both_kinds_are_found_by_step(folder):
    assert {step: saved.form for step, saved in saved_in(folder).items()} == {
        2: "tensorflow",
        4: "forge",
        6: "forge",
    }
    assert fet.find_model_files(folder) == {
        2: str(folder / "model.ckpt-2"),
        4: str(folder / "checkpoints/0000000004"),
        6: str(folder / "checkpoints/0000000006"),
    }


def test_the_newest_is_one_whose_files_are_whole(folder):
    assert newest_in(folder).step == 6
    (file,) = (folder / "checkpoints/0000000006/w").glob("tree.json")
    file.write_bytes(b"{}")
    assert newest_in(folder).step == 4


def test_a_step_that_is_not_there_says_which_are(folder, message):
    with pytest.raises(ForgeError) as caught:
        select(folder, 3, "train/1")
    message("classic-no-checkpoint", str(caught.value).replace(str(folder), "DIR"))
    assert caught.value.options == [2, 4, 6]


def test_a_run_without_checkpoints(tmp_path, message):
    assert newest_in(tmp_path) is None
    with pytest.raises(ForgeError) as caught:
        select(tmp_path, None, "train/1")
    message("classic-no-checkpoints", str(caught.value).replace(str(tmp_path), "DIR"))
