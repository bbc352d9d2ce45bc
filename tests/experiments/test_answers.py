"""What a command line answers on the terminal."""

import os
import sys

from forge.experiments.answers import coloured, say


def test_an_answer_is_printed(capsys):
    say("forge 1")
    assert capsys.readouterr().out == "forge 1\n"


def test_colours_are_for_terminals(monkeypatch):
    text = "* lr = 1  # command line\n  n  = 2"
    assert coloured(text) == text
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\033[1m* lr = 1" in coloured(text)
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    assert coloured(text) == text
