"""Tests of a run folder that goes away while its run goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.observers.base import Completed, Heartbeat, Logged, Noted, Started
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile, read_runfile
from forge.records.status import Status


END = Completed("2026-11-20T23:00:00+00:00", 1.0)
NOTED = Noted("notes", "a remark")


@pytest.fixture(name="said")
def _said() -> list[str]:
    return []


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    layout = RunLayout(tmp_path / "1")
    layout.folder.mkdir()
    return layout


@pytest.fixture(name="observer")
def _observer(layout: RunLayout, said: list[str]) -> FilesystemObserver:
    observer = FilesystemObserver(layout, warn=said.append, patience=())
    run = RunFile(uid="u", name="train", number=1, status=Status.RUNNING)
    observer.receive(Started(layout=layout, run=run, flags={}))
    return observer


def test_what_is_in_its_place_is_left_alone(
    layout: RunLayout,
    observer: FilesystemObserver,
    said: list[str],
    message: Callable[[str, str], None],
) -> None:
    moved = layout.folder.with_name("moved")
    layout.folder.rename(moved)
    layout.folder.mkdir()
    observer.receive(Logged(1, 0.5, {"loss": 1.0}))
    for event in (NOTED, Heartbeat(10.0), Noted("info", {"a": 1}), Heartbeat(20.0)):
        observer.receive(event)
    with pytest.raises(ForgeError) as caught:
        observer.receive(END)
    observer.close()
    assert caught.value.code == "not-recorded"
    assert list(layout.folder.iterdir()) == []
    # The files that were open are good wherever they are.
    assert b'"loss":1.0' in (moved / layout.metrics.name).read_bytes()
    text = "\n".join([*said, str(caught.value)])
    message("run-folder-gone", text.replace(str(layout.folder), "results/train/1"))


def test_a_folder_that_comes_back_is_written_again(
    layout: RunLayout, observer: FilesystemObserver, said: list[str]
) -> None:
    moved = layout.folder.with_name("moved")
    layout.folder.rename(moved)
    observer.receive(NOTED)
    moved.rename(layout.folder)
    observer.receive(END)
    observer.close()
    assert read_runfile(layout.run).status is Status.COMPLETED
    assert len(said) == 1
