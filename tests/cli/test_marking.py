"""`forge tag`, `note`, `star`, `archive`."""

import json

import pytest
from runfolders import make_run

from forge.records.layout import RunLayout


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        make_run(tmp_path / "results", number=number)
    return tmp_path / "results"


def annotations(root, number: int = 1) -> dict:
    return json.loads(RunLayout(root / "train" / str(number)).annotations.read_text())


def test_tags_come_and_go(forge, root) -> None:
    assert forge("tag", "best, good", "train/1:2").out.split() == [
        "results/train/1",
        "results/train/2",
    ]
    assert annotations(root)["tags"] == ["best", "good"]
    assert forge("ls", "tags contains best", "-c", "id").out.count("train") == 2
    forge("tag", "best", "train/1", "--remove")
    assert annotations(root)["tags"] == ["good"]
    assert forge("tag", ",", "train/1").status == 2


def test_notes(forge, root) -> None:
    assert forge("note", "train/1").status == 1
    forge("note", "train/1", "first\x1b[31m")
    forge("note", "train/1", "second", "--add")
    assert forge("note", "train/1").out == "first\\x1b[31m\nsecond\n"
    forge("note", "train/1", "")
    assert forge("note", "train/1").status == 1


def test_stars_and_the_archive(forge, root) -> None:
    forge("star", "-q", "number = 1")
    forge("archive", "train/2")
    assert forge("ls", "-c", "id,star").out.splitlines() == [
        "id\tstar",
        "train/1\ttrue",
    ]
    assert len(forge("ls", "--all", "-c", "id").out.splitlines()) == 3
    forge("archive", "train/2", "-d")
    assert annotations(root, 2) == {"archived": False}


def test_annotations_that_cannot_be_changed_are_left_alone(forge, root) -> None:
    path = RunLayout(root / "train/1").annotations
    path.write_text("{half")
    wrong = forge("star", "train/1")
    assert (wrong.status, path.read_text()) == (1, "{half")
    assert "cannot be read" in wrong.err
