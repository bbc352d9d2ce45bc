"""A run's experiment in today's code, and who may say what is imported for it."""

import sys

import pytest

import forge


@pytest.fixture(name="elsewhere")
def _elsewhere(project, train, monkeypatch):
    """A signed run whose script is not imported, in a process that could import it."""
    project.write()
    project("with", "tiny")
    monkeypatch.syspath_prepend(project.folder)
    monkeypatch.delitem(sys.modules, "train", raising=False)
    yield project
    sys.modules.pop("train", None)


def test_a_run_of_ones_own_says_what_to_import(elsewhere, load):
    exp = load(code="current")
    assert exp.model["name"] == "mlp"
    assert sys.modules["train"].train.name == "train"


def test_the_folder_of_somebody_else_imports_nothing(elsewhere, load):
    elsewhere.record().layout.trust.unlink()
    with pytest.raises(forge.ForgeError, match="nobody signed it"):
        _ = load(code="current").model
    assert "train" not in sys.modules
    with pytest.raises(forge.ForgeError, match="no code of a run folder runs"):
        _ = load(code="current", trust=False).model
    assert "train" not in sys.modules
    assert load(code="current", trust=True).model["name"] == "mlp"


def test_what_is_imported_already_needs_no_trust(elsewhere, load):
    elsewhere.record().layout.trust.unlink()
    __import__("train")
    assert load(code="current").model["name"] == "mlp"
