"""The files that differ from a commit, asked of real repositories."""

import subprocess
import sys

import pytest
from repositories import git

from forge.run.uncommitted import uncommitted


pytestmark = pytest.mark.usefixtures("identity")


def test_changed_and_staged_files_are_named_and_untracked_ones_are_not(repository):
    (repository / "é b.py").write_text("1")
    (repository / "gone.py").write_text("1")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "second")
    assert uncommitted(repository) == []
    (repository / "train.py").write_text("a = 2\n")
    (repository / "é b.py").write_text("2")
    (repository / "gone.py").unlink()
    (repository / "sub").mkdir()
    (repository / "sub/staged.py").write_text("new")
    (repository / "untracked.py").write_text("")
    git(repository, "add", "sub/staged.py")
    names = ["gone.py", "sub/staged.py", "train.py", "é b.py"]
    assert uncommitted(repository) == names
    assert uncommitted(repository / "sub") == names


def test_nothing_of_the_users_configuration_runs(repository, tmp_path):
    seen = tmp_path / "seen"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch '{seen}'\ncat\n")
    program.chmod(0o755)
    for key in ("diff.external", "core.fsmonitor", "core.pager"):
        git(repository, "config", key, str(program))
    (repository / "train.py").write_text("a = 5\n")
    assert uncommitted(repository) == ["train.py"]
    assert not seen.exists()


def test_what_git_cannot_tell_is_left_out(repository, tmp_path):
    assert uncommitted(tmp_path) == []
    (repository / ".git" / "index").write_bytes(b"broken")
    assert uncommitted(repository) == []


def test_without_git_nothing_is_named(repository, tmp_path):
    code = (
        "from pathlib import Path\n"
        "from forge.run.uncommitted import uncommitted\n"
        f"print(uncommitted(Path({str(repository)!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
