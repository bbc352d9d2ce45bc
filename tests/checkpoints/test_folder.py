"""The folder of all checkpoints."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forge.checkpoints.arrays import FileFact
from forge.checkpoints.folder import StepFolders, files_of
from forge.checkpoints.manager import Checkpoints
from forge.checkpoints.manifest import decode, encode, summed


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Checkpoints:
    found = Checkpoints(tmp_path / "checkpoints", keep_last=None)
    for step in (1000, 2000):
        found.save(step, {"x": [step]})
    return found


def rewrite(folder: Path, **files: FileFact) -> None:
    """Add files to a manifest, as somebody with bad intentions would."""
    path = folder / "manifest.json"
    found = decode(path.read_bytes())
    changed = msgspec.structs.replace(found, files=found.files | files)
    path.write_bytes(encode(changed))


def dead_pid() -> int:
    """Return the id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_folders_sort_as_steps_do(saved: Checkpoints) -> None:
    assert sorted(p.name for p in saved.folder.iterdir()) == [
        "0000001000",
        "0000002000",
    ]


def test_what_is_no_checkpoint_is_not_listed(saved: Checkpoints) -> None:
    for name in ("notes", "3000", "0000003000", "00000003000", ".tmp-4-1-ab", "٣" * 10):
        (saved.folder / name).mkdir()
    (saved.folder / "0000005000").write_text("a file")
    assert saved.steps() == [1000, 2000]


def test_no_folder_means_no_steps(tmp_path: Path) -> None:
    assert StepFolders(tmp_path / "absent").steps() == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda p: p.unlink(), "x/tree.json is missing"),
        (
            lambda p: p.write_bytes(b"[1000]"[:3]),
            "x/tree.json has 3 bytes, saved with 6",
        ),
        (
            lambda p: p.write_bytes(b"[1001]"),
            "x/tree.json has another content than was saved (sha256)",
        ),
        (
            lambda p: (p.rename(p.with_name("y")), p.symlink_to("y")),
            "x/tree.json is a link, which checkpoints never hold",
        ),
        (lambda p: (p.unlink(), p.mkdir()), "x/tree.json is no file"),
    ],
    ids=["missing", "cut", "changed", "link", "folder"],
)
def test_damage_is_named(saved: Checkpoints, damage: Any, said: str) -> None:
    damage(saved.folder / "0000001000" / "x" / "tree.json")
    assert StepFolders(saved.folder).problems(1000) == [said]


def test_by_size_alone_another_content_is_not_seen(saved: Checkpoints) -> None:
    (saved.folder / "0000001000" / "x" / "tree.json").write_bytes(b"[1001]")
    assert StepFolders(saved.folder).problems(1000, verify="size") == []


@pytest.mark.parametrize(
    "name", ["../0000002000/manifest.json", "/etc/passwd", "a\\b", ""]
)
def test_files_outside_are_never_opened(saved: Checkpoints, name: str) -> None:
    folder = saved.folder / "0000001000"
    rewrite(folder, **{name: FileFact(1, "00")})
    said = f"{name} does not lie inside the checkpoint"
    assert StepFolders(saved.folder).problems(1000) == [said]


def test_a_linked_folder_is_not_followed(saved: Checkpoints, tmp_path: Path) -> None:
    folder = saved.folder / "0000001000"
    (folder / "x").rename(tmp_path / "elsewhere")
    (folder / "x").symlink_to(tmp_path / "elsewhere")
    (problem,) = StepFolders(saved.folder).problems(1000)
    assert problem.endswith("is a link, which checkpoints never hold")


def test_a_manifest_moved_to_another_step_is_seen(saved: Checkpoints) -> None:
    (saved.folder / "0000001000").rename(saved.folder / "0000003000")
    said = ["manifest.json is that of step 1000"]
    assert StepFolders(saved.folder).problems(3000) == said


def test_what_a_dead_process_left_is_removed_by_the_next_save(
    saved: Checkpoints,
) -> None:
    dead, mine = dead_pid(), os.getppid()
    for name in (f".tmp-5-{dead}-ab", f".del-5-{mine}-ab", f".tmp-5-{mine}-ab"):
        (saved.folder / name / "x").mkdir(parents=True)
    saved.save(3000, {})
    left = [p.name for p in saved.folder.iterdir() if p.name.startswith(".")]
    assert left == [f".tmp-5-{mine}-ab"]


def test_what_is_over_an_hour_old_is_removed_by_the_next_save(
    saved: Checkpoints,
) -> None:
    old = saved.folder / f".tmp-5-{os.getppid()}-ab"
    old.mkdir()
    os.utime(old, (time.time() - 3700,) * 2)
    saved.save(3000, {})
    assert not old.exists()


def test_later_checkpoints_are_set_aside(saved: Checkpoints) -> None:
    saved.save(3000, {})
    assert saved.abandon_after(1000) == [2000, 3000]
    assert saved.steps() == [1000]
    (aside,) = saved.folder.glob("abandoned-*")
    assert sorted(p.name for p in aside.iterdir()) == ["0000002000", "0000003000"]
    saved.save(2000, {})
    assert saved.abandon_after(1000) == [2000]
    assert saved.abandon_after(1000) == []
    assert len(list(saved.folder.glob("abandoned-*"))) == 2


def test_files_are_measured_by_their_path_inside(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"12")
    (tmp_path / "c").write_bytes(b"3")
    known = {"c": FileFact(1, "known"), "gone": FileFact(0, "")}
    found = files_of(tmp_path, known)
    assert found == {"a/b": FileFact.of(b"12"), "c": FileFact(1, "known")}


def test_a_file_that_changed_since_it_was_written_is_hashed_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "c").write_bytes(b"33")
    found = files_of(tmp_path, {"c": FileFact(1, "known")})
    assert found == {"c": FileFact.of(b"33")}


def test_an_object_without_a_file_is_damage(saved: Checkpoints) -> None:
    path = saved.folder / "0000002000" / "manifest.json"
    manifest = json.loads(path.read_text())
    assert manifest["objects"]
    path.write_bytes(summed(json.dumps({**manifest, "files": {}}).encode()))
    said = [f"{name} is saved without a file" for name in manifest["objects"]]
    assert StepFolders(saved.folder).problems(2000) == said
