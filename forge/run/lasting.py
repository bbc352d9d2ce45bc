"""A run whose body is the rest of the process, or of a notebook."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from types import CodeType
from typing import Any

from forge.observers.base import Noted
from forge.run.execution import Execution
from forge.run.lifecycle import Run
from forge.run.plan import Plan
from forge.run.tracebacks import message_of


class Lasting:
    """A run that begins with a call and ends with another.

    Args:
        plan: The run.
        body: The code in which a signal may end it, that of the script; None in a
            notebook, whose kernel takes care of signals.

    Raises:
        ForgeError: It cannot begin; nothing is left behind.
    """

    def __init__(self, plan: Plan, body: CodeType | None) -> None:
        self._pid = os.getpid()
        self._execution = Execution(plan, body=body)
        self._open = ExitStack()
        self._open.enter_context(self._execution.alive())
        self._execution.stopping.begun = True

    @property
    def run(self) -> Run:
        """The run."""
        return self._execution.run

    @property
    def is_fork(self) -> bool:
        """Whether this is a child of the run's process, which must not end the run."""
        return os.getpid() != self._pid

    def tell_flags(self, flags: Mapping[str, Any]) -> None:
        """Record the flags anew.

        Args:
            flags: All of them, in their stored form.
        """
        self._execution.send(Noted("flags", dict(flags)))

    def end(self, raised: BaseException | None) -> None:
        """End the run; what was measured last is saved, as at the end of any.

        Args:
            raised: What ended it; None where all is well, or a signal has ended it.
        """
        if self.is_fork:
            return
        stopping = self._execution.stopping
        if raised is None and stopping.acted:
            raised = stopping.asked
        try:
            if raised is None:
                self._save_last()
            else:
                self._execution.finish_saving(raised)
            self._execution.settle(raised)
        finally:
            self._open.close()

    def _save_last(self) -> None:
        """Save the end of a body that has no later step."""
        try:
            self.run.check_restored()
            self._execution.finish_saving(None)
        except Exception as error:  # noqa: BLE001 - there is nobody left to raise it to
            self.run.remark(f"no final checkpoint: {message_of(error)}")
