"""What checking a run finds, and what it names."""

import json
import os
import shutil
from pathlib import Path

import pytest
from projects import Project

from forge.checkpoints.manifest import summed
from forge.rebuild.inspection import inspect_run


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("inspected") / "project")
    project.write()
    project("--quiet")
    return project.folder / "results/train/1"


@pytest.fixture(name="run")
def _run(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def problems(run, **options):
    found = inspect_run(run, **options)
    return [f"{problem.file} {problem.text}" for problem in found.problems]


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_whole_run_is_found_whole(run):
    found = inspect_run(run)
    assert found.problems == ()
    assert found.signature == "signed by you"
    assert found.checked == ("1 metric", "1 source", "2 checkpoints")
    assert found.folder == run


def test_one_flipped_bit_in_a_source_or_a_checkpoint_is_found_and_named(run):
    files = [p for p in (run / "checkpoints").rglob("*") if p.is_file()]
    files.append(run / "sources/train.py")
    for file in files:
        before = file.read_bytes()
        flip(file)
        name = file.relative_to(run).as_posix()
        assert any(said.startswith(name) for said in problems(run)), name
        file.write_bytes(before)
    assert problems(run) == []


@pytest.mark.parametrize("name", ["sources/MANIFEST.json", "flags.json"])
def test_one_flipped_bit_in_what_is_signed_spoils_the_signature(run, name):
    flip(run / name)
    assert any("proves nothing: its sources, flags" in line for line in problems(run))


def test_sizes_alone_find_what_is_torn_and_no_flipped_bit(run):
    model, state = sorted((run / "checkpoints/0000000004").glob("*/tree.json"))
    flip(model)
    assert problems(run, verify="size") == []
    os.truncate(state, 3)
    name = state.relative_to(run).as_posix()
    assert len(problems(run, verify="size")) == 1
    assert problems(run, verify="size")[0].startswith(f"{name} has 3 bytes, saved")


def test_every_file_that_cannot_be_read_is_named_with_the_reason(run):
    (run / "run.json").write_text("{")
    (run / "flags.json").unlink()
    (run / "info.json").write_text("[" * 100_000)
    (run / "summary.json").write_text("[]")
    (run / "annotations.json").mkdir()
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step":1\n\0\n')
    said = problems(run)
    for text in (
        "run.json cannot be read: it is no JSON",
        "flags.json is missing",
        "summary.json cannot be read: it holds no mapping",
        "annotations.json cannot be read: not a regular file",
        "info.json cannot be read: it is nested too deeply",
        "metrics.jsonl has 2 lines that cannot be read",
        "trust.json proves nothing: its sources, flags or components were changed",
    ):
        assert any(line.startswith(text) for line in said), (text, said)


def test_a_signature_of_somebody_else_is_no_damage(run, monkeypatch):
    monkeypatch.setenv("FORGE_KEY_FILE", str(run.parent / "none"))
    found = inspect_run(run)
    assert found.problems == ()
    assert found.signature == "you have no key to verify it with"
    (run / "trust.json").unlink()
    assert inspect_run(run).signature == "nobody signed it"


def test_a_run_without_sources_and_checkpoints_is_whole(run):
    for name in ("sources", "checkpoints"):
        shutil.rmtree(run / name)
    (run / "trust.json").unlink()
    found = inspect_run(run)
    assert (found.problems, found.checked) == ((), ("1 metric",))


def test_a_step_without_a_manifest_is_named(run):
    (run / "checkpoints/0000000004/manifest.json").unlink()
    said = ["checkpoints/0000000004 is no checkpoint: it has no manifest"]
    assert problems(run) == said


def test_what_is_no_run_is_named_too(tmp_path):
    said = problems(tmp_path / "nothing")
    assert said == ["run.json is missing", "flags.json is missing"]


def test_a_folder_of_2018_needs_no_run_json(tmp_path):
    (tmp_path / "flags.json").write_text('{"lr": 0.1, "git_commit": null}')
    found = inspect_run(tmp_path)
    assert found.problems == ()
    assert found.signature == "nobody signed it"


def test_a_file_that_would_lie_elsewhere_is_named_and_not_looked_at(run):
    path = run / "checkpoints/0000000004/manifest.json"
    data = json.loads(path.read_bytes())
    del data["sha256"]
    data["files"]["/etc/passwd"] = {"size": 1, "sha256": "0" * 64}
    path.write_bytes(summed(json.dumps(data).encode()))
    said = "checkpoints/0000000004//etc/passwd does not lie inside the checkpoint"
    assert problems(run) == [said]
