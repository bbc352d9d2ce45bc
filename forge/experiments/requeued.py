"""Runs of tasks that a scheduler may start again: `FORGE_RUN_DIR`."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.experiments.definition import Definition
from forge.experiments.resuming import changed_sources
from forge.experiments.running import Request
from forge.records.numbers import is_number
from forge.records.record import Record
from forge.records.store import is_run


#: The folder that the run of a task is kept in.
_RUN_DIR: Final = "FORGE_RUN_DIR"
#: How often Slurm has started a task again.
_RESTARTS: Final = "SLURM_RESTART_COUNT"


def in_task_folder(
    request: Request, name: str, environment: Mapping[str, str] = os.environ
) -> tuple[Request, list[str]]:
    """Give a run the folder of its task, or go on with the run that is there.

    Args:
        request: What is wanted.
        name: The name of the experiment.
        environment: The variables of the process.

    Returns:
        The request for that folder, and what there is to say of it. It is what it was
        without the variable, for a command, and where nothing is recorded.

    Raises:
        ForgeError: `run-dir-taken` when the folder holds a run and the task was not
            started again.
    """
    given = environment.get(_RUN_DIR)
    if not given or request.resume or request.command or request.dry:
        return request, []
    if not request.record:
        return request, []
    folder = Path(given).expanduser().absolute()
    if folder.parent.name != name or not is_number(folder.name):
        note = (
            f"{_RUN_DIR}={given} is not used: it would have to end in {name} and a "
            f"number, as in results/{name}/$SLURM_JOB_ID"
        )
        return request, [note]
    if not is_run(folder):
        return dataclasses.replace(request, folder=folder), []
    restarts = environment.get(_RESTARTS, "")
    if not restarts.isdecimal() or not int(restarts):
        raise ForgeError(
            "run-dir-taken",
            f"{_RUN_DIR}={given}: there is a run in that folder, and {_RESTARTS} does "
            f"not say that the task was started again.\n"
            f"  Go on with it:  --resume {folder}   or choose another folder.",
            folder=folder,
        )
    request = dataclasses.replace(request, resume=str(folder), requeued=True)
    return request, [f"the task was started again ({_RESTARTS}={restarts})"]


def with_own_code(experiment: Definition, request: Request) -> Request:
    """Let a task that was started again go on with its own code, if it changed since.

    Nobody is there to be asked which code is meant.

    Args:
        experiment: The experiment of today.
        request: What is wanted.

    Returns:
        The request, for the code that the task began with.
    """
    if not request.requeued or request.code is not None:
        return request
    record = Record.read(Path(request.resume))
    if not changed_sources(experiment, record):
        return request
    return dataclasses.replace(request, code="stored")
