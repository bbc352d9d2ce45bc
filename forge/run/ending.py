"""How a run ended, told as its last event."""

import signal
from typing import Final

from forge.errors import ForgeError, Interrupt
from forge.observers.base import Completed, Ended, Failed, Interrupted
from forge.records.runfile import ErrorFact
from forge.records.status import Status
from forge.run.facts import now
from forge.run.lifecycle import Run
from forge.run.stopping import Stopping, Terminated
from forge.run.tracebacks import message_of, user_traceback


_CTRL_C: Final = "Ctrl-C"
_GOOD: Final = (Status.COMPLETED, None)


def cause_of(
    raised: BaseException | None, stopping: Stopping
) -> tuple[Status, BaseException | None]:
    """Tell what the end of a body means.

    Args:
        raised: What it raised; None where it returned.
        stopping: Whether it was asked to end.

    Returns:
        The final status, and what the run is to raise on.
    """
    if isinstance(raised, Interrupt):
        return Status.INTERRUPTED, None
    if isinstance(raised, KeyboardInterrupt | Terminated):
        return Status.INTERRUPTED, raised
    if raised is None:
        # It may have caught the request, or asked for it and returned.
        request = stopping.asked if stopping.heeded else None
        return (Status.INTERRUPTED, request.again()) if request else _GOOD
    if isinstance(raised, SystemExit):
        if stopping.asked is not None:
            # This is how functions of users' answer signals.
            return Status.INTERRUPTED, raised
        if _is_success(raised.code):
            return Status.COMPLETED, raised
    return Status.FAILED, raised


def ending_of(
    run: Run, status: Status, raised: BaseException | None, stopping: Stopping
) -> Ended:
    """Make the last event of a run.

    Args:
        run: The run, which takes on the status.
        status: How it ended.
        raised: What its body raised; None where it returned.
        stopping: Whether it was asked to end.

    Returns:
        The event.
    """
    run.status = status
    if status is Status.COMPLETED:
        return Completed(now(), run.elapsed, run.result)
    if status is Status.FAILED and raised is not None:
        return _failed(run, raised)
    return _interrupted(run, raised, stopping)


def _interrupted(
    run: Run, raised: BaseException | None, stopping: Stopping
) -> Interrupted:
    """Say by what it was interrupted."""
    reason, number = _CTRL_C, int(signal.SIGINT)
    request = raised if isinstance(raised, Terminated) else stopping.asked
    if isinstance(raised, Interrupt):
        return Interrupted(now(), run.elapsed, raised.reason, None)
    if request is not None and not isinstance(raised, KeyboardInterrupt):
        reason, number = str(request), request.signal
    return Interrupted(now(), run.elapsed, reason, number)


def _failed(run: Run, error: BaseException) -> Failed:
    """Say what it failed of."""
    text = user_traceback(error)
    full = user_traceback(error, full=True)
    if full != text:
        text += f"\nThe same with the frames of Forge:\n\n{full}"
    fact = ErrorFact(type=type(error).__name__, message=message_of(error))
    refused = run.untouched and isinstance(error, ForgeError)
    return Failed(now(), run.elapsed, fact, text, refused=refused)


def _is_success(code: object) -> bool:
    """Tell whether `sys.exit(code)` says that all is well, as Python sees it."""
    return code is None or (isinstance(code, int) and code == 0)
