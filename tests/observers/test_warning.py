"""Tests of warnings."""

import io
import sys

import pytest

from forge.errors import ForgeError
from forge.observers.warning import cause_of, warn


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


def test_a_cause_is_named_in_a_few_words() -> None:
    assert cause_of(OSError(28, "No space left on device", "/a/b")) == (
        "No space left on device"
    )
    assert cause_of(OSError("odd")) == "OSError: odd"
    assert cause_of(ForgeError("bad-name", "no name.")) == str(
        ForgeError("bad-name", "no name.")
    )
