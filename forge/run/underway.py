"""The runs that are under way in this process, the outermost first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forge.errors import ForgeError


if TYPE_CHECKING:
    from forge.run.execution import Execution

_stack: "list[Execution]" = []


def current_execution() -> "Execution | None":
    """Return the innermost run of this process, if one is under way."""
    return _stack[-1] if _stack else None


def recorded_execution() -> "Execution | None":
    """Return the run of this process that is on record, if there is one."""
    return next((e for e in _stack if e.plan.record), None)


def run_in_run(running: "Execution | None") -> ForgeError:
    """Make the error for a run that is to be recorded inside another one.

    Args:
        running: The one that is on record.

    Returns:
        The error `run-in-run`.
    """
    run = running.run.id if running else None
    return ForgeError(
        "run-in-run",
        f"run {run} is being recorded in this process; a second one cannot start "
        f"inside it.\n"
        f"  Leave one of them off the record:  run(..., record=False)   or start each "
        f"in a process of its own.",
        run=run,
    )


@contextmanager
def as_current(execution: "Execution") -> Iterator[None]:
    """Make an execution the one under way.

    Args:
        execution: The run.

    Raises:
        ForgeError: `run-in-run` if another one is on record already.
    """
    _stack.append(execution)
    try:
        # Asked only now: another thread may have begun one in the meantime.
        if execution.plan.record and (first := recorded_execution()) is not execution:
            raise run_in_run(first)
        yield
    finally:
        _stack.remove(execution)
