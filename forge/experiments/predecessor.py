"""The run that is to go on: which one it is, and whether it may."""

from pathlib import Path
from typing import Any

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError
from forge.experiments.definition import Definition
from forge.records.goals import goal_of
from forge.records.numbers import existing
from forge.records.record import Record
from forge.records.store import find_run


def run_id(record: Record) -> str:
    """Name a run as lists do: `train/3`."""
    return f"{record.name}/{record.number}"


def resumable(
    experiment: Definition,
    run: Any,
    results_dir: Path,
    *,
    command: str | None = None,
) -> tuple[Record, Checkpoints]:
    """Find the run that is to go on, where the experiment may go on with it.

    Args:
        experiment: The experiment.
        run: A reference, a folder, or True for the newest run.
        results_dir: Where the runs of the experiment are.
        command: The command that is to run instead of the body.

    Returns:
        The run, and its checkpoints.

    Raises:
        ForgeError: `nothing-to-resume`, `no-run`, `no-checkpoint`, or `not-resumable`.
    """
    record, asked = run_to_resume(experiment, run, results_dir)
    _check_experiment(experiment, record, command)
    verify = experiment.options.get("verify", "sha256")
    checkpoints = checkpoints_of(record, asked, verify)
    if asked is not None:
        named, newest_step = checkpoints.select(asked), checkpoints.latest()
        if named != newest_step:
            raise _not_the_newest(record, asked, named, newest_step)
    return record, checkpoints


def run_to_resume(
    experiment: Definition, run: Any, results_dir: Path
) -> tuple[Record, str | None]:
    """Find the run that is to go on.

    Args:
        experiment: The experiment.
        run: A reference, a folder, or True for the newest run.
        results_dir: Where the runs of the experiment are.

    Returns:
        The run, and the checkpoint that was named with it, as it was written.

    Raises:
        ForgeError: `nothing-to-resume` or `no-run`.
    """
    if run is True or run == "":
        return newest(experiment, results_dir), None
    folder, step = find_run(run, results_dir)
    return Record.read(folder), step


def newest(experiment: Definition, results_dir: Path) -> Record:
    """Find the newest run of an experiment's own body.

    Args:
        experiment: The experiment.
        results_dir: Where its runs are.

    Returns:
        The run.

    Raises:
        ForgeError: `nothing-to-resume`, naming the commands that were run instead.
    """
    others = []
    for number in reversed(existing(results_dir, experiment.name)):
        try:
            record = Record.read(results_dir / experiment.name / str(number))
        except ForgeError:
            continue  # a folder that was never started
        if record.run.command is None:
            return record
        others.append(f"{experiment.name}/{number} ({record.run.command})")
    found = f" There are runs of commands: {', '.join(others[:5])}." if others else ""
    raise ForgeError(
        "nothing-to-resume",
        f"there is no run of '{experiment.name}' in {results_dir} to go on with."
        f"{found}\n  Name one:  --resume RUN   or look elsewhere:  --results-dir DIR",
        results_dir=results_dir,
    )


def checkpoints_of(record: Record, step: int | str | None, verify: Any) -> Checkpoints:
    """Open the checkpoints of a run, best by its goal or by the metric asked for.

    Args:
        record: The run.
        step: The checkpoint that is wanted: a number, `best`, `best:metric` and such.
        verify: How its files are checked: `sha256` or `size`.

    Returns:
        Its checkpoints.
    """
    goal = goal_of(record.run.goal)
    wanted = str(step).removeprefix("best:")
    if wanted not in (goal and goal.metric, "best"):
        goal = goal_of(wanted)
    return Checkpoints(
        record.layout.checkpoints,
        best_metric=goal.metric if goal else None,
        best_mode=goal.mode if goal else "max",
        verify=verify,
    )


def run_alive(record: Record) -> ForgeError:
    """Make the error for a run that cannot be resumed because it goes on."""
    return ForgeError(
        "run-alive",
        f"{run_id(record)} is still running (process {record.run.pid}). A run is "
        f"resumed after it has ended.",
        run=run_id(record),
    )


def _check_experiment(
    experiment: Definition, record: Record, command: str | None
) -> None:
    """Refuse what is no run of the experiment's body, or is not to go on with it."""
    name = experiment.name
    if not experiment.options.get("resumable", True):
        why = (
            f"experiment '{name}' says resumable=False, so its runs cannot be resumed."
        )
    elif record.name != name or record.run.command is not None:
        what = record.run.command or record.name
        why = (
            f"{run_id(record)} is a run of '{what}', not of experiment '{name}' "
            f"itself, and cannot be resumed by it."
        )
    elif command is not None:
        why = (
            f"{run_id(record)} is a run of experiment '{name}' itself, so command "
            f"'{command}' cannot go on with it.\n"
            f"  To call it on what the run has saved:  {command} --from "
            f"{run_id(record)}   in Python:  "
            f"forge.Experiment.load('{run_id(record)}').call('{command}')"
        )
    else:
        return
    raise ForgeError("not-resumable", why, run=run_id(record))


def _not_the_newest(
    record: Record, asked: str, named: int | None, newest_step: int | None
) -> ForgeError:
    """Say that a run does not go on from an older checkpoint."""
    run = run_id(record)
    said = f"{run}@{asked}" if asked == str(named) else f"{run}@{asked} (step {named})"
    return ForgeError(
        "not-resumable",
        f"{said}: a run goes on from its newest checkpoint, which is step "
        f"{newest_step} here.\n"
        f"  Go on from that:  --resume {run}   or begin a new run with the components "
        f"as step {named} has them:  --from {run}@{named}",
        run=run,
    )
