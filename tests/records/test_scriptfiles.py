"""Checkpoints that a script saved into its run folder by means of its own."""

import pytest

from forge.records.scriptfiles import script_files


def touch(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")


def test_what_tensorflow_saved_is_one_prefix_a_step(tmp_path):
    touch(
        tmp_path,
        "checkpoint",
        "model.ckpt-10.index",
        "model.ckpt-10.meta",
        "model.ckpt-10.data-00000-of-00002",
        "model.ckpt-10.data-00001-of-00002",
        "model.ckpt-9.index",
        "model.ckpt-9.data-00000-of-00001",
    )
    found = script_files(tmp_path)
    assert list(found) == [9, 10]
    assert found[10].path == tmp_path / "model.ckpt-10"
    assert found[10].form == "tensorflow"


@pytest.mark.parametrize(
    "names",
    [
        ["model.ckpt-1.index"],
        ["model.ckpt-1.data-00000-of-00001"],
        ["model.ckpt-1.index", "model.ckpt-1.data-00000-of-00002"],
        ["model.ckpt.index", "model.ckpt.data-00000-of-00001"],
        ["notes-1.txt", "model.ckpt-1.meta", "other-3"],
    ],
)
def test_what_is_not_complete_is_none(tmp_path, names):
    touch(tmp_path, *names)
    assert script_files(tmp_path) == {}


def test_files_of_pytorch(tmp_path):
    touch(tmp_path, "model.ckpt-5", "model.ckpt-7.pt")
    (tmp_path / "model.ckpt-9.pt").touch()
    found = script_files(tmp_path)
    assert {step: file.form for step, file in found.items()} == {5: "file", 7: "file"}


def test_a_folder_that_is_not_there_has_none(tmp_path):
    assert script_files(tmp_path / "none") == {}
