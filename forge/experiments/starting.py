"""Starts asked for on a command line: fresh, resumed, or from a recorded run."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forge.commandline import Invocation
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.definition import Definition
from forge.experiments.layering import layers_of
from forge.experiments.origins import choices_of
from forge.experiments.running import Request, main_file_of, plan_for
from forge.records.runfile import Parent
from forge.run.execution import Execution
from forge.run.lifecycle import Run
from forge.run.plan import Plan


if TYPE_CHECKING:
    from forge.records.record import Record

#: The variable that names the folder of a task's run.
RUN_DIR: Final = "FORGE_RUN_DIR"

# What only a start from another run needs is imported by those starts.
Tell = Callable[[Sequence[str]], None]

#: How many changed files a message names.
_NAMED: Final = 3


def start(
    experiment: Definition, request: Request, invocation: Invocation, *, tell: Tell
) -> Run:
    """Start the run that a command line asks for.

    Args:
        experiment: The script's experiment.
        request: What is wanted.
        invocation: The command line, for `--from`, `--code` and `--enforce-clean`.
        tell: Shows notes.

    Returns:
        The run in its final state.

    Raises:
        ForgeError: A mistake, before anything is written.
        BaseException: What the body raised, after it was recorded.
    """
    if invocation.has("enforce-clean"):
        _refuse_dirty(experiment)
    if isinstance(request.resume, str):
        resume = _of_experiment(experiment, request.resume)
        request = dataclasses.replace(request, resume=resume)
    notes: list[str] = []
    if RUN_DIR in os.environ and not invocation.has("from"):
        from forge.experiments.requeued import (  # noqa: PLC0415 - tasks only
            in_task_folder,
            with_own_code,
        )

        request, notes = in_task_folder(request, experiment.name)
        request = with_own_code(experiment, request)
    if request.resume and request.code == "stored":
        experiment, request = _own_code(experiment, request)
    elif invocation.has("from"):
        request = _from_run(
            experiment, request, _of_experiment(experiment, invocation.get("from"))
        )
    tell(notes)
    return carry_out(plan_for(experiment, request), tell=tell)


def carry_out(plan: Plan, *, tell: Tell) -> Run:
    """Carry out a plan, and show notes before it and after it.

    Args:
        plan: The run.
        tell: Shows notes.

    Returns:
        The run in its final state.

    Raises:
        BaseException: What the body raised, after it was recorded.
    """
    tell(plan.told)
    execution = Execution(plan)
    try:
        return execution.carry_out()
    finally:
        if plan.dry:  # others are told as they come
            tell([note for note in execution.run.notes if note not in plan.told])


def _of_experiment(experiment: Definition, reference: str) -> str:
    """Take a bare number as a run of this experiment: `2` or `2@500`."""
    is_number = reference.partition("@")[0].isdecimal()
    return f"{experiment.name}/{reference}" if is_number else reference


def _own_code(experiment: Definition, request: Request) -> tuple[Definition, Request]:
    """Go on with the code that the run stored."""
    from forge.experiments.loaded import LoadedExperiment  # noqa: PLC0415
    from forge.experiments.loading import Loading  # noqa: PLC0415
    from forge.experiments.predecessor import run_to_resume  # noqa: PLC0415

    results_dir = Path(experiment.results_dir(request.results_dir))
    record, step = run_to_resume(experiment, request.resume, results_dir)
    loaded = LoadedExperiment(record, Loading())
    folder = record.layout.folder
    return loaded.definition, dataclasses.replace(
        request,
        resume=f"{folder}@{step}" if step else folder,
        under=loaded.layers(),
        stored=loaded.stored,
    )


def _from_run(experiment: Definition, request: Request, reference: str) -> Request:
    """Take config, components and weights from a recorded run."""
    from forge.experiments.loaded import LoadedExperiment  # noqa: PLC0415
    from forge.experiments.loading import Loading  # noqa: PLC0415
    from forge.experiments.resuming import stored_layer  # noqa: PLC0415

    results_dir = Path(experiment.results_dir(request.results_dir))
    record, step = _to_begin_with(experiment, reference, results_dir)
    loading = Loading(step=step or "latest", code=request.code or "stored")
    loaded = LoadedExperiment(record, loading)
    if loaded.components:
        # Before there is a run directory, so that a refusal leaves none behind.
        loaded.open()
    filled = choices_of(record, experiment.lookup(results_dir), loaded.step)
    return dataclasses.replace(
        request,
        under=[stored_layer(record, loaded.step, filled=filled)],
        objects=loaded.objects,
        parent=Parent(
            kind="loaded", run=str(record.layout.folder.resolve()), step=loaded.step
        ),
    )


def _to_begin_with(
    experiment: Definition, reference: str, results_dir: Path
) -> tuple["Record", str | None]:
    """Find the run that `--from` names, and the checkpoint named with it."""
    from forge.records.record import Record  # noqa: PLC0415
    from forge.records.store import find_run  # noqa: PLC0415

    folder, step = find_run(reference, results_dir)
    record = Record.read(folder)
    if record.name != experiment.name:
        raise ForgeError(
            "not-from-here",
            f"--from {reference}: that is a run of '{record.name}', not of "
            f"'{experiment.name}'.",
            run=reference,
        )
    return record, step


def config_upon(experiment: Definition, invocation: Invocation) -> Config:
    """Resolve the config that a run would have which a recorded run is named for.

    Args:
        experiment: The script's experiment.
        invocation: The command line, with `--resume` or `--from`.

    Returns:
        The config; nothing is built, and no code of the run is executed.

    Raises:
        ForgeError: There is no such run or checkpoint, or all mistakes in the values.
    """
    from forge.experiments.loaded import LoadedExperiment  # noqa: PLC0415
    from forge.experiments.loading import Loading  # noqa: PLC0415
    from forge.experiments.predecessor import resumable  # noqa: PLC0415
    from forge.experiments.resuming import stored_layer  # noqa: PLC0415

    if isinstance(experiment, LoadedExperiment):
        # Its values are those of its run anyway.
        return experiment.configure(words=invocation.words)
    results_dir = Path(experiment.results_dir(invocation.get("results-dir")))
    step: int | None = None
    if invocation.has("from"):
        reference = _of_experiment(experiment, invocation.get("from"))
        record, named = _to_begin_with(experiment, reference, results_dir)
        step = LoadedExperiment(record, Loading(step=named)).step if named else None
    else:
        run = _of_experiment(experiment, invocation.get("resume"))
        record, _ = resumable(experiment, run, results_dir)
    given, _, errors = layers_of(experiment.presets, words=invocation.words)
    filled = choices_of(record, experiment.lookup(results_dir), step)
    under = stored_layer(record, step, filled=filled)
    return experiment.resolved([under, *given], errors=errors, results_dir=results_dir)


def _refuse_dirty(experiment: Definition) -> None:
    """Refuse a run that its commit alone would not describe."""
    from forge.run.repository import git_facts  # noqa: PLC0415 - this option only
    from forge.run.sources import project_root  # noqa: PLC0415

    root = project_root(main_file_of(experiment))
    git, _ = git_facts(root)
    if git is not None and git.commit and git.dirty is False:
        return
    why = "is no git repository"
    if git is not None:
        why = _uncommitted(root, dirty=git.dirty) if git.commit else "has no commit yet"
    raise ForgeError(
        "not-clean",
        f"--enforce-clean: {root} {why}, so the run could not be told from its commit. "
        f"Commit first, or leave the option out.",
        root=root,
    )


def _uncommitted(root: Path, *, dirty: bool | None) -> str:
    """Say how a repository differs from its commit."""
    from forge.run.uncommitted import uncommitted  # noqa: PLC0415 - this option only

    if dirty is None:
        return "cannot be compared with its commit by git"
    names = uncommitted(root)
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"has uncommitted changes ({listed})" if names else "has uncommitted changes"
