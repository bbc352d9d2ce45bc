"""Disks that are full: at each kind of write, for a while, and to the end."""

import os
import re

import pytest
from faults.scripts import inspect


#: Something of every kind that a run leaves, a page or two of each.
EVERYTHING = """\
import os
from pathlib import Path

import forge


@forge.experiment
def train(fails=False, *, _run: forge.Run):
    mark = Path(os.environ["MARK"])
    mark.write_text("begun")
    for step in range(1, 301):
        _run.log(loss=1.0, step=step)
    print("x" * 8000)
    _run.note("y" * 5000)
    _run.tag("a tag")
    _run.info["text"] = "z" * 5000
    _run.artifact(b"x" * 5000, "a.bin")
    _run.artifact(__file__, "copy.py")
    _run.resource(__file__)
    mark.write_text("done")
    if fails:
        raise ValueError("on purpose")


if __name__ == "__main__":
    train.main()
"""

#: Finds its disk full for a while, for too long, or until just after its end.
FULL = """\
import os, subprocess, sys, time
from pathlib import Path

import forge
from forge.observers import linefile

linefile.RETRY_SECONDS = 0.05


def fill(ballast):
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@forge.experiment
def train(free_after="writing", *, _run: forge.Run):
    ballast = _run.dir.parents[1] / "ballast"
    for step in range(1, 101):
        _run.log(loss=step, step=step)
    fill(ballast)
    for step in range(101, 1001):
        _run.log(loss=step, step=step)
        print("full at step", step)
    _run.info["text"] = "z" * 5000
    _run.note("y" * 5000)
    _run.artifact(b"x" * 5000, "a.bin")
    if free_after == "writing":
        ballast.unlink()
        time.sleep(0.1)
        for step in range(1001, 1101):
            _run.log(loss=step, step=step)
            print("again at step", step)
    elif free_after == "end":
        subprocess.Popen(["/bin/sh", "-c", f"sleep 0.3; rm '{ballast}'"])
    return free_after


if __name__ == "__main__":
    train.main()
"""


@pytest.fixture
def start(tmp_path):
    """Start a script that records on a disk; its output goes into a file."""

    def begin(zygote, script, disk, *words):
        name = re.sub(r"\W", "-", f"{disk.name} {' '.join(words)}")
        said = tmp_path / f"output {name}"
        mark = tmp_path / f"mark {name}"
        fd = os.open(said, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        words = ("-R", str(disk), "with", *words)
        child = zygote.start(script, *words, output=(fd, fd), MARK=str(mark))
        os.close(fd)
        return child, said, mark

    return begin


@pytest.mark.parametrize("fails", [False, True])
def test_a_disk_may_be_full_at_any_write(tmp_path, mounted, start, fails):
    """On a disk of each size, from nothing to enough, another write is the first."""
    script = tmp_path / "train.py"
    script.write_text(EVERYTHING)
    sizes = [f"{4 * pages}k" for pages in range(1, 29)]
    disks, zygote = mounted(*sizes)
    words = [f"fails={fails}"]
    begun = {size: start(zygote, script, disks.inside(size), *words) for size in sizes}
    ended = {
        size: status_of(*one, disks.outside(size) / "train/1", fails=fails)
        for size, one in begun.items()
    }
    steady = list(dict.fromkeys(ended.values()))
    assert steady == ["none", "DEAD", "FAILED" if fails else "COMPLETED"]


def status_of(child, said, mark, home, *, fails):
    """Wait for a run, and check what is told of it and what is left."""
    code, text = child.wait(), said.read_text()
    if not mark.exists():
        assert code == 2, text
        assert "The run was not started." in text
        assert not home.exists()
        return "none"
    # Recording never ends what is recorded.
    assert (mark.read_text(), code) == ("done", int(fails)), text
    assert ("ValueError: on purpose" in text) == fails
    assert text.count("Traceback") == fails
    record = inspect(home, full=True)
    assert ("readers will show it as DEAD" in text) == (record.status == "DEAD")
    for path in lost_files(record.layout):
        assert f"{path.name} cannot be written" in text, (home, path.name)
    return str(record.status)


def lost_files(layout):
    """List what the run left nothing of, or not all."""
    files = (
        layout.annotations,
        layout.info,
        layout.artifacts / "a.bin",
        layout.artifacts / "copy.py",
        layout.resources,
        layout.requirements,
        layout.trust,
    )
    missing = [path for path in files if not path.exists()]
    lines = layout.metrics.read_bytes().count(b"\n")
    if lines < 300:
        missing.append(layout.metrics)
    if lines and not layout.summary.exists():
        missing.append(layout.summary)
    return missing


@pytest.mark.parametrize("moment", ["writing", "end", "never"])
def test_a_disk_may_be_full_for_a_while(tmp_path, mounted, start, moment):
    script = tmp_path / "train.py"
    script.write_text(FULL)
    disks, zygote = mounted("512k")
    child, said, _ = start(zygote, script, disks.inside("512k"), f"free_after={moment}")
    code, text = child.wait(), said.read_text()
    assert code == 0, text
    home = disks.outside("512k") / "train/1"
    record = inspect(home, full=True)
    assert record.status == ("DEAD" if moment == "never" else "COMPLETED")
    assert text.count("metrics.jsonl cannot be written") == 1
    assert "annotations.json cannot be written" in text
    assert "artifacts/a.bin cannot be written" in text
    loss = record.metrics["loss"].values
    assert loss == tuple(range(1, len(loss) + 1))
    if moment == "writing":
        # Nothing was lost of what is kept until it can be written.
        assert len(loss) == record.summary["loss"].n == 1100
        assert b'"text": "zz' in record.layout.info.read_bytes()
        shown = [line for line in text.splitlines() if "at step" in line]
        kept = [line for line in record.output.splitlines() if "at step" in line]
        assert kept == shown
    elif moment == "end":
        assert len(loss) == record.summary["loss"].n == 1000
    else:
        assert 100 <= len(loss) < 1000
        assert "could not be written and are lost" in text
