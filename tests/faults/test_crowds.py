"""Many processes on one results folder: no clash, and no exception in any of them."""

import fcntl
import os
import time
from pathlib import Path

import pytest
from faults.scripts import inspect


STARTER = """\
import fcntl, os

import forge


@forge.experiment
def train(*, _run: forge.Run):
    _run.log(loss=_run.number)


if __name__ == "__main__":
    with open(os.environ["GATE"]) as gate:
        os.write(1, b"here\\n")
        fcntl.flock(gate, fcntl.LOCK_SH)
    train.main()
"""

WRITER = """\
import itertools, os, sys, time

import forge
from forge.run import probing

probing.INTERVAL = 0.05
until = time.monotonic() + float(sys.argv[1])


@forge.experiment
def train(n, *, _run: forge.Run):
    for step in range(1, n % 50 + 2):
        _run.log(loss=1 / step, step=step)
        _run.info["step"] = step
        if step % 10 == 0:
            _run.note(f"step {step}")
            _run.artifact({"step": step}, "state.json")
            _run.checkpoint(step=step, weights=[step] * 100)
            time.sleep(0.01)
    if n % 5 == 0:
        raise ValueError("on purpose")
    return n


for n in itertools.count(1):
    # A process for each, so that it is gone as soon as its run has ended.
    child = os.fork()
    if child == 0:
        try:
            train.run({"n": n})
        except ValueError:
            pass
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    if time.monotonic() > until:
        break
"""

READER = """\
import json, sys, time
from pathlib import Path

import forge

until = time.monotonic() + float(sys.argv[1])
home = Path("results/train")
seen = {}
reads = 0


def read(folder):
    try:
        record = forge.Record.read(folder)
    except forge.ForgeError as error:
        # It has a number, and nothing else yet; or not even that any more.
        assert error.code == "no-run", error
        assert folder not in seen
        return
    status = record.status
    assert status in ("RUNNING", "COMPLETED", "FAILED"), (folder, status)
    before = seen.get(folder, "RUNNING")
    assert before in ("RUNNING", status), (folder, before, status)
    seen[folder] = str(status)
    assert record.config["n"] >= 1
    for metric in record.metrics.values():
        assert metric.steps == tuple(range(1, len(metric) + 1)), folder
    assert record.metrics.bad_lines <= (status == "RUNNING")
    for one in record.summary.values():
        assert one.min <= one.mean <= one.max
    for path in folder.glob("*.json"):
        json.loads(path.read_bytes())
    if status != "RUNNING":
        assert (record.result == record.config["n"]) == (status == "COMPLETED")
        assert bool(record.traceback) == (status == "FAILED")
    repr(record), record.output, record.tags, record.checkpoints, record.sources


while time.monotonic() < until:
    for folder in home.iterdir() if home.exists() else ():
        if seen.get(folder, "RUNNING") == "RUNNING" or reads % 50 == 0:
            read(folder)
        reads += 1
print("read", reads, "of", len(seen))
"""


@pytest.fixture
def folder(memory):
    """A folder where starts are quick, which brings them closer together."""
    return memory


@pytest.fixture
def output(tmp_path):
    """A file for the output of all processes."""
    path = tmp_path / "output"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    yield path, (fd, fd)
    os.close(fd)


def wait_for_lines(path: Path, line: str, number: int) -> None:
    end = time.monotonic() + 120
    while path.read_text().count(line) < number:
        assert time.monotonic() < end, path.read_text()
        time.sleep(0.02)


def test_starters_at_once_get_a_number_each(folder, zygote, count, output):
    path, descriptors = output
    script = folder / "train.py"
    script.write_text(STARTER)
    gate = folder / "gate"
    gate.touch()
    starters = count(200)
    with gate.open() as closed:
        fcntl.flock(closed, fcntl.LOCK_EX)
        children = [
            zygote.start(script, "-q", "-C", "no", output=descriptors, GATE=str(gate))
            for _ in range(starters)
        ]
        wait_for_lines(path, "here\n", starters)
    assert {child.wait() for child in children} == {0}, path.read_text()
    assert path.read_text() == "here\n" * starters
    homes = [folder / f"results/train/{n}" for n in range(1, starters + 1)]
    assert sorted((folder / "results/train").iterdir()) == sorted(homes)
    for home in homes:
        record = inspect(home)
        assert record.status == "COMPLETED"
        assert record.metrics["loss"].last == record.number == int(home.name)


def test_writers_and_readers_do_not_meet(folder, zygote, count, output):
    path, descriptors = output
    (folder / "train.py").write_text(WRITER)
    (folder / "read.py").write_text(READER)
    seconds = str(max(3, count(60)))
    words = ["train.py"] * 8 + ["read.py"] * 2
    children = [
        zygote.start(folder / word, seconds, output=descriptors) for word in words
    ]
    statuses = [child.wait() for child in children]
    text = path.read_text()
    assert statuses == [0] * 10, text[text.find("Traceback") :][:3000]
    assert "warning" not in text
    assert text.count("read ") == 2
    records = [inspect(home) for home in (folder / "results/train").iterdir()]
    assert len(records) >= 8
    assert {record.status for record in records} <= {"COMPLETED", "FAILED"}
    numbers = sorted(record.number for record in records)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({record.run.uid for record in records}) == len(records)
