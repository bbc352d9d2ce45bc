"""Run folders in one file."""

import os
import zipfile

import pytest
from runfolders import make_run

from forge.browse.archive import archive
from forge.browse.source import Source
from forge.errors import ForgeError
from forge.records.layout import RunLayout


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))


@pytest.fixture(name="folder")
def _folder(tmp_path):
    root = tmp_path / "results"
    sources = {"pkg/a.py": "a = 1\n"}
    folder = make_run(root, output="hi\n", metrics=[], sources=sources)
    make_run(root, number=2)
    step = RunLayout(folder).checkpoint(3)
    step.mkdir(parents=True)
    (step / "manifest.json").write_text("{}")
    return folder


def packed(folder, target, **options):
    """Pack all runs, and list what the archive holds."""
    n = archive(Source([folder.parents[1]]).find().rows, target, **options)
    with zipfile.ZipFile(target) as pack:
        names = pack.namelist()
    assert n == len(names)
    return names


def test_the_folders_come_out_as_they_went_in(folder, tmp_path):
    target, layout = tmp_path / "runs.zip", RunLayout(folder)
    packed(folder, target)
    with zipfile.ZipFile(target) as pack:
        pack.extractall(tmp_path / "out")
    out = RunLayout(tmp_path / "out/train/1")
    for path in (layout.run, layout.output, layout.sources / "pkg/a.py"):
        copy = out.folder / path.relative_to(folder)
        assert copy.read_bytes() == path.read_bytes()
    assert (out.checkpoint(3) / "manifest.json").exists()
    # Nothing unfinished lies beside it.
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["runs.zip"]


def test_links_locks_and_what_is_unfinished_stay_behind(folder, tmp_path):
    RunLayout(folder).lock.write_text("")
    (folder / ".tmp-1-ab").write_text("torn")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    names = {name.rpartition("/")[2] for name in packed(folder, tmp_path / "runs.zip")}
    assert names == {
        "a.py",
        "flags.json",
        "manifest.json",
        "metrics.jsonl",
        "output.txt",
        "run.json",
    }


def test_checkpoints_can_stay_behind(folder, tmp_path):
    names = packed(folder, tmp_path / "runs.zip", checkpoints=False)
    assert not any("checkpoints" in name for name in names)


def test_two_runs_of_one_id_are_refused(tmp_path, message):
    for root in ("one", "two"):
        make_run(tmp_path / root)
    rows = Source([tmp_path / "one", tmp_path / "two"]).find().rows
    with pytest.raises(ForgeError) as found:
        archive(rows, tmp_path / "runs.zip")
    message("twice", str(found.value))
    assert not (tmp_path / "runs.zip").exists()
