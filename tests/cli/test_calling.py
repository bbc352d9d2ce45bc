"""The verb `forge run`; what it calls is tested with the experiments."""

import os
import sys

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


def test_a_run_must_be_there(project, forge, message):
    answer = forge("run", "train/9")
    assert answer.status == 1
    assert "forge: error: " in answer.err
    answer = forge("run")
    assert (answer.status, answer.out) == (2, "")
    message("forge-run-nothing", answer.err.rstrip())


def test_a_run_is_named_as_for_other_verbs(project, forge, monkeypatch):
    for _ in range(2):
        project.load(TRAIN).train.run(quiet=True, capture="no")
    became = []
    monkeypatch.setattr(os, "execv", lambda _, words: became.append(words[3:]))
    for word in ("@", "2", "train"):
        forge("run", word, "evaluate")
    forge("-R", "results", "run", "@2")
    results = project.folder / "results/train"
    assert [words[0] for words in became] == [*[f"{results}/2"] * 3, f"{results}/1"]
    assert became[0][1:] == ["forge run @", "evaluate"]
    answer = forge("run", "1:2")
    assert answer.status == 2
    assert "'1:2' names 2 runs" in answer.err


def test_help_shows_how(forge, message):
    # How options are listed depends on the version of Python.
    shown, _, options = forge("run", "--help").out.partition("\n\npositional")
    message("forge-run-help", shown)
    assert "--results-dir DIR" in options
