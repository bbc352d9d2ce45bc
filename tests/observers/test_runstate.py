"""The state of a run, as run.json is to hold it."""

from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from forge.observers.base import Completed
from forge.observers.runstate import RunState
from forge.records.runfile import Git, RunFile, Session, read_runfile
from forge.records.status import Status


RUN = RunFile(
    uid="u",
    name="train",
    number=1,
    status=Status.RUNNING,
    sessions=(Session(started="2026-11-20T22:00:00+00:00"),),
)


@pytest.fixture(name="state")
def _state(tmp_path: Path) -> RunState:
    return RunState(tmp_path / "run.json", RUN, lambda path: suppress(Exception))


def written(tmp_path: Path) -> RunFile:
    return read_runfile(tmp_path / "run.json")


def test_a_fact_is_written_at_once_or_with_what_comes_next(
    state: RunState, tmp_path: Path
) -> None:
    state.merge("git", Git(commit="abc"))
    assert state.stale
    assert not (tmp_path / "run.json").exists()
    state.merge("notes", "a note")
    assert not state.stale
    assert written(tmp_path).git == Git(commit="abc")
    assert written(tmp_path).notes == ("a note",)


def test_what_json_cannot_express_spoils_nothing(
    state: RunState, tmp_path: Path
) -> None:
    state.merge("seeds", {"model": object()})
    assert not state.stale
    state.merge("seeds", {"model": 1})
    state.renew()
    assert written(tmp_path).seeds == {"model": 1}


def test_how_a_run_began_stays_when_it_goes_on(state: RunState) -> None:
    sessions = (*RUN.sessions, Session(started="2026-11-21T22:00:00+00:00"))
    state.run = replace(RUN, sessions=sessions, git=Git(commit="old"))
    state.merge("git", Git(commit="new"))
    assert state.run.git == Git(commit="old")
    state.change_session(resumed=5)
    assert [session.resumed for session in state.run.sessions] == [None, 5]


def test_whoever_ends_it_writes_it(state: RunState, tmp_path: Path) -> None:
    state.merge("git", Git(commit="abc"))
    state.end(Completed("2026-11-20T23:00:00+00:00", 1.0, None))
    state.renew()
    assert not (tmp_path / "run.json").exists()
    assert b'"COMPLETED"' in state.data
