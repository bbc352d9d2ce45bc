import ctypes
import os
import resource
from pathlib import Path

import pytest

from forge.records.disk import (
    exchange,
    fsync_files,
    fsync_path,
    fsync_tree,
    start_flush,
)


def test_a_tree_is_flushed_with_links_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x")
    (tmp_path / "a" / "dangling").symlink_to("nowhere")
    fsync_tree(tmp_path)
    fsync_path(tmp_path / "a" / "b" / "file")


@pytest.mark.parametrize("count", [0, 3, 20])
def test_a_tree_is_flushed_whole_and_its_folders_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for n in range(count):
        (inner / f"{n}").write_bytes(b"x")
    told: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: told.append(os.fstat(fd).st_ino))
    fsync_tree(tmp_path)
    files = {path.stat().st_ino for path in inner.iterdir()}
    assert set(told[:count]) == files
    folders = (inner, inner.parent, tmp_path)
    assert told[count:] == [path.stat().st_ino for path in folders]


@pytest.mark.parametrize("count", [3, 5])
def test_one_descriptor_is_enough_for_a_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    for n in range(count):
        (tmp_path / f"{n}").write_bytes(b"x")
    told: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: told.append(os.fstat(fd).st_ino))
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(tmp_path, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, limits[1]))
    try:
        fsync_tree(tmp_path)
        os.close(os.open(tmp_path, os.O_RDONLY))  # all are closed again
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert {path.stat().st_ino for path in tmp_path.iterdir()} <= set(told)


def test_flushing_a_tree_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fsync_tree(tmp_path / "nothing")


def test_flushing_is_begun_without_touching_the_content(tmp_path: Path) -> None:
    for size in (0, 100, (1 << 20) + 1):
        path = tmp_path / f"{size}"
        path.write_bytes(b"x" * size)
        start_flush(path)
        with path.open("r+b") as file:
            file.write(b"y"[:size])
            start_flush(file.fileno())
        assert path.read_bytes() == b"y"[:size] + b"x" * (size - 1)
    start_flush(tmp_path)
    with pytest.raises(FileNotFoundError):
        start_flush(tmp_path / "nothing")


@pytest.mark.parametrize("count", [3, 20])
def test_every_file_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    paths = [tmp_path / f"{n}" for n in range(count)]
    for path in paths:
        path.write_bytes(b"x")
    told: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: told.append(os.fstat(fd).st_ino))
    fsync_files(map(str, paths))
    assert sorted(told) == sorted(path.stat().st_ino for path in paths)
    with pytest.raises(FileNotFoundError):
        fsync_files([str(tmp_path / "nothing")])


def test_two_folders_are_exchanged_or_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for folder in (a, b):
        folder.mkdir()
        (folder / folder.name).write_bytes(b"x")
    assert exchange(a, b)
    assert ((a / "b").exists(), (b / "a").exists()) == (True, True)
    assert not exchange(a, tmp_path / "nothing")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not exchange(a, b)
    assert ((a / "b").exists(), (b / "a").exists()) == (True, True)
