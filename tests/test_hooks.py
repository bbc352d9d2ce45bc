"""Post-import hooks."""

import importlib
import sys

import pytest

from forge._hooks import before_import, on_import


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that can be imported, and is not yet."""
    name = f"hooked_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_an_action_runs_once_the_module_is_complete(module):
    seen = []
    on_import(module, lambda found: seen.append(found.value))
    assert seen == []
    importlib.import_module(module)
    importlib.import_module(module)
    assert seen == [1]


def test_an_action_for_an_imported_module_runs_at_once(module):
    imported = importlib.import_module(module)
    seen = []
    on_import(module, seen.append)
    assert seen == [imported]


def test_asking_for_a_hook_imports_nothing(module):
    on_import(module, print)
    assert module not in sys.modules


def test_a_failing_action_is_a_warning_and_the_import_succeeds(module, message):
    def fail(found):
        raise ValueError("no such thing")

    on_import(module, fail)
    with pytest.warns(RuntimeWarning) as caught:
        imported = importlib.import_module(module)
    assert imported.value == 1
    message("hook-failed", str(caught[0].message).replace(module, "torch"))


def test_an_action_may_run_before_the_import_too(module):
    seen = []
    before_import(module, lambda: seen.append(module in sys.modules))
    imported = importlib.import_module(module)
    assert seen == [False]
    assert imported.value == 1
