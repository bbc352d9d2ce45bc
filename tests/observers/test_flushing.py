"""A folder brought onto the device beside the run."""

import os
import threading
from pathlib import Path

import pytest

from forge.observers.flushing import Flushing


@pytest.fixture(name="flushed")
def _flushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What was flushed, by inode, with the name of the thread."""
    real = os.fsync
    told: list[tuple[int, str]] = []

    def fsync(fd: int) -> None:
        told.append((os.fstat(fd).st_ino, threading.current_thread().name))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    return told


def test_everything_is_flushed_once_by_another_thread(
    tmp_path: Path, flushed: list[tuple[int, str]]
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.py").write_text("")
    flushing = Flushing(tmp_path)
    flushing.begin()
    flushing.finish()
    flushing.finish()
    paths = (tmp_path, tmp_path / "a", tmp_path / "a" / "b.py")
    expected = {(path.stat().st_ino, "forge-beside") for path in paths}
    assert set(flushed) == expected
    assert len(flushed) == len(expected)


def test_the_names_of_the_folder_are_flushed_where_that_is_allowed(
    tmp_path: Path, flushed: list[tuple[int, str]]
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    flushing = Flushing(folder, above=[tmp_path / "gone", *folder.parents[:2]])
    flushing.begin()
    flushing.finish()
    paths = (folder, folder.parent, tmp_path)
    assert [inode for inode, _ in flushed] == [path.stat().st_ino for path in paths]


def test_what_is_added_meanwhile_is_flushed_as_well(
    tmp_path: Path, flushed: list[tuple[int, str]]
) -> None:
    flushing = Flushing(tmp_path)
    flushing.begin()
    flushing.repeat()
    (tmp_path / "late.py").write_text("")
    flushing.finish()
    assert (tmp_path / "late.py").stat().st_ino in {inode for inode, _ in flushed}


def test_what_goes_wrong_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(fd: int) -> None:
        raise OSError(5, os.strerror(5))

    (tmp_path / "b.py").write_text("")
    flushing = Flushing(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        flushing.begin()
        for _ in range(2):
            told = flushing.finish()
            assert [path for path, _ in told] == [tmp_path]
            assert all("Input/output error" in str(error) for _, error in told)
    assert flushing.finish() == []


def test_files_beside_it_are_flushed_with_it(
    tmp_path: Path, flushed: list[tuple[int, str]]
) -> None:
    folder, signature = tmp_path / "a", tmp_path / "signature"
    folder.mkdir()
    signature.write_text("")
    flushing = Flushing(folder, also=[signature, tmp_path / "missing"])
    flushing.begin()
    assert flushing.finish() == []
    inodes = {inode for inode, _ in flushed}
    assert {signature.stat().st_ino, folder.stat().st_ino} <= inodes


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_started_it_is_done_at_the_end(
    tmp_path: Path, flushed: list[tuple[int, str]]
) -> None:
    flushing = Flushing(tmp_path)
    flushing.begin()
    assert flushed == []
    assert flushing.finish() == []
    assert tmp_path.stat().st_ino in {inode for inode, _ in flushed}


def test_a_folder_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    flushing = Flushing(tmp_path / "missing")
    flushing.begin()
    flushing.finish()
