"""Starts from committed code only: `--enforce-clean`."""

import subprocess

import pytest


@pytest.fixture(autouse=True)
def _script(project):
    project.write()


def test_enforce_clean(project, message):
    def git(*words):
        identity = ["-c", "user.name=x", "-c", "user.email=x@y"]
        subprocess.run(["git", *identity, *words], check=True, cwd=project.folder)

    def refused():
        before = project.runs()
        text = project("-e", "with", "tiny", expect=2).stderr
        assert project.runs() == before
        return text.replace(str(project.folder), "PROJECT")

    message("not-clean-no-repository", refused())
    git("init", "-q")
    message("not-clean-no-commit", refused())
    (project.folder / ".gitignore").write_text("results\n__pycache__\n")
    git("add", ".")
    git("commit", "-qm", "first")
    project("--enforce-clean", "with", "tiny")
    assert project.record().git.dirty is False
    (project.folder / "train.py").write_text(
        "# changed\n" + project.write().read_text()
    )
    message("not-clean-changed", refused())
    page = project("print_dependencies").stdout
    assert "(uncommitted changes)\n        changed: train.py\n" in page
    for name in "abcd":
        (project.folder / f"{name}.py").write_text("")
    git("add", ".")
    message("not-clean-many", refused())
    (project.folder / ".git" / "index").write_bytes(b"broken")
    message("not-clean-unknown", refused())
