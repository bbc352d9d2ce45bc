"""Run folders that the Forge of 2018 wrote: no run.json, but flags and copies."""

import json

import pytest

from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.legacy import is_legacy
from forge.records.record import Record
from forge.records.status import Status
from forge.records.store import find_run


FLAGS = {
    "data_config": "configs/mnist_data.py",
    "model_config": "/home/me/project/configs/mnist_mlp.py",
    "batch_size": 32,
    "git_commit": "161cbaaafe99df7064dd447a1dcd307ee0c4c4e2",
}


@pytest.fixture(name="folder")
def _folder(tmp_path):
    folder = tmp_path / "checkpoints/test_run/2"
    folder.mkdir(parents=True)
    (folder / "flags.json").write_text(json.dumps(FLAGS))
    for name in ("mnist_data.py", "mnist_mlp.py"):
        (folder / name).write_text("def load(config): pass\n")
    for end in ("index", "meta", "data-00000-of-00001"):
        (folder / f"model.ckpt-1000.{end}").write_bytes(b"x")
    return folder


def test_such_a_folder_is_a_run(folder):
    record = Record.read(folder)
    assert (record.name, record.number) == ("test_run", 2)
    assert record.status is Status.COMPLETED
    assert record.config == FLAGS
    assert record.git.commit == FLAGS["git_commit"]
    assert record.checkpoints == (1000,)
    assert list(record.metrics) == []
    assert record.started is not None
    assert [(f.kind, f.file) for f in record.run.components] == [
        ("script", None),
        ("dataset", "mnist_data.py"),
        ("model", "mnist_mlp.py"),
    ]


def test_it_is_found_by_name_and_number(folder, monkeypatch):
    root = folder.parents[1]
    assert find_run("test_run/2", root) == (folder, None)
    assert find_run("test_run@1000", root) == (folder, "1000")


def test_a_run_keeps_its_identity(folder):
    assert Record.read(folder).run.uid == Record.read(folder).run.uid


@pytest.mark.parametrize("later", ["run.json", "run.lock", "sources", "trust.json"])
def test_a_run_of_today_that_was_killed_at_its_start_is_none(folder, later):
    (folder / later).mkdir()
    assert not is_legacy(RunLayout(folder))


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_flags_that_make_no_sense(folder, text):
    (folder / "flags.json").write_text(text)
    with pytest.raises(ForgeError) as caught:
        Record.read(folder)
    assert caught.value.code == "run-unreadable"
    assert "flags.json" in str(caught.value)


def test_a_folder_without_copies_cannot_be_rebuilt(tmp_path):
    (tmp_path / "flags.json").write_text('{"git_commit": null}')
    record = Record.read(tmp_path)
    assert record.run.rebuildable is False
    assert record.git is None
    assert record.number == 1


def test_nothing_large_or_linked_is_taken_for_a_copy(folder, tmp_path):
    (tmp_path / "elsewhere.py").write_text("x = 1")
    (folder / "mnist_data.py").unlink()
    (folder / "mnist_data.py").symlink_to(tmp_path / "elsewhere.py")
    with (folder / "mnist_mlp.py").open("wb") as file:
        file.truncate(1 << 40)
    record = Record.read(folder)
    assert record.run.rebuildable is False
    assert [fact.kind for fact in record.run.components] == ["script"]
