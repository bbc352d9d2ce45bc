"""What the sessions of a run gave anew: what the run was at a checkpoint."""

from typing import Any

from forge.records.record import Record
from forge.records.runfile import ComponentFact, Parent, Session


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
        # What belonged to a component that was replaced went with it.
        below = tuple(f"{key}." for key in session.changes)
        flags = {k: v for k, v in flags.items() if not k.startswith(below)}
        flags |= {key: change.new for key, change in session.changes.items()}
    return flags


def components_at(record: Record, step: int | None = None) -> tuple[ComponentFact, ...]:
    """The components of a run as they were when a checkpoint was saved.

    Args:
        record: The run.
        step: The checkpoint; None for the newest session.

    Returns:
        What is known of them, the experiment first.
    """
    later = [session.components for session in sessions_until(record, step)]
    return next(filter(None, reversed(later)), record.run.components)


def lineage_at(record: Record, step: int | None = None) -> dict[str, Parent]:
    """The runs that components came from when a checkpoint was saved.

    Args:
        record: The run.
        step: The checkpoint; None for the newest session.

    Returns:
        The origin by the path of the slot.
    """
    later = [session.lineage for session in sessions_until(record, step)]
    found = (each for each in reversed(later) if each is not None)
    return next(found, record.run.lineage)


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
