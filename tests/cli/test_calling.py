"""The verb `forge run`; what it calls is tested with the experiments."""

import os
import sys

import pytest
from projects import TRAIN


def test_it_becomes_the_process_of_the_run(project, forge, monkeypatch):
    project.load(TRAIN).train.run(quiet=True, capture="no")
    became = []
    monkeypatch.setattr(os, "execv", lambda *words: became.append(words))
    forge("run", "train/1@2", "evaluate", "--label", "x", "with", "a=1")
    ((program, words),) = became
    assert program == words[0] == sys.executable
    folder = project.folder / "results/train/1"
    assert words[1:] == [
        "-m",
        "forge.experiments.again",
        f"{folder}@2",
        "forge run train/1@2",
        "evaluate",
        "--label",
        "x",
        "with",
        "a=1",
    ]


@pytest.mark.parametrize("words", [[], ["train/9"]])
def test_a_run_must_be_there(project, forge, words):
    answer = forge("run", *words)
    assert answer.status == (1 if words else 2)
    assert "forge: error: " in answer.err


def test_help_shows_how(forge, message):
    message("forge-run-help", forge("run", "--help").out)
