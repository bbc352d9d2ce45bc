"""Tests of what is added to a run folder while the run goes on."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.observers.additions import Artifacts, Resources, Sources, below
from forge.observers.base import Added, SourceCopy
from forge.records.layout import RunLayout
from forge.records.liveness import hold


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@given(st.text() | st.lists(st.sampled_from(["..", ".", "", "a"])).map("/".join))
def test_no_name_leads_outside_its_folder(name: str) -> None:
    folder = Path("results/train/1/artifacts")
    with contextlib.suppress(ForgeError):
        inside = os.path.normpath(below(folder, name))
        assert inside.startswith(f"{folder}{os.sep}")


def test_a_name_that_leads_outside_is_refused(
    message: Callable[[str, str], None],
) -> None:
    with pytest.raises(ForgeError) as caught:
        below(Path("results/train/1/artifacts"), "../run.json")
    assert caught.value.code == "bad-name"
    message("bad-name", str(caught.value))


def test_a_file_becomes_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "plot.png").write_bytes(b"first")
    artifacts = Artifacts(tmp_path / "artifacts")
    artifacts.add(Added("artifact", "plots/loss.png", tmp_path / "plot.png"))
    target = tmp_path / "artifacts/plots/loss.png"
    assert target.read_bytes() == b"first"
    (tmp_path / "plot.png").write_bytes(b"second")
    artifacts.add(Added("artifact", "plots/loss.png", tmp_path / "plot.png"))
    assert target.read_bytes() == b"second"
    assert list(target.parent.iterdir()) == [target]


def test_bytes_become_an_artifact(tmp_path: Path) -> None:
    Artifacts(tmp_path / "a").add(Added("artifact", "table.json", data=b"{}\n"))
    assert (tmp_path / "a/table.json").read_bytes() == b"{}\n"


def test_a_folder_becomes_an_artifact_even_if_it_holds_the_run(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/one").write_text("1")
    (tmp_path / "two").write_text("2")
    Artifacts(tmp_path / "artifacts").add(Added("artifact", "all", tmp_path))
    stored = tmp_path / "artifacts/all"
    files = {p.relative_to(stored).as_posix() for p in stored.rglob("*") if p.is_file()}
    assert files == {"sub/one", "two"}


def test_the_lock_of_a_run_that_goes_on_is_never_opened(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    layout.folder.mkdir()
    layout.run.write_text("{}")
    artifacts = Artifacts(layout.artifacts)
    with hold(layout):
        artifacts.add(Added("artifact", "self", layout.folder))
        for add in (artifacts.add, Resources(layout.resources).add):
            with pytest.raises(OSError, match="it is the lock of a run that goes on"):
                add(Added("artifact", "lock", layout.lock))
        assert asked_elsewhere(layout)
    assert [p.name for p in (layout.artifacts / "self").iterdir()] == ["run.json"]


def asked_elsewhere(layout: RunLayout) -> bool:
    """Ask another process whether the run is alive."""
    program = (
        "import sys; from pathlib import Path\n"
        "from forge.records.layout import RunLayout\n"
        "from forge.records.liveness import is_alive\n"
        "sys.exit(not is_alive(RunLayout(Path(sys.argv[1]))))"
    )
    words = [sys.executable, "-c", program, str(layout.folder)]
    return subprocess.run(words, check=False).returncode == 0


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        Artifacts(tmp_path / "a").add(Added("artifact", "pipe", tmp_path / "pipe"))


def test_a_missing_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Artifacts(tmp_path / "a").add(Added("artifact", "x", tmp_path / "x"))
    assert list((tmp_path / "a").iterdir()) == []


def test_resources_are_noted_with_size_and_hash(tmp_path: Path) -> None:
    data, path = tmp_path / "data.csv", tmp_path / "resources.json"
    data.write_bytes(b"1,2\n")
    resources = Resources(path)
    resources.add(Added("resource", "data.csv", data))
    fact = {"path": str(data), "size": 4, "sha256": digest(b"1,2\n")}
    assert json.loads(path.read_bytes()) == [fact]


def test_a_resource_path_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_bytes(b"")
    resources = Resources(tmp_path / "resources.json")
    resources.add(Added("resource", "data.csv"))
    (fact,) = json.loads((tmp_path / "resources.json").read_bytes())
    assert fact["path"] == str(tmp_path / "data.csv")


def test_many_resources_do_not_rewrite_the_list_each_time(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    resources = Resources(path, clock=lambda: 5.0)
    for i in range(100):
        resources.add(Added("resource", f"/data/{i}", data=b"x"))
    assert len(json.loads(path.read_bytes())) == 1
    resources.write()
    assert len(json.loads(path.read_bytes())) == 100


def test_a_resumed_run_goes_on_with_its_resources(tmp_path: Path) -> None:
    path = tmp_path / "resources.json"
    Resources(path).add(Added("resource", "/data/a", data=b"old"))
    resources = Resources(path)
    resources.add(Added("resource", "/data/b", data=b"b"))
    resources.add(Added("resource", "/data/a", data=b"new"))
    resources.write()
    facts = {fact["path"]: fact["sha256"] for fact in json.loads(path.read_bytes())}
    assert facts == {"/data/a": digest(b"new"), "/data/b": digest(b"b")}


def test_sources_are_written_with_their_manifest(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    copies = [
        SourceCopy("train.py", b"import nets.mlp\n"),
        SourceCopy("nets/mlp.py", b""),
    ]
    manifest = {"format": 1, "files": {"train.py": "…", "nets/mlp.py": "…"}}
    Sources(layout, layout.sources).write(copies, manifest)
    assert (layout.sources / "nets/mlp.py").read_bytes() == b""
    assert (layout.sources / "train.py").read_bytes() == b"import nets.mlp\n"
    assert json.loads(layout.manifest.read_bytes()) == manifest


def test_a_late_source_is_marked_in_the_manifest(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    early = SourceCopy("train.py", b"early")
    manifest = {"format": 1, "files": {"train.py": digest(b"early")}}
    Sources(layout, layout.sources).write([early], manifest)
    # As a process that resumes the run: the manifest is not in memory.
    sources = Sources(layout, layout.sources)
    sources.add(Added("source", "lazy.py", data=b"late"))
    sources.add(Added("source", "train.py", data=b"changed since"))
    assert (layout.sources / "train.py").read_bytes() == b"early"
    assert json.loads(layout.manifest.read_bytes()) == {
        "format": 1,
        "files": {"train.py": digest(b"early"), "lazy.py": digest(b"late")},
        "added_later": ["lazy.py"],
    }


def test_a_late_source_can_be_given_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_bytes(b"late")
    sources = Sources(RunLayout(tmp_path), tmp_path / "sources")
    sources.add(Added("source", "pkg/lazy.py", tmp_path / "lazy.py"))
    assert (tmp_path / "sources/pkg/lazy.py").read_bytes() == b"late"
