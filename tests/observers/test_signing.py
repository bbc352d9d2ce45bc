"""Tests of signatures that are renewed as the run folder changes."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from forge.observers.base import Added, Completed, Heartbeat, Noted, SourceCopy, Started
from forge.observers.filesystem import FilesystemObserver
from forge.observers.signing import Signing
from forge.records.layout import RunLayout
from forge.records.plain import pretty_json
from forge.records.runfile import Change, ComponentFact, RunFile, Session
from forge.records.status import Status
from forge.records.trust import verify


RUN = RunFile(
    uid="u",
    name="train",
    number=1,
    status=Status.RUNNING,
    components=(
        ComponentFact(
            path="", kind="experiment", name="train", module="train", qualname="train"
        ),
    ),
    sessions=(Session(started="2026-11-20T22:00:00+00:00"),),
)
MANIFEST = {"format": 1, "files": {"train.py": "0" * 64}, "roots": ["."]}
COPY = SourceCopy("train.py", b"pass\n")
LATE = Added("source", "late.py", data=b"late = 1\n")
END = Completed("2026-11-20T23:00:00+00:00", 1.0, None)


class Folder:
    """A run folder, written by one observer a session."""

    def __init__(self, folder: Path) -> None:
        self.layout = RunLayout(folder)
        self.warned: list[str] = []

    def session(self, run: RunFile = RUN, *, sources: bool = True, number: int = 1):
        """Start a session; give its observer."""
        observer = FilesystemObserver(self.layout, warn=self.warned.append)
        observer.receive(
            Started(
                layout=self.layout,
                run=run,
                flags={"lr": 0.1},
                sources=[COPY] if sources else (),
                manifest=MANIFEST if sources else {},
                session=number,
            )
        )
        return observer

    def resume(self, *, folder: str = "sources", **facts):
        session = Session(started="2026-11-21T00:00:00+00:00", sources=folder, **facts)
        run = replace(RUN, sessions=(*RUN.sessions, session))
        return self.session(run, sources=folder != "sources", number=2)

    @property
    def trusted(self) -> bool:
        return verify(self.layout)


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return Folder(tmp_path)


def finish(observer) -> None:
    observer.receive(END)
    observer.close()


def test_a_run_is_signed_from_its_start_to_its_end(folder) -> None:
    observer = folder.session()
    assert folder.trusted
    for event in (Heartbeat(1.0), Noted("notes", "x"), Noted("tag", "y"), END):
        observer.receive(event)
        assert folder.trusted
    observer.close()


def test_flags_that_are_replaced_are_signed_anew(folder) -> None:
    observer = folder.session()
    observer.receive(Noted("flags", {"lr": 0.2}))
    finish(observer)
    assert json.loads(folder.layout.flags.read_bytes()) == {"lr": 0.2}
    assert folder.trusted


def test_sources_that_are_imported_late_are_signed_too(folder) -> None:
    observer = folder.session()
    observer.receive(LATE)
    finish(observer)
    assert "late.py" in json.loads(folder.layout.manifest.read_bytes())["files"]
    assert folder.trusted


def test_a_run_without_sources_is_signed_as_such(folder) -> None:
    finish(folder.session(sources=False))
    assert folder.trusted
    folder.layout.sources.mkdir()
    folder.layout.manifest.write_bytes(pretty_json(MANIFEST))
    assert not folder.trusted


def test_a_resume_signs_what_it_brings(folder) -> None:
    finish(folder.session())
    finish(folder.resume(folder="sources-2"))
    assert folder.trusted
    folder.layout.later_sources(2).joinpath("MANIFEST.json").write_text("{}")
    assert not folder.trusted


def test_a_resume_signs_the_values_that_it_gives_anew(folder) -> None:
    finish(folder.session())
    observer = folder.resume(changes={"lr": Change(old=0.1, new=0.5)})
    assert folder.trusted
    observer.receive(LATE)
    finish(observer)
    assert folder.trusted


def test_a_resume_does_not_sign_what_somebody_else_made(folder, monkeypatch) -> None:
    with monkeypatch.context() as other:
        other.setenv("FORGE_KEY_FILE", str(folder.layout.folder / "other"))
        finish(folder.session())
    before = folder.layout.trust.read_bytes()
    observer = folder.resume(folder="sources-2")
    observer.receive(Noted("flags", {"lr": 0.2}))
    observer.receive(LATE)
    finish(observer)
    assert not folder.trusted
    assert folder.layout.trust.read_bytes() == before


def test_what_somebody_plants_while_a_run_runs_is_never_signed(folder) -> None:
    finish(folder.session())
    observer = folder.resume()
    planted = {**MANIFEST, "files": {"evil.py": "1" * 64}}
    folder.layout.manifest.write_bytes(pretty_json(planted))
    assert not folder.trusted
    observer.receive(LATE)
    finish(observer)
    assert folder.trusted
    assert "evil.py" not in json.loads(folder.layout.manifest.read_bytes())["files"]


def test_without_a_key_a_run_is_recorded_all_the_same(folder, monkeypatch) -> None:
    monkeypatch.setenv("FORGE_KEY_FILE", "/dev/null/forge/key")
    finish(folder.session())
    assert not folder.layout.trust.exists()
    assert json.loads(folder.layout.run.read_bytes())["status"] == "COMPLETED"
    assert folder.warned == []


def test_a_key_that_is_refused_is_warned_of(folder, tmp_path, monkeypatch) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o644)
    monkeypatch.setenv("FORGE_KEY_FILE", str(key))
    finish(folder.session())
    assert not folder.layout.trust.exists()
    (warning,) = folder.warned
    assert "is open to other users" in warning


def test_a_folder_that_was_not_signed_has_no_manifest_to_vouch_for(tmp_path) -> None:
    started = Started(layout=RunLayout(tmp_path), run=RUN, flags={}, session=2)
    signing = Signing(RunLayout(tmp_path), started, "sources")
    signing.change(flags={"lr": 1})
    assert signing.manifest == {}
    assert list(tmp_path.iterdir()) == []
