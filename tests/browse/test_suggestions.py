"""What may be typed next."""

import pytest
from runfolders import make_run

from forge.browse import suggestions
from forge.browse.source import Source


@pytest.fixture(name="source")
def _source(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    root = tmp_path / "results"
    make_run(root, number=1, config={"lr": 0.1}, annotations={"tags": ["best", "old"]})
    make_run(
        root, number=2, summary={"loss": {"last": 1.0, "step": 1}}, result={"acc": 1}
    )
    make_run(root, name="distill", annotations={"tags": ["best"]})
    return Source([root])


def test_runs_come_before_experiments(source):
    found = list(suggestions.runs(source))
    assert {*found[:3]} == {"train/1", "train/2", "distill/1"}
    assert {*found[3:]} == {"train", "distill"}


def test_names_are_those_that_filters_take(source):
    found = list(suggestions.names(source))
    assert {"lr", "loss", "acc", "status"} <= {*found}
    for name in found:
        source.find(f"{name} is defined")


def test_metrics_and_tags_are_each_offered_once(source):
    assert list(suggestions.metrics(source)) == ["loss"]
    assert sorted(suggestions.tags(source)) == ["best", "old"]
