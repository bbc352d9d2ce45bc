"""What progress can be drawn on."""

import sys
from types import SimpleNamespace

import pytest

from forge.run.bar import Bar
from forge.run.cellbar import CellBar
from forge.run.screens import notebook_shell, screen_for


@pytest.fixture
def shell(monkeypatch):
    """Let a shell of IPython be there, as in a process that it started."""
    shell = SimpleNamespace(kernel=None, display_pub=SimpleNamespace(publish=print))
    ipython = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return shell


def test_a_file_is_none(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert notebook_shell() is None
    assert screen_for(None) is None


def test_a_terminal_gets_a_bar():
    assert isinstance(screen_for(lambda line: None), Bar)


def test_ipython_on_a_terminal_is_a_terminal(shell):
    assert notebook_shell() is None
    assert isinstance(screen_for(lambda line: None), Bar)


def test_a_notebook_gets_an_output(shell):
    shell.kernel = object()
    assert isinstance(screen_for(None), CellBar)
