"""Folders that go away, cannot be written, or have odd names."""

import os
import subprocess
import sys

import pytest
from faults.disks import Disks
from faults.scripts import inspect


GOING = """\
import os, shutil, subprocess, sys, time

import forge


@forge.experiment
def train(how="nothing", *, _run: forge.Run):
    _run.log(loss=1.0, step=1)
    if how != "nothing":
        # At once, whatever is being written in there.
        os.rename("results", "away")
    if how == "taken":
        other = [sys.executable, "train.py", "-q", "with", "how=nothing"]
        subprocess.run(other, check=True)
    _run.log(loss=2.0, step=2)
    _run.note("a note")
    _run.tag("a tag")
    _run.info["key"] = 1
    _run.artifact(b"bytes", "a.bin")
    _run.resource("train.py")
    print("printed")
    if how == "back":
        os.rename("away", "results")
    if how == "deleted":
        shutil.rmtree("away")
    return how


if __name__ == "__main__":
    train.main()
"""


EXCHANGED = """\
import os, shutil, time

import forge
from forge.run import probing

probing.INTERVAL = 0.01


@forge.experiment
def train(*, _run: forge.Run):
    for step, exchange in enumerate((None, delete, replace, None), 1):
        print(f"step {step}\\n", end="", flush=True)
        _run.log(loss=float(step), step=step)
        if exchange:
            exchange(_run.dir / "output.txt")
            exchange(_run.dir / "metrics.jsonl")
            while step == 2 and not all(map(os.path.exists, files(_run.dir))):
                time.sleep(0.001)


def files(folder):
    return folder / "output.txt", folder / "metrics.jsonl"


def delete(path):
    path.unlink()


def replace(path):
    shutil.copy(path, path.with_suffix(".edited"))
    path.with_suffix(".edited").replace(path)


if __name__ == "__main__":
    train.main()
"""


EMPTIED = """\
import os, subprocess, time

import forge
from forge.run import probing

probing.INTERVAL = probing.SOON = 0.01


@forge.experiment
def train(*, _run: forge.Run):
    summary = _run.dir / "summary.json"
    for step in (1, 2):
        _run.log(loss=float(step), rate=0.1, step=step)
    while not summary.exists():
        time.sleep(0.001)
    subprocess.run("> metrics.jsonl", shell=True, cwd=_run.dir, check=True)
    while "rate" in summary.read_text():
        time.sleep(0.001)
    for step in (3, 4):
        _run.log(loss=float(step), step=step)
    os.truncate(_run.dir / "metrics.jsonl", 60)
    _run.log(loss=5.0, step=5)
    _run.log(loss=6.0, step=6)


if __name__ == "__main__":
    train.main()
"""


@pytest.fixture
def going(project):
    """A run whose folder goes away, in one way or another."""
    project.write(GOING)
    return project


def test_a_deleted_folder_is_told_and_the_run_goes_on(going):
    done = going("with", "how=deleted")
    assert "COMPLETED" in done.stderr
    assert done.stderr.count("results/train/1 is gone") == 2
    assert "Traceback" not in done.stderr
    # Not made anew with a part of what belongs into it.
    assert not (going.folder / "results").exists()


def test_a_folder_that_was_moved_has_what_could_be_written(going):
    done = going("with", "how=moved")
    assert "results/train/1 is gone" in done.stderr
    assert not (going.folder / "results").exists()
    (going.folder / "away").rename(going.folder / "results")
    record = inspect(going.folder / "results/train/1")
    assert record.status == "DEAD"
    assert record.metrics["loss"].values == (1.0, 2.0)
    assert "printed\n" in record.output


def test_a_folder_that_comes_back_is_complete(going):
    done = going("with", "how=back")
    assert "results/train/1 is gone" in done.stderr
    record = inspect(going.folder / "results/train/1")
    assert (record.status, record.result) == ("COMPLETED", "back")
    assert record.metrics["loss"].values == (1.0, 2.0)
    assert record.summary["loss"].n == 2


def test_a_run_that_took_the_number_is_left_alone(going):
    done = going("with", "how=taken")
    assert "results/train/1 is gone" in done.stderr
    other = inspect(going.folder / "results/train/1")
    assert (other.status, other.result) == ("COMPLETED", "nothing")
    assert other.run.argv[-1] == "how=nothing"
    assert other.tags == ("a tag",)
    assert other.run.notes == ()
    assert len(other.metrics["loss"]) == 2


@pytest.mark.parametrize("mode", ["fd", "sys"])
def test_files_that_are_deleted_or_replaced_are_written_anew(project, mode):
    project.write(EXCHANGED)
    done = project("-q", "-C", mode)
    record = project.record()
    assert record.metrics["loss"].values == (1.0, 2.0, 3.0, 4.0)
    assert record.summary["loss"].n == 4
    lines = (record.dir / "output.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("step")] == [
        f"step {n}" for n in (1, 2, 3, 4)
    ]
    for name in ("output.txt", "metrics.jsonl"):
        assert (record.dir / f"{name}.replaced").exists()
        assert f"{name} was deleted" in done.stderr
        assert f"{name} was replaced" in done.stderr


def test_metrics_that_are_emptied_are_told_and_the_summary_agrees(project):
    project.write(EMPTIED)
    done = project("-q")
    record = project.record()
    assert record.status == "COMPLETED"
    assert done.stderr.count("metrics.jsonl was emptied or written over") == 2
    series = record.metrics["loss"]
    assert {*record.metrics} == {*record.summary} == {"loss"}
    assert record.summary["loss"].n == len(series)
    # The line that was cut in two is lost, and may take the next one along.
    assert series.values[0] == 3.0
    assert series.values[-1] == 6.0


def test_a_read_only_folder_is_refused_before_anything_runs(tmp_path, project):
    project.write(GOING)
    try:
        disks = Disks(tmp_path / "disks", "1m")
    except PermissionError as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    place = str(disks.inside("1m"))
    script = [sys.executable, str(project.folder / "train.py"), "-R", place]
    remount = ["mount", "-o", "remount,ro", place]
    subprocess.run([*disks.words, *remount], check=True)
    done = subprocess.run(
        [*disks.words, *script], capture_output=True, text=True, check=False
    )
    left = list(disks.outside("1m").iterdir())
    disks.close()
    assert (done.returncode, done.stdout, left) == (2, "", [])
    lines = done.stderr.replace(place, "results").splitlines()
    assert lines[0] == (
        "forge: error: no run folder can be made in results/train: "
        "Read-only file system."
    )


def test_a_folder_of_any_name_is_fine(odd_folder, zygote):
    (odd_folder / "train.py").write_text(GOING)
    home = odd_folder / 'more; "odd" '
    home.mkdir()
    words = ["-q", "-R", str(home)]
    assert zygote.start(odd_folder / "train.py", *words).wait() == 0
    record = inspect(home / "train/1")
    assert (record.status, record.result) == ("COMPLETED", "nothing")
    assert record.run.cwd == os.path.realpath(odd_folder)
