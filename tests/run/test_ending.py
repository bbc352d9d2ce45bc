"""What the end of a body means; tests/functional/test_endings.py ends processes."""

import pytest

from forge.errors import ForgeError, Interrupt
from forge.run.ending import cause_of
from forge.run.stopping import Stopping, Terminated


@pytest.fixture
def stopping():
    """A run that was asked to end."""
    asked = Stopping()
    asked.ask(Terminated(15), None)
    return asked


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (None, "COMPLETED"),
        (SystemExit(), "COMPLETED"),
        (SystemExit(0), "COMPLETED"),
        (SystemExit(False), "COMPLETED"),
        (SystemExit(0.0), "FAILED"),
        (SystemExit(""), "FAILED"),
        (SystemExit(2), "FAILED"),
        (ValueError(), "FAILED"),
        (GeneratorExit(), "FAILED"),
        (ForgeError("x", "y"), "FAILED"),
        (KeyboardInterrupt(), "INTERRUPTED"),
        (Terminated(1), "INTERRUPTED"),
    ],
    ids=repr,
)
def test_what_was_raised_is_raised_on(raised, status):
    assert cause_of(raised, Stopping()) == (status, raised)


def test_a_run_that_interrupts_itself_ends_quietly():
    assert cause_of(Interrupt("timeout"), Stopping()) == ("INTERRUPTED", None)


def test_a_body_that_returned_unaware_of_a_request_has_completed(stopping):
    assert cause_of(None, stopping) == ("COMPLETED", None)


@pytest.mark.parametrize("how", ["acted", "seen"])
def test_a_body_that_returned_because_of_a_request_was_interrupted(stopping, how):
    setattr(stopping, how, True)
    status, error = cause_of(None, stopping)
    assert (status, type(error)) == ("INTERRUPTED", Terminated)
    assert str(error) == str(stopping.asked)
    # Raised, it holds the frames that it comes through; a request is kept for longer.
    assert error is not stopping.asked


def test_leaving_after_a_request_is_an_interruption(stopping):
    left = SystemExit(9)
    assert cause_of(left, stopping) == ("INTERRUPTED", left)


def test_a_failure_after_a_request_is_a_failure(stopping):
    error = ValueError()
    assert cause_of(error, stopping) == ("FAILED", error)


def test_the_exit_status_of_a_signal():
    assert (Terminated(15).code, str(Terminated(15))) == (143, "SIGTERM")
