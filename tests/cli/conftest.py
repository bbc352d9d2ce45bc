"""The `forge` command, called in this process as the shell calls it."""

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from forge.cli.entry import main


class Answer(NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


class _Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def forge(monkeypatch) -> Callable[..., Answer]:
    """Call `forge` with words; what it prints goes to no terminal, unless asked."""

    def call(*words: object, terminal: bool = False) -> Answer:
        out, err = _Terminal() if terminal else io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = main([str(word) for word in words])
        return Answer(status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.delenv("FORGE_RESULTS_DIR", raising=False)
