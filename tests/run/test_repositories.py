"""Git's answers kept: never given again when git would say something else."""

import os
import time
from pathlib import Path

import pytest
from repositories import git

from forge.run import repositories
from forge.run.repositories import Repositories
from forge.run.repository import git_facts


pytestmark = pytest.mark.usefixtures("identity")


@pytest.fixture(name="asked")
def _asked(monkeypatch):
    """What git was asked by then; emptied by whoever has looked."""
    told = []
    real = repositories.facts_at

    def facts_at(place):
        told.append(place)
        return real(place)

    monkeypatch.setattr(repositories, "facts_at", facts_at)
    return told


@pytest.fixture(name="known")
def _known():
    """Repositories for which every change lies long enough in the past."""
    return Repositories(clock=lambda: time.time_ns() + 10_000_000_000)


def settled(known, folder, asked):
    """Ask until the answer is known."""
    for _ in range(3):
        answer = known.facts(folder)
    asked.clear()
    return answer


def test_git_is_not_asked_again_for_what_has_not_changed(repository, known, asked):
    (repository / "train.py").write_text("a = 2\n")
    first = settled(known, repository, asked)
    assert known.facts(repository) == first == git_facts(repository)
    assert asked == []
    assert first[0].dirty is True
    assert b"+a = 2" in first[1]


def test_one_run_asks_git_no_more_than_before(repository, known, asked, monkeypatch):
    def refuse(*words):
        raise AssertionError(words)

    monkeypatch.setattr(repositories, "ask", refuse)
    known.facts(repository)
    assert len(asked) == 1


def edit(folder):
    (folder / "train.py").write_text("a = 3\n")


def edit_and_keep_size_and_age(folder):
    before = (folder / "train.py").stat()
    (folder / "train.py").write_text("a = 9\n")
    os.utime(folder / "train.py", ns=(before.st_atime_ns, before.st_mtime_ns))


def exchange(folder):
    (folder / "new").write_text("a = 8\n")
    (folder / "new").replace(folder / "train.py")


def remove(folder):
    (folder / "train.py").unlink()


def allow(folder):
    (folder / "train.py").chmod(0o755)


def add(folder):
    (folder / "other.py").write_text("b = 1\n")
    git(folder, "add", "other.py")


def commit(folder):
    git(folder, "commit", "-qm", "next", "--allow-empty")


def amend(folder):
    git(folder, "commit", "-q", "--amend", "--allow-empty", "-m", "other")


def branch(folder):
    git(folder, "checkout", "-qb", "side")


def detach(folder):
    git(folder, "checkout", "-q", "--detach")


def pack_and_commit(folder):
    git(folder, "pack-refs", "--all")
    commit(folder)


def reset(folder):
    add(folder)
    git(folder, "reset", "-q", "--hard")


def add_a_remote(folder):
    git(folder, "remote", "add", "origin", "https://example.org/x.git")


def say_more_of_changes(folder):
    edit(folder)
    git(folder, "config", "diff.context", "9")


def say_that_it_is_binary(folder):
    edit(folder)
    (folder / ".gitattributes").write_text("*.py binary\n")


def say_so_for_the_repository(folder):
    edit(folder)
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "attributes").write_text("*.py binary\n")


def say_so_for_the_user(folder):
    edit(folder)
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as file:
        file.write('[remote "origin"]\nurl=https://example.org/mine.git\n')


def include(folder):
    (folder / ".git" / "more").write_text("[diff]\nnoprefix=true\n")
    edit(folder)
    git(folder, "config", "include.path", "more")


CHANGES = [
    edit,
    edit_and_keep_size_and_age,
    exchange,
    remove,
    allow,
    add,
    commit,
    amend,
    branch,
    detach,
    pack_and_commit,
    reset,
    add_a_remote,
    say_more_of_changes,
    say_that_it_is_binary,
    say_so_for_the_repository,
    say_so_for_the_user,
    include,
]


def test_whatever_changes_is_noticed(repository, known, asked):
    """One after the other in one repository, asked twice after each."""
    git(repository, "config", "core.fileMode", "true")
    for change in CHANGES:
        before = settled(known, repository, asked)
        change(repository)
        now = git_facts(repository)
        assert known.facts(repository) == now, change
        assert now != before or change is reset, change
        assert known.facts(repository) == now, change
        git(repository, "reset", "-q", "--hard")
        (repository / ".gitattributes").unlink(missing_ok=True)


def test_variables_of_git_are_noticed(repository, known, asked, monkeypatch):
    settled(known, repository, asked)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "remote.origin.url")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://example.org/x.git")
    assert known.facts(repository)[0].remote == "https://example.org/x.git"


def test_a_repository_that_comes_between_is_the_one_from_then_on(
    repository, known, asked
):
    inner = repository / "inner"
    inner.mkdir()
    settled(known, inner, asked)
    git(inner, "init", "-q")
    assert known.facts(inner)[0].commit is None


def test_two_changes_within_one_tick_are_told_apart(repository, asked):
    """What was changed a moment ago may change again without getting another time."""
    clock = [(repository / "train.py").stat().st_ctime_ns + 1_000_000]
    known = Repositories(clock=lambda: clock[0])
    settled(known, repository, asked)
    known.facts(repository)
    assert len(asked) == 1
    clock[0] += 10_000_000_000
    settled(known, repository, asked)
    known.facts(repository)
    assert asked == []


def test_a_repository_with_submodules_is_always_asked(
    repository, tmp_path, known, asked
):
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repository), str(other))
    git(
        repository,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        str(other),
    )
    git(repository, "commit", "-qm", "submodule")
    settled(known, repository, asked)
    (repository / "other" / "train.py").write_text("inside\n")
    assert b"+inside" in known.facts(repository)[1]


def test_a_worktree_is_not_its_repository(repository, tmp_path, known, asked):
    other = tmp_path / "worktree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(other))
    settled(known, other, asked)
    git(other, "commit", "-qm", "next", "--allow-empty")
    assert known.facts(other) == git_facts(other)
    (other / "train.py").write_text("a = 7\n")
    assert known.facts(other) == git_facts(other)
    assert known.facts(repository)[0].branch == "main"


def test_files_that_git_finds_elsewhere_are_not_relied_on(
    repository, tmp_path, known, asked
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "train.py").write_text("a = 1\n")
    git(repository, "config", "core.worktree", str(elsewhere))
    settled(known, repository, asked)
    (elsewhere / "train.py").write_text("a = 2\n")
    assert known.facts(repository) == git_facts(repository)


def test_nothing_is_kept_without_a_commit_or_a_repository(tmp_path, known, asked):
    assert known.facts(tmp_path) == (None, b"")
    git(tmp_path, "init", "-q")
    settled(known, tmp_path, asked)
    assert known.facts(tmp_path) == git_facts(tmp_path)
    assert len(asked) == 1
