"""The run that `--resume` goes on with."""

import json
import subprocess

import pytest

import forge
from forge.records.status import Status


def test_a_run_goes_on_where_it_was(classic):
    classic("--steps=2", "--n=5")
    done = classic("--resume", "--steps=6")
    assert done.stdout == "results/train/1 results/train/1/checkpoints/0000000002 6.0\n"
    assert "note: steps was 2 in train/1, and is 6 from now on" in done.stderr
    record = classic.record()
    assert classic.runs() == ["1"]
    assert record.status is Status.COMPLETED
    assert list(record.metrics["loss"].steps) == [1, 2, 3, 4, 5, 6]
    (changes,) = [session.changes for session in record.run.sessions[1:]]
    assert {name: (c.old, c.new) for name, c in changes.items()} == {"steps": (2, 6)}
    assert record.config["steps"] == 2
    assert record.config["n"] == 5
    # What was given anew stays given.
    again = classic("--resume", "--steps=8")
    assert "steps was 6 in train/1, and is 8" in again.stderr


def test_the_highest_number_is_taken_with_its_config_files(classic):
    classic("--steps=2")
    text = (classic.folder / "configs/model.py").read_text()
    classic.write(text.replace("n_hidden", "n_deep"), "configs/deep.py")
    classic("--steps=2", "--model_config=configs/deep.py", "--n_deep=7")
    done = classic("--resume", "--steps=4")
    assert done.stdout.startswith("results/train/2 ")
    assert classic.record("train/2").config["n_deep"] == 7


def test_config_files_that_were_edited_are_kept_beside_those_of_the_start(classic):
    classic("--steps=2")
    text = (classic.folder / "configs/data.py").read_text()
    classic.write(text + "\n# edited\n", "configs/data.py")
    classic("--resume", "--steps=4")
    record = classic.record()
    assert [session.sources for session in record.run.sessions] == [
        "sources",
        "sources-2",
    ]
    kept = record.dir / "sources-2/configs/data.py"
    assert kept.read_text().endswith("# edited\n")


def test_a_run_that_was_killed_goes_on_from_its_newest_checkpoint(classic):
    script = (classic.folder / "train.py").read_text()
    killed = script.replace("print(logdir", "import os; os._exit(9)\nprint(logdir")
    classic.write(killed)
    classic("--steps=5", expect=9)
    classic.write(script)
    done = classic("--resume")
    assert done.stdout == "results/train/1 results/train/1/checkpoints/0000000004 5.0\n"


def test_a_folder_of_2018_goes_on(classic):
    """From then on it has what every run leaves, and its flags are what they were."""
    script = (classic.folder / "train.py").read_text().partition("run = forge")[0]
    classic.write(
        script + "forge.current_run().log(loss=1, step=forge.current_run().step + 1)\n"
        "print(logdir, checkpoint, config.n, config.steps)\n"
    )
    folder = classic.folder / "results/train/3"
    folder.mkdir(parents=True)
    flags = {"data_config": "configs/data.py", "n": 9, "git_commit": "abc", "old": 1}
    (folder / "flags.json").write_text(json.dumps(flags))
    for name in ("model.ckpt-4.index", "model.ckpt-4.data-00000-of-00001"):
        (folder / name).write_bytes(b"x")
    done = classic("--resume", "--steps=6")
    assert done.stdout == "results/train/3 results/train/3/model.ckpt-4 9 6\n"
    assert "note: old was 1 in train/3, and is no flag any more" in done.stderr
    record = classic.record("train/3")
    assert any(note.startswith("old was 1") for note in record.run.notes)
    assert record.status is Status.COMPLETED
    assert list(record.metrics["loss"].steps) == [5]
    assert record.config["n"] == 9
    assert (folder / "sources-2/configs/model.py").is_file()
    assert classic("--resume").stdout.endswith(" 9 6\n")
    # Nobody has signed it, and going on with it vouches for nothing.
    assert forge.load_from_checkpoint(folder, trust=True).data["n_in"] == 9


def test_a_run_without_a_checkpoint_begins_anew(classic):
    classic("--steps=1", "--n=4")
    (classic.folder / "results/train/1/checkpoints").rename(classic.folder / "gone")
    done = classic("--resume")
    assert done.stdout == "results/train/1 None 1.0\n"


def test_a_value_that_no_longer_fits_is_refused(classic):
    classic("--steps=2")
    script = (classic.folder / "train.py").read_text()
    classic.write(
        script.replace('["adam", "sgd"]', '["sgd"]').replace('"adam"', '"sgd"')
    )
    done = classic("--resume", expect=2)
    assert "--optimizer=adam: expected one of sgd" in done.stderr


@pytest.mark.parametrize("words", [["--resume"]])
def test_a_run_that_goes_on_elsewhere_is_not_resumed(classic, words):
    script = (classic.folder / "train.py").read_text()
    wait = "import sys; print('ready', flush=True); sys.stdin.read()\n"
    classic.write(script + wait, "waiting.py")
    waiting = subprocess.Popen(
        classic.words(script="waiting.py"),
        cwd=classic.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert "None" in waiting.stdout.readline()
        assert waiting.stdout.readline() == "ready\n"
        done = classic(*words, expect=2)
        assert "train/1 is still running" in done.stderr
    finally:
        waiting.communicate()
    assert classic.record().status is Status.COMPLETED
