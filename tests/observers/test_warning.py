"""Tests of warnings."""

import io
import sys

import pytest

from forge.observers.warning import warn


def test_a_warning_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    warn("something is odd.\n  The run goes on.")
    text = "forge: warning: something is odd.\n  The run goes on.\n"
    assert capsys.readouterr() == ("", text)


def test_nobody_to_warn_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    warn("odd", closed)
    monkeypatch.setattr(sys, "stderr", None)
    warn("odd")
