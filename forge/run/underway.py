"""The runs that are under way in this process, the outermost first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from forge.run.execution import Execution

_stack: "list[Execution]" = []


def current_execution() -> "Execution | None":
    """Return the innermost run of this process, if one is under way."""
    return _stack[-1] if _stack else None


def recorded_execution() -> "Execution | None":
    """Return the run of this process that is on record, if there is one."""
    return next((e for e in _stack if e.plan.record), None)


@contextmanager
def as_current(execution: "Execution") -> Iterator[None]:
    """Make an execution the one under way.

    Args:
        execution: The run.
    """
    _stack.append(execution)
    try:
        yield
    finally:
        _stack.remove(execution)
