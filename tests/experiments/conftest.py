"""Recorded runs of a user's script, and what is loaded from them."""

import sys

import pytest

import forge


@pytest.fixture(name="load")
def _load():
    loaded = []

    def load(run="train/1", **options):
        loaded.append(forge.Experiment.load(run, **options))
        return loaded[-1]

    yield load
    for exp in loaded:
        exp.close()


@pytest.fixture(name="train")
def _train(project):
    """A run of the script, recorded, and the script's experiment."""
    train = project.load().train

    def run(config=None, **options):
        return train.run(
            {"seed": 5, **(config or {})}, quiet=True, capture="no", **options
        )

    return run


@pytest.fixture(name="today")
def _today(project, train):
    """Put other code into the place of the script."""

    def put(text):
        name = project.record().run.components[0].module
        sys.modules[name] = project.load(text)

    return put
