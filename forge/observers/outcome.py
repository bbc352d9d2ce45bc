"""The last state of a run, as run.json keeps it."""

import signal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from forge._text import near
from forge.errors import ForgeError
from forge.observers.base import Completed, Ended, Failed, Interrupted
from forge.observers.warning import cause_of
from forge.records.codec import pretty_json, rich
from forge.records.runfile import RunFile, Session
from forge.records.status import Status


def ended(run: RunFile, event: Ended) -> RunFile:
    """Make the final state of a run.

    Args:
        run: Its state so far.
        event: How it ended.

    Returns:
        The state that run.json keeps.
    """
    if isinstance(event, Failed) and event.refused and len(run.sessions) > 1:
        return _as_before(run, event)
    # A resumed run may have failed before: that is the session's business now.
    facts: dict[str, Any] = {"reason": event.reason, "result": None, "error": None}
    match event:
        case Completed(result=result):
            facts |= {"status": Status.COMPLETED, "result": _storable(result)}
        case Failed(error=error):
            facts |= {"status": Status.FAILED, "error": error}
        case Interrupted(signal=number):
            reason = event.reason or (_signal_name(number) if number else "")
            facts |= {"status": Status.INTERRUPTED, "reason": reason}
    return replace(
        run,
        ended=event.ended,
        duration=event.duration,
        sessions=_sessions(run, event.ended, facts["status"]),
        **facts,
    )


def _sessions(run: RunFile, end: str, status: Status) -> tuple[Session, ...]:
    """End the present session; the one before keeps the result that was the run's."""
    *before, last = run.sessions or (None,)
    if last is None:
        return ()
    if before and run.result is not None:
        before[-1] = replace(before[-1], result=run.result)
    return (*before, replace(last, ended=end, status=status))


def _as_before(run: RunFile, event: Failed) -> RunFile:
    """Keep a run as its last session left it; the refused one is listed."""
    before, last = run.sessions[-2:]
    last = replace(
        last, ended=event.ended, status=Status.FAILED, reason=event.error.message
    )
    return replace(
        run,
        status=before.status,
        ended=before.ended,
        sessions=(*run.sessions[:-1], last),
    )


def _storable(result: Any) -> Any:
    """Turn a result into what JSON expresses, whatever it is."""
    try:
        value = rich(result)
        pretty_json(value)
    except Exception:  # noqa: BLE001 - the final state is written all the same
        return f"{type(result).__qualname__}, which cannot be stored"
    return value


def _signal_name(number: int) -> str:
    """Name a signal, also one that this system does not know."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def not_recorded(folder: Path, path: Path, error: OSError, follows: str) -> ForgeError:
    """Make the error for what a run must have.

    Args:
        folder: The run folder.
        path: What cannot be written.
        error: Why not.
        follows: What follows from that, as it is to be said.

    Returns:
        The error, `not-recorded`.
    """
    return ForgeError(
        "not-recorded",
        f"{near(path)} cannot be written: {cause_of(error)}\n{follows}",
        path=path,
        folder=folder,
    )
