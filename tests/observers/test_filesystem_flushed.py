"""Tests of when the files of a run folder are on the disk."""

import os
import threading
from pathlib import Path

import pytest

from forge.observers.base import Noted, Saved, SourceCopy, Started
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile
from forge.records.status import Status


RUN = RunFile(uid="u", name="train", number=1, status=Status.RUNNING)
FILES = {"files": {"train.py": "…"}}


def test_what_a_run_begins_with_is_flushed_beside_it_when_all_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, real = RunLayout(tmp_path), os.fsync
    flushed: set[int] = set()
    told = threading.Condition()

    def fsync(fd: int) -> None:
        real(fd)
        with told:
            flushed.add(os.fstat(fd).st_ino)
            told.notify_all()

    monkeypatch.setattr(os, "fsync", fsync)
    copy = SourceCopy("train.py", b"pass\n")
    observer = FilesystemObserver(layout)
    observer.receive(
        Started(
            layout=layout, run=RUN, flags={"lr": 0.1}, sources=[copy], manifest=FILES
        )
    )
    assert not flushed
    observer.receive(Noted("requirements", ["a==1"]))
    observer.receive(Noted("known", None))
    paths = [path for path in layout.folder.rglob("*") if path != layout.metrics]
    expected = {path.stat().st_ino for path in (*paths, layout.folder)}
    assert layout.requirements in paths
    with told:
        assert told.wait_for(lambda: expected <= flushed, timeout=60)
    observer.close()


def test_what_is_known_after_a_checkpoint_is_flushed_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, real = RunLayout(tmp_path), os.fsync
    observer = FilesystemObserver(layout)
    observer.receive(Started(layout=layout, run=RUN, flags={}, manifest=FILES))
    observer.receive(Saved(1, layout.checkpoint(1)))
    flushed: list[int] = []
    told = threading.Condition()

    def fsync(fd: int) -> None:
        real(fd)
        with told:
            flushed.append(os.fstat(fd).st_ino)
            told.notify_all()

    monkeypatch.setattr(os, "fsync", fsync)
    observer.receive(Noted("requirements", ["a==1"]))
    observer.receive(Noted("known", None))
    expected = [path.stat().st_ino for path in (layout.requirements, layout.folder)]
    with told:
        assert told.wait_for(lambda: flushed[-2:] == expected, timeout=60)
    observer.close()
