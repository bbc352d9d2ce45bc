"""Tests of when the files of a run folder are on the disk."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.observers.base import Noted, Saved, SourceCopy, Started
from forge.observers.filesystem import FilesystemObserver
from forge.records.key import own_key
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile
from forge.records.status import Status


RUN = RunFile(uid="u", name="train", number=1, status=Status.RUNNING)
FILES = {"files": {"train.py": "…"}}


class Flushed:
    """What is flushed, by inode, in its order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inodes: list[int] = []
        self._told = threading.Condition()
        self._real = os.fsync
        own_key()  # making one is flushed as well
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fsync(self, fd: int) -> None:
        self._real(fd)
        with self._told:
            self.inodes.append(os.fstat(fd).st_ino)
            self._told.notify_all()

    def wait_for(self, is_there: Callable[[list[int]], bool]) -> bool:
        """Wait until it is what it should be; tell whether it became that."""
        with self._told:
            return self._told.wait_for(lambda: is_there(self.inodes), timeout=60)


def test_what_a_run_begins_with_is_flushed_beside_it_when_all_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, flushed = RunLayout(tmp_path), Flushed(monkeypatch)
    copy = SourceCopy("train.py", b"pass\n")
    observer = FilesystemObserver(layout)
    observer.receive(
        Started(
            layout=layout, run=RUN, flags={"lr": 0.1}, sources=[copy], manifest=FILES
        )
    )
    assert not flushed.inodes
    observer.receive(Noted("requirements", ["a==1"]))
    observer.receive(Noted("known", None))
    paths = [path for path in layout.folder.rglob("*") if path != layout.metrics]
    expected = {path.stat().st_ino for path in (*paths, layout.folder)}
    assert layout.requirements in paths
    assert flushed.wait_for(lambda inodes: expected <= {*inodes})
    observer.close()


def test_what_is_known_after_a_checkpoint_is_flushed_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = RunLayout(tmp_path)
    observer = FilesystemObserver(layout)
    observer.receive(Started(layout=layout, run=RUN, flags={}, manifest=FILES))
    observer.receive(Saved(1, layout.checkpoint(1)))
    flushed = Flushed(monkeypatch)
    observer.receive(Noted("requirements", ["a==1"]))
    observer.receive(Noted("known", None))
    expected = [path.stat().st_ino for path in (layout.requirements, layout.folder)]
    assert flushed.wait_for(lambda inodes: inodes[-2:] == expected)
    observer.close()
