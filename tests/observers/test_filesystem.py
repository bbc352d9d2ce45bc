"""Tests of the run folder as the events come in."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from forge.errors import ForgeError
from forge.observers.base import (
    Added,
    Completed,
    Event,
    Failed,
    Heartbeat,
    Interrupted,
    Logged,
    Noted,
    Printed,
    Saved,
    SourceCopy,
    Started,
)
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.records.reading import read_metrics
from forge.records.runfile import (
    ErrorFact,
    Git,
    Host,
    InjectedFact,
    RunFile,
    Session,
    read_runfile,
)
from forge.records.status import Status


STARTED = "2026-11-20T22:00:00+00:00"
ENDED = "2026-11-20T23:00:00+00:00"

RUN = RunFile(
    uid="u",
    name="train",
    number=1,
    status=Status.RUNNING,
    started=STARTED,
    notes=("first",),
    sessions=(Session(started=STARTED),),
)


class Folder:
    """A run folder with its observer, and what the observer warned of."""

    def __init__(self, folder: Path, patience: Sequence[float] = ()) -> None:
        self.layout = RunLayout(folder)
        self.said: list[str] = []
        self.observer = FilesystemObserver(
            self.layout, warn=self.said.append, patience=patience
        )

    def start(self, run: RunFile = RUN, **facts: Any) -> "Folder":
        flags = {"lr": 0.1, "git_commit": "abc", "batch": 32}
        self.send(Started(layout=self.layout, run=run, flags=flags, **facts))
        return self

    def send(self, *events: Event) -> None:
        for event in events:
            self.observer.receive(event)

    @property
    def run(self) -> RunFile:
        return read_runfile(self.layout.run)

    def text(self, text: str) -> str:
        return text.replace(str(self.layout.folder), "results/train/1")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_the_start_writes_what_a_run_cannot_do_without(folder: Folder) -> None:
    copy = SourceCopy("train.py", b"pass\n")
    folder.start(sources=[copy], manifest={"files": {"train.py": "…"}})
    assert folder.run == RUN
    flags = folder.layout.flags.read_text()
    assert flags == '{\n  "batch": 32,\n  "git_commit": "abc",\n  "lr": 0.1\n}\n'
    assert (folder.layout.sources / "train.py").read_bytes() == b"pass\n"
    assert read(folder.layout.manifest) == {"files": {"train.py": "…"}}
    assert folder.layout.metrics.read_bytes() == b""
    folder.observer.close()


def test_metrics_are_on_disk_when_receive_returns(folder: Folder) -> None:
    folder.start()
    folder.send(Logged(1, 0.5, {"loss": 2.0}), Logged(2, 1.0, {"loss": float("nan")}))
    assert folder.layout.metrics.read_bytes() == (
        b'{"step":1,"time":0.5,"loss":2.0}\n{"step":2,"time":1.0,"loss":"NaN"}\n'
    )
    folder.send(Completed(ENDED, 2.0))
    folder.observer.close()
    assert read_metrics(folder.layout.metrics)["loss"].steps == (1, 2)


def test_a_completed_run_says_so(folder: Folder) -> None:
    folder.start()
    folder.send(Completed(ENDED, 3600.0, {"accuracy": 0.9}))
    session = Session(started=STARTED, ended=ENDED, status=Status.COMPLETED)
    assert folder.run == replace(
        RUN,
        status=Status.COMPLETED,
        ended=ENDED,
        duration=3600.0,
        result={"accuracy": 0.9},
        sessions=(session,),
    )
    assert not folder.layout.error.exists()


def test_a_failed_run_keeps_its_traceback(folder: Folder) -> None:
    folder.start()
    error = ErrorFact(type="ValueError", message="bad \udcff")
    folder.send(Failed(ENDED, 1.0, error, "Traceback …\nValueError: bad \udcff\n"))
    assert folder.layout.error.read_bytes().endswith(b"bad \\udcff\n")
    assert (folder.run.status, folder.run.error) == (Status.FAILED, error)


def test_a_run_that_completes_after_a_failure_forgets_the_error(
    folder: Folder,
) -> None:
    folder.start(replace(RUN, error=ErrorFact(type="ValueError")))
    folder.send(Completed(ENDED, 1.0))
    assert folder.run.error is None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Interrupted(ENDED, 1.0, "timeout"), "timeout"),
        (Interrupted(ENDED, 1.0, "", signal.SIGTERM), "SIGTERM"),
        (Interrupted(ENDED, 1.0, "", 4000), "signal 4000"),
        (Interrupted(ENDED, 1.0), ""),
    ],
    ids=["reason", "signal", "odd signal", "nothing"],
)
def test_an_interrupted_run_says_why(
    folder: Folder, event: Interrupted, reason: str
) -> None:
    folder.start()
    folder.send(event)
    assert (folder.run.status, folder.run.reason) == (Status.INTERRUPTED, reason)


def test_facts_that_come_late_are_added(folder: Folder) -> None:
    folder.start()
    git, host = Git(commit="abc", dirty=True), Host(name="box")
    fact = InjectedFact(value=10, origin="dataset entry")
    folder.send(
        Noted("git", git, data=b"diff --git a/x \xff\n"),
        Noted("host", host),
        Noted("injected", {"model.n": fact}),
        Noted("injected", {"model.m": fact}),
        Noted("seeds", {"model": 7}),
        Noted("computed", {"steps": 100}),
        Noted("notes", "second"),
        Noted("notes", ["third"]),
        *(Noted("requirements", ["a==1", "b==2"]), Noted("known", None)),
    )
    run = folder.run
    assert (run.git, run.host) == (git, host)
    assert run.injected == {"model.n": fact, "model.m": fact}
    assert (run.seeds, run.computed) == ({"model": 7}, {"steps": 100})
    assert run.notes == ("first", "second", "third")
    assert folder.layout.git_diff.read_bytes() == b"diff --git a/x \xff\n"
    assert folder.layout.requirements.read_text() == "a==1\nb==2\n"


def test_a_clean_repository_leaves_no_diff(folder: Folder) -> None:
    folder.start()
    folder.send(Noted("git", Git(commit="abc", dirty=False)))
    assert not folder.layout.git_diff.exists()


def test_info_is_written_at_heartbeats_if_it_changed(folder: Folder) -> None:
    folder.start()
    folder.send(Noted("info", {"a": 1}))
    assert not folder.layout.info.exists()
    folder.send(Heartbeat(10.0))
    assert read(folder.layout.info) == {"a": 1}
    before = folder.layout.info.stat()
    folder.send(Noted("info", {"a": 1}), Heartbeat(20.0))
    assert folder.layout.info.stat().st_ino == before.st_ino
    folder.send(Noted("info", {"a": (1, 2)}), Completed(ENDED, 30.0))
    assert read(folder.layout.info) == {"a": {"py/tuple": [1, 2]}}


def test_the_summary_is_written_at_heartbeats_and_at_the_end(folder: Folder) -> None:
    folder.start()
    folder.send(Heartbeat(10.0))
    assert not folder.layout.summary.exists()
    folder.send(Logged(1, 10.5, {"loss": 2.0}), Heartbeat(20.0))
    assert read(folder.layout.summary)["loss"]["n"] == 1
    folder.send(Logged(2, 20.5, {"loss": 1.0}), Completed(ENDED, 30.0))
    assert read(folder.layout.summary)["loss"]["min_step"] == 2


def test_notes_tags_and_flags_are_written_at_once(folder: Folder) -> None:
    folder.start()
    folder.send(Noted("tag", "a"), Noted("tag", ["b", "c"]), Noted("note", "text"))
    assert read(folder.layout.annotations) == {"tags": ["a", "b", "c"], "note": "text"}
    folder.send(Noted("flags", {"lr": 0.2}))
    assert read(folder.layout.flags) == {"lr": 0.2}


def test_files_are_added(folder: Folder) -> None:
    folder.start()
    folder.send(
        Added("artifact", "table.txt", data=b"1 2\n"),
        Added("resource", "/data/x", data=b"x"),
        Added("source", "lazy.py", data=b"pass\n"),
        Saved(10, folder.layout.checkpoint(10)),
        Printed("text\n"),
    )
    assert (folder.layout.artifacts / "table.txt").read_bytes() == b"1 2\n"
    assert read(folder.layout.resources)[0]["path"] == "/data/x"
    assert read(folder.layout.manifest)["added_later"] == ["lazy.py"]
    assert not folder.layout.output.exists()


def test_a_resumed_run_keeps_how_it_began(folder: Folder) -> None:
    folder.start(sources=[SourceCopy("train.py", b"old")], manifest={"files": {}})
    folder.send(Noted("git", Git(commit="old"), data=b"old"), Logged(9, 1.0, {"a": 1}))
    folder.send(Noted("requirements", ["a==1"]), Interrupted(ENDED, 1.0, "Ctrl-C"))
    folder.observer.close()

    left = folder.layout.folder / ".tmp-999999999-0a1b2c3d"
    left.touch()
    second = Session(started=ENDED, sources="sources-2")
    run = replace(
        folder.run, status=Status.RUNNING, sessions=(*folder.run.sessions, second)
    )
    again = Folder(folder.layout.folder).start(
        run, session=2, sources=[SourceCopy("train.py", b"new")]
    )
    again.send(Noted("git", Git(commit="new"), data=b"new"))
    again.send(Noted("requirements", ["a==2"]), Noted("superseded", 5, time=2.0))
    again.send(Noted("resumed", 5), Logged(6, 3.0, {"a": 2}), Completed(ENDED, 4.0))
    again.observer.close()

    layout = folder.layout
    assert (layout.sources / "train.py").read_bytes() == b"old"
    assert (layout.later_sources(2) / "train.py").read_bytes() == b"new"
    assert (layout.git_diff.read_bytes(), again.run.git) == (b"old", Git(commit="old"))
    assert layout.requirements.read_text() == "a==1\n"
    statuses = [session.status for session in again.run.sessions]
    assert statuses == [Status.INTERRUPTED, Status.COMPLETED]
    assert again.run.sessions[-1].resumed == 5
    assert not left.exists()
    assert read_metrics(layout.metrics)["a"].steps == (6,)


def test_a_folder_that_cannot_be_written_stops_the_run(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    folder = Folder(tmp_path / "gone")
    with pytest.raises(ForgeError) as caught:
        folder.start()
    assert caught.value.code == "not-recorded"
    assert caught.value.folder == folder.layout.folder
    message("not-recorded", folder.text(str(caught.value)))
    folder.observer.close()


def test_a_file_that_fails_is_warned_about_once_and_survived(
    folder: Folder, message: Callable[[str, str], None]
) -> None:
    folder.start()
    folder.layout.annotations.mkdir()
    folder.send(Noted("tag", "a"), Noted("tag", "b"))
    folder.send(Added("artifact", "../x", data=b""), Added("artifact", "y", Path("/y")))
    folder.send(Noted("seeds", {"model": object()}), Completed(ENDED, 1.0))
    assert folder.run.status is Status.COMPLETED
    message("file-not-written", folder.text("\n".join(folder.said)))


def test_the_final_state_is_written_whatever_else_fails(folder: Folder) -> None:
    folder.start()
    os.close(folder.observer._metrics._fd)
    folder.layout.metrics.unlink()
    for name in ("error.txt", "info.json", "metrics.jsonl"):
        (folder.layout.folder / name).mkdir()
    failed = Failed(ENDED, 1.0, ErrorFact(type="ValueError"))
    folder.send(Noted("info", {"a": 1}), Logged(1, 1.0, {"a": 1}), failed)
    assert (folder.run.status, len(folder.said)) == (Status.FAILED, 4)


class Hostile:
    """A result that resists being stored."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "result",
    [Hostile(), {1: Hostile()}, "\udcff", float("inf")],
    ids=["hostile", "hostile inside", "no text", "infinite"],
)
def test_no_result_keeps_the_final_state_from_being_written(
    folder: Folder, result: object
) -> None:
    folder.start()
    folder.send(Completed(ENDED, 1.0, result))
    assert folder.run.status is Status.COMPLETED


def test_the_final_state_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "run", patience=(0.0, 0.0))
    folder.layout.folder.mkdir()
    folder.start()
    away = tmp_path / "away"
    folder.layout.folder.rename(away)
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            away.rename(folder.layout.folder)

    monkeypatch.setattr("time.sleep", nap)
    folder.send(Completed(ENDED, 1.0))
    assert folder.run.status is Status.COMPLETED


def test_a_final_state_that_cannot_be_written_is_an_error(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    folder = Folder(tmp_path / "run", patience=(0.0,))
    folder.layout.folder.mkdir()
    folder.start()
    folder.layout.run.unlink()
    folder.layout.run.mkdir()
    with pytest.raises(ForgeError) as caught:
        folder.send(Completed(ENDED, 1.0))
    message("not-recorded-end", folder.text(str(caught.value)))


def test_a_killed_run_leaves_what_was_told(tmp_path: Path) -> None:
    program = """
import os, pathlib, sys
from forge.observers.base import Started, Logged
from forge.observers.filesystem import FilesystemObserver
from forge.records.layout import RunLayout
from forge.records.runfile import RunFile
from forge.records.status import Status
layout = RunLayout(pathlib.Path(sys.argv[1]))
run = RunFile(uid="u", name="train", number=1, status=Status.RUNNING)
observer = FilesystemObserver(layout)
observer.receive(Started(layout=layout, run=run, flags={}))
for step in range(1, 1001):
    observer.receive(Logged(step, step / 100, {"loss": 1 / step}))
os.kill(os.getpid(), 9)
"""
    words = [sys.executable, "-c", program, str(tmp_path)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    layout = RunLayout(tmp_path)
    metrics = read_metrics(layout.metrics)
    assert (len(metrics["loss"]), metrics.bad_lines) == (1000, 0)
    assert read_runfile(layout.run).status is Status.RUNNING


def test_every_one_of_many_numbers_is_there(folder: Folder) -> None:
    folder.start()
    names = [f"m{i}" for i in range(100)]
    for step in range(200):
        folder.send(Logged(step, float(step), dict.fromkeys(names, 0.5)))
    folder.send(Completed(ENDED, 1.0))
    metrics = read_metrics(folder.layout.metrics)
    assert sum(map(len, metrics.values())) == 20_000
