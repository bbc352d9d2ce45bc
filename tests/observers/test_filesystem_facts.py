"""When facts that are found out during a run reach its folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.observers.base import (
    Added,
    Completed,
    Event,
    Heartbeat,
    Logged,
    Noted,
    Saved,
    Started,
)
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.records.runfile import Git, Host, RunFile, read_runfile
from forge.records.status import Status


RUN = RunFile(uid="u", name="train", number=1, status=Status.RUNNING)
HOST = Host(name="box")
END = Completed("2026-11-20T23:00:00+00:00", 1.0)


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


@pytest.fixture(name="observer")
def _observer(layout: RunLayout) -> FilesystemObserver:
    observer = FilesystemObserver(layout)
    observer.receive(Started(layout=layout, run=RUN, flags={}))
    return observer


@pytest.mark.parametrize(
    "event", [Noted("known", None), Heartbeat(0.1), Saved(1, Path("c")), END]
)
def test_facts_of_the_first_moments_are_written_together(
    layout: RunLayout, observer: FilesystemObserver, event: Event
) -> None:
    git = Git(commit="abc")
    early = Noted("seeds", {"model": 7}), Noted("git", git), Noted("host", HOST)
    for fact in early:
        observer.receive(fact)
    assert read_runfile(layout.run) == RUN
    observer.receive(event)
    run = read_runfile(layout.run)
    assert (run.seeds, run.git, run.host) == ({"model": 7}, git, HOST)


def test_other_facts_are_written_at_once_with_those_that_waited(
    layout: RunLayout, observer: FilesystemObserver
) -> None:
    observer.receive(Noted("seeds", {"model": 7}))
    observer.receive(Noted("notes", "seen"))
    run = read_runfile(layout.run)
    assert (run.seeds, run.notes) == ({"model": 7}, ("seen",))


def test_what_is_known_already_is_not_written_again(
    layout: RunLayout, observer: FilesystemObserver
) -> None:
    observer.receive(Noted("computed", {"steps": 100}))
    before = layout.run.stat()
    for event in (
        Noted("computed", {"steps": 100}),
        Logged(1, 0.1, {"loss": 1.0}),
        Heartbeat(0.2),
    ):
        observer.receive(event)
    assert layout.run.stat().st_ino == before.st_ino


def test_each_resource_that_cannot_be_read_is_named(
    layout: RunLayout, message: Callable[[str, str], None]
) -> None:
    said: list[str] = []
    observer = FilesystemObserver(layout, warn=said.append)
    observer.receive(Started(layout=layout, run=RUN, flags={}))
    (layout.folder / "there.csv").write_text("1")
    for name in ("gone.csv", "there.csv", "gone.csv", "lost.csv"):
        observer.receive(Added("resource", name, layout.folder / name))
    observer.receive(END)
    (fact,) = json.loads(layout.resources.read_bytes())
    assert fact["path"] == str(layout.folder / "there.csv")
    text = "\n".join(said).replace(f"{layout.folder}/", "")
    message("resource-unreadable", text)
