"""When run folders changed, asked one by one or many at a time."""

import os

import pytest
from runfolders import make_run

import forge
from forge.browse import stamps


@pytest.mark.parametrize("slow", [0.0, 1e9])
def test_however_slow_the_disk_is_the_answer_is_the_same(
    tmp_path, monkeypatch, slow
) -> None:
    monkeypatch.setattr(stamps, "_SLOW", slow)
    monkeypatch.setattr(stamps, "_PROBED", 2)
    for number in range(1, 100):
        (tmp_path / "train" / str(number)).mkdir(parents=True)
    (tmp_path / "train/7").touch()
    os.utime(tmp_path / "train/7", ns=(5, 5))
    with os.scandir(tmp_path / "train") as entries:
        folders = list(entries)
    (tmp_path / "train/99").rmdir()
    found = stamps.stamps_of(folders)
    assert len(found) == 98
    assert (7, (tmp_path / "train/7").stat().st_ino, 5) in found


def test_lists_are_the_same_with_many_questions_at_a_time(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(stamps, "_SLOW", 0.0)
    monkeypatch.setattr(stamps, "_PROBED", 2)
    for number in range(1, 40):
        make_run(tmp_path, number=number)
    assert len(forge.runs(tmp_path)) == 39
    make_run(tmp_path, number=40)
    assert len(forge.runs(tmp_path)) == 40
