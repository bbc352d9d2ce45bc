"""What an experiment can name."""

import pytest
from projects import TRAIN

import forge


def test_components_of_the_module_files_and_runs(project):
    other = TRAIN.partition("@forge.experiment")[0].replace("cnn", "rnn")
    project.write(other, "other.py")
    train = project.load(TRAIN).train
    train.run({"seed": 1}, quiet=True, capture="no")
    for name in ("mlp", "cnn", "other.py:rnn", "other.py:mlp", "run:train/1"):
        run = train.run({"model": name, "steps": 1}, record=False)
        assert run.config["model"] == name


def test_runs_are_looked_for_among_the_results_of_the_experiment(project, monkeypatch):
    train = project.load(TRAIN).train
    train.run({"seed": 1}, quiet=True, capture="no", results_dir="elsewhere")
    with pytest.raises(forge.ForgeError, match="there is no run 'train/1'"):
        train.run({"model": "run:train/1"}, record=False)
    train.run({"model": "run:train/1"}, record=False, results_dir="elsewhere")
    monkeypatch.setenv("FORGE_RESULTS_DIR", "elsewhere")
    train.run({"model": "run:train/1"}, record=False)
    assert train.configure({"model": "run:train/1"}).model == "run:train/1"
