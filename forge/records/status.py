"""The states that a run can be in."""

from enum import StrEnum


class Status(StrEnum):
    """How far a run has come: a closed set, each member equal to its own name."""

    #: It waits to be started.
    QUEUED = "QUEUED"
    #: It started and has not ended.
    RUNNING = "RUNNING"
    #: Its function returned.
    COMPLETED = "COMPLETED"
    #: It raised an exception.
    FAILED = "FAILED"
    #: It was stopped by a person, a scheduler or itself.
    INTERRUPTED = "INTERRUPTED"
    #: A sweep gave it up because it was not promising.
    PRUNED = "PRUNED"
    #: It says RUNNING but its process is gone: readers derive this, none writes it.
    DEAD = "DEAD"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended, however it ended."""
        return self not in (Status.QUEUED, Status.RUNNING)
