"""`forge cat`, `tail`, `metrics`."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from projects import wait_for
from runfolders import make_run

from forge.records.layout import RunLayout
from forge.records.processes import this_process


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(
        tmp_path / "results",
        output="".join(f"line {i}\n" for i in range(30)) + "rest",
        metrics=[
            {"step": i, "time": i / 2, "loss": 1 / i, "x\x1b": "NaN"} for i in (1, 2, 4)
        ],
    )
    return tmp_path / "results"


def test_a_file_as_it_is(forge, root) -> None:
    assert forge("cat", "train/1").out.endswith("line 29\nrest")
    assert forge("cat", "train/1", "config").out == "{}"
    wrong = forge("cat", "train/1", "../../walk.py")
    assert wrong.status == 1
    assert "no file" in wrong.err


def test_the_end_of_the_output(forge, root) -> None:
    assert forge("tail", "train/1", "-n", "2").out == "line 28\nline 29\nrest\n"
    assert forge("tail", "train/1", "-n", "0").out == "rest\n"
    RunLayout(root / "train/1").output.unlink()
    assert forge("tail", "train/1").out == ""


def test_colours_go_to_those_who_see_them_or_ask(forge, root, monkeypatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    RunLayout(root / "train/1").output.write_text("\x1b[31mred\x1b[0m\n")
    red, plain = "\x1b[31mred\x1b[0m\x1b[0m\n", "red\n"
    assert forge("tail", "train/1").out == plain
    assert forge("tail", "train/1", "--color", "always").out == red
    for verb in ("tail", "cat"):
        assert forge(verb, "train/1", terminal=True).out == red
        assert forge(verb, "train/1", "--color=never", terminal=True).out == plain
    monkeypatch.setenv("NO_COLOR", "1")
    for verb in ("tail", "cat"):
        assert forge(verb, "train/1", terminal=True).out == plain
        assert forge(verb, "train/1", "--color=always", terminal=True).out == red


@pytest.fixture
def training():
    """A process that goes on."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_the_output_of_a_run_that_goes_on(root, training) -> None:
    """Each line comes at once, and it ends when the process of the run does."""
    me = this_process()
    facts = {"pid": training.pid, "boot": me.boot, "pid_namespace": me.namespace}
    facts |= {"host": {"name": os.uname().nodename}, "status": "RUNNING"}
    layout = RunLayout(make_run(root, number=2, output="a\n", **facts))
    words = [sys.executable, "-m", "forge", "tail", "-f", "train/2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process, ExitStack() as end:
        end.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == b"a\n"
        with layout.output.open("ab") as file:
            file.write("é".encode()[:1])
            file.flush()
            file.write("é".encode()[1:] + b"\nno end")
        assert process.stdout.readline() == "é\n".encode()
        training.kill()
        training.wait()
        assert wait_for(lambda: process.poll() is not None)
        assert process.stdout.read() == b"no end\n"


def test_metrics_of_a_run(forge, root) -> None:
    assert forge("metrics", "train/1").out.splitlines() == [
        "metric\tlast\tmin\tmax\tpoints",
        "loss\t0.25\t0.25\t1.0\t3",
        "x\\x1b\tNaN\t\t\t3",
    ]
    assert forge("metrics", "train/1", "loss").out.splitlines() == [
        "step\ttime\tloss",
        "1\t0.5\t1.0",
        "2\t1.0\t0.5",
        "4\t2.0\t0.25",
    ]
    assert forge("metrics", "train/1", "loss", "--csv").out.startswith(
        "step,time,loss\r\n"
    )
    assert forge("metrics", "train/1", "loss", "--spark").out == "█▃▁  0.25 @ 4\n"
    assert forge("metrics", "train/1", "--spark").out.count("\n") == 2


def test_a_metric_that_is_not_there(forge, root, message) -> None:
    wrong = forge("metrics", "train/1", "los")
    assert wrong.status == 1
    message("no-metric-verb", wrong.err.rstrip())


def test_one_run_named_by_a_filter(forge, root, message) -> None:
    by_name = forge("metrics", "1", "loss")
    assert forge("metrics", "-q", "number = 1", "loss") == by_name
    assert forge("cat", "-q", "number = 1", "config") == forge("cat", "1", "config")
    assert forge("tail", "-q", "number = 1") == forge("tail", "1")
    # An option may stand between the words.
    assert forge("cat", "1", "--raw", "config") == forge("cat", "1", "config")
    missing = forge("cat")
    assert (missing.status, missing.out) == (2, "")
    message("no-run-given", missing.err.rstrip())
    both = forge("metrics", "1", "loss", "-q", "number = 1")
    assert (both.status, both.out) == (2, "")
    message("run-and-filter", both.err.rstrip())


def test_several_runs_where_one_is_wanted(forge, root, message) -> None:
    make_run(root, number=2)
    answer = forge("tail", "-q", "name = train")
    assert (answer.status, answer.out) == (2, "")
    message("ambiguous-run-filter", answer.err.rstrip())
    assert forge("tail", "1:2").err.startswith("forge: error: '1:2' names 2 runs;")
