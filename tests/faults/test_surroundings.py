"""Machines, repositories and clocks that are not as one would wish."""

import os
import shutil
import subprocess
import time

import pytest
from faults.scripts import inspect
from projects import wait_for

from forge.records.record import Record


SCRIPT = """\
import forge


@forge.experiment
def train(*, _run: forge.Run):
    for step in range(1, 11):
        _run.log(loss=1 / step, step=step)
    print("done")
    return 1


if __name__ == "__main__":
    train.main()
"""

#: The clock is set back by an hour while the run goes on.
BACKWARDS = """\
import datetime, time

now, clock = datetime.datetime, time.time
back = 0


class Earlier(now):
    @classmethod
    def now(cls, tz=None):
        return now.now(tz) - datetime.timedelta(seconds=back)


datetime.datetime = Earlier
time.time = lambda: clock() - back

import forge
from forge.run import probing

probing.INTERVAL = 0.01


@forge.experiment
def train(*, _run: forge.Run):
    global back
    _run.log(loss=1.0, step=1)
    back = 3600
    _run.log(loss=2.0, step=2)
    time.sleep(0.1)
    return _run.elapsed


if __name__ == "__main__":
    train.main()
"""

#: Each call that a file server answers takes a while, and it has no locks.
SLOW = """\
import errno, fcntl, os, time


def slow(name, seconds):
    call = getattr(os, name)

    def late(*words, **options):
        time.sleep(seconds)
        return call(*words, **options)

    setattr(os, name, late)


for name in ("fsync", "fdatasync", "rename", "replace", "open", "mkdir", "utime"):
    slow(name, 0.01)


def no_locks(*words):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


fcntl.lockf = no_locks
"""


#: What a body may do to the process it runs in, and the state that follows.
HARM = {
    "_run.info = [1, 2]": "COMPLETED",
    "import numpy; _run.info = numpy.zeros(3)": "COMPLETED",
    "_run.info['a'] = {1: {2: object()}, 'b': {3}}": "COMPLETED",
    "import late; shutil.rmtree(os.getcwd())": "COMPLETED",
    "sys.modules['bad'] = None; sys.modules['worse'] = object()": "COMPLETED",
    "sys.stdout = sys.stderr = None": "COMPLETED",
    "sys.stdout.close(); sys.stderr.close()": "COMPLETED",
    "os.close(1); os.close(2)": "COMPLETED",
    "os.environ.clear()": "COMPLETED",
    "time.time = None": "COMPLETED",
    "(_run.dir / 'run.json').write_text('{')": "COMPLETED",
    "(_run.dir / 'run.json').unlink()": "COMPLETED",
    "(_run.dir / 'metrics.jsonl').unlink()": "COMPLETED",
    "os.umask(0o777); _run.artifact(b'x', 'a')": "COMPLETED",
    "sys.setrecursionlimit(60)": "COMPLETED",
    "raise type('E', (Exception,), {'__str__': lambda _: 1 / 0})()": "FAILED",
    "raise type('E', (Exception,), {'__repr__': lambda _: 1 / 0})(3)": "FAILED",
    "def deep(): deep()\n    deep()": "FAILED",
    "sys.files = []\n    while True: sys.files.append(open('/dev/null'))": "FAILED",
}

HARMED = """\
import os, resource, shutil, sys, time

import forge


@forge.experiment
def train(*, _run: forge.Run):
    _run.log(loss=1.0, step=1)
    {harm}
    _run.log(loss=2.0, step=2)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    train.main()
"""


def git(folder, *words):
    """Run git with a configuration of its own."""
    mine = [
        "-c",
        "user.name=n",
        "-c",
        "user.email=e@x",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(
        ["git", *mine, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def script(odd_folder):
    """A script in a folder with an odd name."""
    path = odd_folder / "train.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def program(tmp_path):
    """Put a program before all others of its name; return the path to look in."""

    def write(name, text):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
        return f"{folder}{os.pathsep}{os.environ['PATH']}"

    return write


def ran(zygote, script, *words, **env):
    """Run a script to its end, and read what it left."""
    assert zygote.start(script, "-q", *words, **env).wait() == 0
    record = inspect(script.parent / "results/train/1")
    assert (record.status, record.result) == ("COMPLETED", 1)
    assert len(record.metrics["loss"]) == 10
    assert record.output == "done\n"
    return record


def test_git_may_be_missing(zygote, script, tmp_path):
    git(script.parent, "init", "-q")
    git(script.parent, "add", ".")
    git(script.parent, "commit", "-qm", "first")
    record = ran(zygote, script, PATH=str(tmp_path / "nothing"))
    assert record.git.commit == git(script.parent, "rev-parse", "HEAD")
    assert record.git.branch == "main"
    assert record.git.dirty is None
    assert record.config["git_commit"] == record.git.commit


def test_a_repository_may_have_no_commit(zygote, script):
    git(script.parent, "init", "-q")
    record = ran(zygote, script)
    assert record.config["git_commit"] is None
    assert (record.git.commit, record.git.branch) == (None, "main")
    assert record.git.dirty
    assert not record.layout.git_diff.exists()


@pytest.mark.parametrize("answer", ["exit 128", "echo rubbish; exit 0", "kill -9 $$"])
def test_git_may_answer_anything(zygote, script, program, answer):
    git(script.parent, "init", "-q")
    git(script.parent, "add", ".")
    git(script.parent, "commit", "-qm", "first")
    head = git(script.parent, "rev-parse", "HEAD")
    assert ran(zygote, script, PATH=program("git", answer)).git.commit == head


def test_a_repository_may_be_large(zygote, script):
    folder = script.parent
    for n in range(50):
        part = folder / "data" / str(n)
        part.mkdir(parents=True)
        for m in range(100):
            (part / f"{m}.txt").write_text(f"{n} {m}\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    (folder / "data/7/7.txt").write_text("changed\n")
    record = ran(zygote, script)
    assert record.git.dirty
    assert b"+changed" in record.layout.git_diff.read_bytes()
    # What is no code of the run is not kept with it.
    assert [str(path) for path in record.sources] == ["train.py"]


@pytest.mark.parametrize(
    "answer", ["printf '\\377\\000\\033[31m rubbish\\n'", "yes", "exit 9"]
)
def test_nvidia_smi_may_print_rubbish(zygote, script, program, answer):
    record = ran(zygote, script, PATH=program("nvidia-smi", answer))
    assert record.host.cpus
    assert not [name for name in record.host.gpus if "rubbish" in name or name == "y"]
    assert record.layout.requirements.exists()


def test_the_clock_may_be_set_back(project):
    project.write(BACKWARDS)
    # Not from the zygote, where Forge has the clock as it was.
    project("-q", fresh=True)
    record = inspect(project.folder / "results/train/1")
    assert record.run.ended < record.run.started
    assert 0.1 <= record.result <= record.duration < 60
    first, second = record.metrics["loss"].times
    assert 0 <= first <= second < 60


def test_a_heartbeat_may_come_from_the_future(zygote, script):
    script.write_text(SCRIPT.replace('print("done")', "import time; time.sleep(60)"))
    child = zygote.start(script, "-q")
    home = script.parent / "results/train/1"
    assert wait_for((home / "run.json").exists)
    ahead = time.time() + 3600
    os.utime(home / "run.lock", (ahead, ahead))
    assert (Record.read(home).status, Record.read(home).doubt) == ("RUNNING", "")
    child.kill()
    assert Record.read(home).status == "DEAD"


def test_a_file_server_may_be_slow_and_without_locks(zygote, script):
    # Every second signature, lock and replaced file passes through it.
    script.write_text(SLOW + SCRIPT)
    ran(zygote, script)
    script.write_text(
        (SLOW + SCRIPT).replace('print("done")', "import time; time.sleep(60)")
    )
    child = zygote.start(script, "-q")
    home = script.parent / "results/train/2"
    assert wait_for((home / "run.json").exists)
    # Without a lock, the process itself shows that it lives.
    assert Record.read(home).status == "RUNNING"
    child.kill()
    assert Record.read(home).status == "DEAD"
    shutil.rmtree(home)


@pytest.mark.parametrize("harm", HARM)
def test_a_body_may_harm_its_own_process(zygote, tmp_path, harm):
    script = tmp_path / "project" / "train.py"
    script.parent.mkdir()
    script.write_text(HARMED.format(harm=harm))
    (script.parent / "late.py").write_text("late = 1\n")
    results = tmp_path / "results"
    said = tmp_path / "said"
    with said.open("wb") as file:
        output = file.fileno()
        child = zygote.start(script, "-q", "-R", str(results), output=(output, output))
        code = child.wait()
    status = HARM[harm]
    record = inspect(results / "train/1")
    assert (record.status, code) == (status, int(status == "FAILED")), said.read_text()
    assert record.metrics["loss"].steps == ((1,) if status == "FAILED" else (1, 2))
    # Of what the user raised, the traceback is that of the user.
    assert bool(record.traceback) == (status == "FAILED")
    assert "forge/run" not in record.traceback.partition("The same with")[0]
