"""Scripts that capture their output, and what is left of them."""

import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest
from repositories import git
from signalled import SCRIPT, SLEEP, indented


PRELUDE = """
import os, signal, subprocess, sys, time
from pathlib import Path
from forge.run.capture import capture
out = Path(sys.argv[1])
"""

BODY = """
import forge

@forge.model
def mlp(n=2):
    return {{"w": [0.0] * n}}

@forge.dataset
def toy():
    return {{"xs": [1, 2]}}

@forge.experiment{options}
def train(dataset, model=mlp, x=1, *, _run: forge.Run):
{body}

@train.command
def look(model, *, _run):
    _run.log(seen=1)
"""


@pytest.fixture
def identity(tmp_path, monkeypatch):
    """Give git a configuration of its own."""
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname=n\nemail=e@x\n[init]\ndefaultBranch=main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repository(tmp_path, identity):
    """A repository with one commit."""
    folder = tmp_path / "a 0; é"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "train.py").write_text("a = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


@pytest.fixture
def out(tmp_path):
    """The file that the output goes to."""
    folder = tmp_path / "a 0; é"
    folder.mkdir()
    return folder / "output.txt"


@pytest.fixture
def script(tmp_path, out):
    """Write a script and return the words that start it."""

    def write(body):
        file = tmp_path / "script.py"
        file.write_text(PRELUDE + textwrap.dedent(body), encoding="utf-8")
        return [sys.executable, str(file), str(out)]

    return write


@pytest.fixture
def wait_for():
    """Wait until something is so, and say whether it became so."""

    def wait(condition, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.01)
        return False

    return wait


@pytest.fixture
def pumps(out):
    """List the processes that have the file open."""

    def find():
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if any(map(leads_out, (process / "fd").iterdir())):
                    found.append(int(process.name))
        return found

    def leads_out(link):
        # Any descriptor may be closed before it is looked at.
        with suppress(OSError):
            return link.readlink() == out
        return False

    return find


@pytest.fixture
def start(project):
    """Start a script, and wait until it prints `up`."""
    started = []

    def begin(body=SLEEP, *, before="", building="    pass", after="", words=(), **env):
        text = SCRIPT.format(
            body=indented(body), before=before, building=building, after=after
        )
        project.write(text)
        process = subprocess.Popen(
            [*words, *project.words()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project.folder,
            env={**os.environ, **env},
        )
        started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if line == "up\n":
                return process
        raise AssertionError(process.stderr.read())

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(project):
    """Run a body of an experiment with a dataset and a model, on record."""

    def act(body, *, options="", told=None, **kwargs):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        train = project.load(BODY.format(body=lines, options=options)).train
        train.observers += [] if told is None else [told]
        return train.run(**{"quiet": True, "capture": "no", **kwargs})

    return act


@pytest.fixture
def ended(project):
    """Wait for the end of a script, and tell status, reason, exit status and steps."""

    def tell(process):
        code = process.wait(60)
        record = project.record()
        return record.status, record.run.reason, code, record.checkpoints

    return tell
