"""The state of repositories, told by real ones."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repositories import git

from forge.run.repository import commit_of, git_facts, without_credentials


pytestmark = pytest.mark.usefixtures("identity")


def test_a_clean_repository(repository):
    facts, diff = git_facts(repository)
    assert facts.commit == git(repository, "rev-parse", "HEAD")
    assert (facts.branch, facts.dirty, facts.remote, diff) == ("main", False, None, b"")


def test_uncommitted_changes_are_a_patch(repository, tmp_path):
    (repository / "train.py").write_text("a = 2\nb = 'é'\n", encoding="utf-8")
    (repository / "staged.py").write_text("new")
    (repository / "untracked.py").write_text("")
    git(repository, "add", "staged.py")
    facts, diff = git_facts(repository)
    assert facts.dirty is True
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repository), str(other))
    (tmp_path / "git.diff").write_bytes(diff)
    git(other, "apply", str(tmp_path / "git.diff"))
    assert (other / "train.py").read_text(encoding="utf-8") == "a = 2\nb = 'é'\n"
    assert (other / "staged.py").read_text() == "new"
    assert not (other / "untracked.py").exists()


def test_secrets_are_left_out_of_the_patch(repository):
    (repository / "deep").mkdir()
    for name in (".env", "deep/.env.local", "deep/server.pem", "id_rsa"):
        (repository / name).write_text("opens everything\n")
        git(repository, "add", "--force", name)
    facts, diff = git_facts(repository)
    assert (facts.dirty, diff) == (True, b"")
    (repository / "train.py").write_text("api_key = 'hunter2'\n")
    (repository / "id_map.py").write_text("ids = {}\n")
    git(repository, "add", "id_map.py")
    facts, diff = git_facts(repository / "deep")
    assert b"+api_key = '***'\n" in diff
    assert b"+ids = {}" in diff
    assert b"hunter2" not in diff
    assert b"opens everything" not in diff


def test_untracked_files_alone_do_not_make_it_dirty(repository):
    (repository / "results").mkdir()
    (repository / "results" / "x").write_text("")
    assert git_facts(repository)[0].dirty is False


def test_a_subfolder_belongs_to_the_repository(repository):
    (repository / "src").mkdir()
    assert commit_of(repository / "src") == git(repository, "rev-parse", "HEAD")
    assert git_facts(repository / "src")[0].commit == commit_of(repository)


def test_no_repository_has_no_facts(tmp_path):
    assert commit_of(tmp_path) is None
    assert git_facts(tmp_path) == (None, b"")


def test_before_the_first_commit_there_is_none(tmp_path):
    git(tmp_path, "init", "-q")
    facts, diff = git_facts(tmp_path)
    assert (facts.commit, facts.branch, facts.dirty, diff) == (None, "main", True, b"")
    assert commit_of(tmp_path) is None


def test_a_detached_head_has_a_commit_and_no_branch(repository):
    git(repository, "checkout", "-q", "--detach")
    facts, _ = git_facts(repository)
    assert facts.commit == git(repository, "rev-parse", "HEAD")
    assert facts.branch is None


def test_packed_references_are_read(repository):
    git(repository, "pack-refs", "--all")
    git(repository, "gc", "-q")
    assert not (repository / ".git/refs/heads/main").exists()
    assert commit_of(repository) == git(repository, "rev-parse", "HEAD")


def test_a_worktree_has_its_own_commit(repository, tmp_path):
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side/branch", str(tree))
    (tree / "train.py").write_text("a = 3\n")
    git(tree, "commit", "-qam", "second")
    assert commit_of(tree) == git(tree, "rev-parse", "HEAD") != commit_of(repository)
    git(repository, "pack-refs", "--all")
    facts, _ = git_facts(tree)
    assert facts.commit == git(tree, "rev-parse", "HEAD")
    assert facts.branch == "side/branch"


def test_a_submodule_is_a_repository_and_its_changes_count(repository, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(repository), "lib")
    git(outer, "commit", "-qm", "add")
    assert commit_of(outer / "lib") == commit_of(repository) != commit_of(outer)
    assert git_facts(outer)[0].dirty is False
    (outer / "lib/train.py").write_text("a = 4\n")
    facts, diff = git_facts(outer)
    assert facts.dirty is True
    assert b"+a = 4" in diff


def test_the_remote_of_the_branch_comes_without_credentials(repository):
    git(repository, "remote", "add", "first", "https://x.org/first.git")
    assert git_facts(repository)[0].remote == "https://x.org/first.git"
    git(repository, "remote", "add", "origin", "https://me:t0k3n@x.org/a.git?k=1")
    assert git_facts(repository)[0].remote == "https://x.org/a.git"
    git(repository, "config", "branch.main.remote", "first")
    assert git_facts(repository)[0].remote == "https://x.org/first.git"


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("https://user:pass@host/x.git", "https://host/x.git"),
        ("https://token@host:8080/x", "https://host:8080/x"),
        ("https://user:p@ss@host/x", "https://host/x"),
        ("https://host/x?private_token=abc#frag", "https://host/x"),
        ("ssh://git:secret@host/x", "ssh://git@host/x"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("git@github.com:me/x.git", "git@github.com:me/x.git"),
        ("/srv/git/x@y.git", "/srv/git/x@y.git"),
        ("see http://a:b@c/d and ftp://e:f@g", "see http://c/d and ftp://g"),
    ],
)
def test_credentials_are_taken_out(url, bare):
    assert without_credentials(url) == bare


@given(st.text())
def test_taking_credentials_out_never_fails_and_is_done_once(text):
    bare = without_credentials(text)
    assert without_credentials(bare) == bare or "://" in text


def test_nothing_of_the_users_configuration_runs(repository, tmp_path):
    seen = tmp_path / "seen"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch '{seen}'\ncat\n")
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("*.py diff=own\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-qm", "attributes")
    for key in ("diff.external", "core.fsmonitor", "core.pager", "diff.own.textconv"):
        git(repository, "config", key, str(program))
    (repository / "train.py").write_text("a = 5\n")
    facts, diff = git_facts(repository)
    assert facts.dirty is True
    assert b"+a = 5" in diff
    assert not seen.exists()


def test_git_is_not_disturbed(repository):
    """A lock that the user's git holds, and a stale index, are left alone."""
    os.utime(repository / "train.py", (1, 1))
    index = repository / ".git/index"
    before = index.read_bytes()
    (repository / ".git/index.lock").touch()
    assert git_facts(repository)[0].dirty is False
    assert index.read_bytes() == before


def test_without_git_the_commit_is_known_still(repository, tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from forge.run.provenance import Probes\n"
        "from forge.run.repository import git_facts\n"
        f"print(git_facts(Path({str(repository)!r})))\n"
        f"probes = Probes(Path({str(repository)!r})); probes.wait(60)\n"
        "print(probes.git.commit, probes.host.name != '')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": str(tmp_path), "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    commit = git(repository, "rev-parse", "HEAD")
    assert f"commit='{commit}'" in done.stdout
    assert f"{commit} True" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("content", ["", "gitdir: /nowhere", "\0", "ref: \udcff"])
def test_a_broken_repository_has_no_commit(tmp_path, content):
    (tmp_path / ".git").write_text(content, errors="surrogateescape")
    assert commit_of(tmp_path) is None
    assert git_facts(tmp_path) == (None, b"")


def test_a_loop_of_references_ends(repository):
    (repository / ".git/refs/heads/main").write_text("ref: refs/heads/main\n")
    assert commit_of(repository) is None


def test_the_repository_is_that_of_the_folder_below_a_hook_of_another(
    repository, tmp_path, monkeypatch
):
    """Git tells its hooks where the repository is that it was called for."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (repository / "train.py").write_text("a = 6\n")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    facts, diff = git_facts(repository)
    assert facts.commit == commit_of(repository)
    assert facts.dirty is True
    assert b"+a = 6" in diff


def test_git_that_fails_leaves_the_difference_unknown(repository):
    (repository / ".git" / "index").write_bytes(b"broken")
    facts, diff = git_facts(repository)
    assert facts.commit == commit_of(repository)
    assert (facts.branch, facts.dirty, diff) == ("main", None, b"")


def test_asking_imports_no_library(repository):
    code = (
        "import sys; from pathlib import Path\n"
        "from forge.run.repository import git_facts\n"
        f"assert git_facts(Path({str(repository)!r}))[0].dirty is False\n"
        "print('git' in sys.modules)\n"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
