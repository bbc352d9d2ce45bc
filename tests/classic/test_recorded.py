"""A classic script's run: begun by `init_checkpoint`, ended with the process."""

import json
import subprocess
import sys

import pytest

import forge
from forge.records.record import Record
from forge.records.status import Status


def facts(classic, reference="train/1"):
    record = classic.record(reference)
    return record, json.loads(record.layout.flags.read_text())


def test_a_run_is_an_ordinary_one(classic):
    done = classic("--n=2", "--n_hidden", "3", "--noverbose")
    assert done.stdout == "results/train/1 None 4.0\n"
    record, flags = facts(classic)
    assert record.status is Status.COMPLETED
    assert record.metrics["loss"].values[-1] == 0.25
    assert record.checkpoints == (2, 4)
    assert done.stdout in record.output
    assert flags["n"] == 2
    assert flags["n_hidden"] == 3
    assert flags["layers"] == ["8", "8"]
    assert "git_commit" in flags
    assert sorted(map(str, record.sources)) == [
        "configs/base.py",
        "configs/data.py",
        "configs/model.py",
        "train.py",
    ]
    assert [(f.path, f.kind, f.file) for f in record.run.components] == [
        ("", "script", "train.py"),
        ("dataset", "dataset", "configs/data.py"),
        ("model", "model", "configs/model.py"),
    ]
    assert record.run.argv[1:] == ("--n=2", "--n_hidden", "3", "--noverbose")


def test_many_runs_that_start_at_once_have_numbers_of_their_own(classic):
    started = [classic.start("--steps=1") for _ in range(4)]
    assert [process.wait(120) for process in started] == [0] * 4
    for process in started:
        process.communicate()
    assert classic.runs() == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--n_hiden=3", "--steps=x"], "classic-script-flags"),
        (["--resume"], "nothing-to-resume-classic"),
        (["--model_config=configs/nolad.py"], "classic-script-no-load"),
        (["--data_config=configs/twice.py"], "classic-script-conflict"),
    ],
)
def test_a_mistake_leaves_nothing_behind(classic, refused, words, name):
    classic.write("def lod(config): pass", "configs/nolad.py")
    text = "from forge import flags\nflags.DEFINE_integer('n_hidden', 9)"
    classic.write(f"{text}\ndef load(config): pass", "configs/twice.py")
    done = classic(*words, expect=2)
    refused(name, done)
    assert done.stdout == ""
    assert not (classic.folder / "results").exists()


def test_config_files_that_do_not_import_leave_nothing_behind(classic):
    classic.write("from forge import flags\nprint(len(5))\n", "configs/data.py")
    classic.write("import nowhere_at_all\n", "configs/model.py")
    done = classic(expect=2)
    assert "configs/data.py cannot be imported" in done.stderr
    assert "configs/model.py cannot be imported" in done.stderr
    assert "print(len(5))" in done.stderr
    assert not (classic.folder / "results").exists()


def test_a_folder_that_cannot_be_written(classic):
    (classic.folder / "results").write_text("in the way")
    done = classic(expect=2)
    assert "no run folder can be made in results/train" in done.stderr
    assert "Traceback" not in done.stderr


NOTEBOOK = """
import forge
import forge.experiment_tools as fet
from forge import flags

flags.DEFINE_integer("steps", 3, "Steps.")
config = forge.config()
for n in range(2):
    config.steps = n + 5
    logdir, _ = fet.init_checkpoint("results/cells", "configs/data.py", None, False)
    fet.load("configs/data.py", config)
    forge.current_run().log(loss=n, step=1)
print(logdir)
"""


def test_a_notebook_begins_a_run_with_each_call(classic):
    """Without a script: what is typed in has no command line."""
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, "--unknown"],
        cwd=classic.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "results/cells/2"
    for number in (1, 2):
        record, flags = facts(classic, f"cells/{number}")
        assert record.status is Status.COMPLETED
        assert flags["steps"] == number + 4
        assert flags["n"] == 3


def test_flags_that_a_later_load_defines_are_recorded(classic):
    classic.write(
        "from forge import flags\nfor name in ['extra']:\n"
        "    flags.DEFINE_integer(name, 1)\ndef load(config): return config.extra",
        "configs/late.py",
    )
    script = (classic.folder / "train.py").read_text()
    script = script.replace(
        "run = forge", "print(fet.load(config.late, config))\nrun = forge"
    )
    script = script.replace(
        "\nconfig =", "\nflags.DEFINE_string('late', 'configs/late.py')\nconfig ="
    )
    classic.write(script)
    done = classic("--extra=7")
    assert done.stdout.startswith("7\n")
    record, flags = facts(classic)
    assert flags["extra"] == 7
    assert "configs/late.py" in map(str, record.sources)
    assert "no flag is called --extro" in classic("--extro=7", expect=2).stderr


def test_runs_may_lie_beside_the_script(classic):
    """The folder of the runs is in the project, and the rest of it is stored."""
    script = (classic.folder / "train.py").read_text()
    classic.write(
        script.replace("osp.join(config.results_dir, config.run_name)", '"runs"')
    )
    classic("--steps=1")
    classic("--steps=1")
    record = Record.read(classic.folder / "runs/2")
    assert sorted(map(str, record.sources)) == [
        "configs/base.py",
        "configs/data.py",
        "configs/model.py",
        "train.py",
    ]
    assert forge.load_from_checkpoint(classic.folder / "runs/2").data["n_in"] == 3
