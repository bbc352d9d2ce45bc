"""What the sessions of a run gave anew: its config as it was at a checkpoint."""

from typing import Any

from forge.records.record import Record
from forge.records.runfile import Session


def config_at(record: Record, step: int | None = None) -> dict[str, Any]:
    """The config of a run as it was when a checkpoint was saved.

    Args:
        record: The run.
        step: The checkpoint; None for the newest session.

    Returns:
        The flags, with what resuming gave anew until then.
    """
    flags = {k: v for k, v in record.config.items() if k != "git_commit"}
    for session in sessions_until(record, step):
        flags |= {key: change.new for key, change in session.changes.items()}
    return flags


def sessions_until(record: Record, step: int | None) -> list[Session]:
    """List the sessions of a run up to the one that saved a checkpoint.

    Args:
        record: The run.
        step: The checkpoint; None for all sessions.

    Returns:
        The sessions, the first one first.
    """
    return [
        session
        for session in record.run.sessions
        if step is None or session.resumed is None or session.resumed < step
    ]
