"""`forge tensorboard`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from runfolders import make_run

from forge.cli import tensorboard


@pytest.fixture(name="results")
def _results(tmp_path):
    root = tmp_path / "results"
    for number, lr in enumerate((0.1, 0.2, 0.4), start=1):
        points = [{"step": s, "time": s / 10, "loss": lr / s} for s in (1, 2, 3)]
        make_run(root, number=number, config={"lr": lr}, metrics=points)
    return root


def runs_in(logdir: Path) -> list[str]:
    return sorted(
        path.parent.relative_to(logdir).as_posix() for path in logdir.rglob("*.forge")
    )


def test_logs_are_written_for_one_elsewhere(forge, results, tmp_path, message):
    logs = tmp_path / "logs"
    answer = forge("tensorboard", "-R", results, "-q", "lr < 0.3", "--logdir", logs)
    assert answer.status == 0
    message("tensorboard-logdir", answer.out.replace(str(tmp_path), "/x").rstrip())
    assert runs_in(logs) == ["train/1 lr=0.1", "train/2 lr=0.2"]


def test_runs_are_named_like_everywhere(forge, results, tmp_path):
    logs = tmp_path / "logs"
    assert forge("tensorboard", "-R", results, "3", "--logdir", logs).status == 0
    assert runs_in(logs) == ["train/3"]


def test_nothing_found_is_said(forge, results, tmp_path, message):
    answer = forge("tensorboard", "-R", results, "-q", "lr > 9", "--logdir", tmp_path)
    assert (answer.status, answer.out) == (1, "")
    assert "no run fulfils the filter" in answer.err
    (tmp_path / "empty").mkdir()
    answer = forge("tensorboard", "-R", tmp_path / "empty", "--logdir", tmp_path)
    assert (answer.status, answer.out) == (1, "")
    message("tensorboard-nothing", answer.err.rstrip())


def test_what_is_missing_is_said(forge, results, monkeypatch, message):
    monkeypatch.setattr(tensorboard, "find_spec", lambda _: None)
    answer = forge("tensorboard", "-R", results)
    assert answer.status == 2
    message("not-installed-tensorboard", answer.err.rstrip())


@pytest.mark.frameworks
def test_the_real_tensorboard_shows_runs_and_follows_them(results, tmp_path):
    """Started on a free port, asked over HTTP, and gone after Ctrl-C."""
    words = ["-m", "forge", "tensorboard", "-R", results, "--with", "--port", "0"]
    errors = tmp_path / "errors.txt"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with (
        errors.open("wb") as stream,
        subprocess.Popen(
            [sys.executable, *map(str, words)],
            stderr=stream,
            stdout=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(temporary)},
        ) as process,
    ):

        def printed_url():
            assert process.poll() is None, errors.read_text()
            return re.search(r"http://\S+", errors.read_text())

        url = waited_for(printed_url)[0]
        tags = waited_for(lambda: answer(url, "data/plugin/scalars/tags"))
        assert sorted(tags) == ["train/1 lr=0.1", "train/2 lr=0.2", "train/3 lr=0.4"]
        assert {*tags["train/1 lr=0.1"]} == {"loss"}
        make_run(results, number=4, config={"lr": 0.8}, metrics=[])
        assert waited_for(lambda: list(temporary.glob("forge-*/train/4*")))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert list(temporary.glob("forge-tensorboard-*")) == []


def waited_for(condition):
    """Wait until something is there, and return it."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    return pytest.fail("it did not come")


def answer(url: str, path: str):
    """Ask TensorBoard; nothing until it knows."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/{path}") as reply:
        return json.load(reply)
