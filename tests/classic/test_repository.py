"""The commit that a script runs from."""

import subprocess

import forge.experiment_tools as fet


def git(folder, *words):
    who = ["-c", "user.name=me", "-c", "user.email=me@x"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_the_commit_of_a_folder(tmp_path):
    assert fet.git_commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "--allow-empty", "-m", "Begin")
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert fet.git_commit(tmp_path) == found


def test_a_run_keeps_commit_and_changes(classic):
    git(classic.folder, "init", "-q")
    git(classic.folder, "add", "train.py", "configs")
    git(classic.folder, "commit", "-m", "Begin")
    path = classic.folder / "configs/data.py"
    path.write_text(path.read_text() + "# changed\n")
    classic("--steps=1")
    record = classic.record()
    assert record.config["git_commit"] == fet.git_commit(classic.folder)
    assert record.git.dirty is True
    assert "+# changed" in record.layout.git_diff.read_text()
