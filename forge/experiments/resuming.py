"""Runs that go on: which one, with which code, from which step."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge._text import plural
from forge.checkpoints.manager import Checkpoints
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.decoding import decoded, todays_classes, todays_objects
from forge.experiments.definition import Definition
from forge.masking import masked_values
from forge.rebuild.form import read_manifest
from forge.rebuild.manifest import Manifest
from forge.records.codec import rich, to_json
from forge.records.goals import goal_of
from forge.records.numbers import existing
from forge.records.record import Record
from forge.records.runfile import Change
from forge.records.sessions import config_at
from forge.records.status import Status
from forge.records.store import find_run
from forge.run.cells import typed_script
from forge.run.plan import Resumption
from forge.run.sources import project_root
from forge.run.staleness import stale, unstored


#: Where values come from that a run has stored.
STORED: Final = "stored config"

#: More changed files than this are counted only.
_MOST_NAMED: Final = 5


def stored_layer(
    record: Record, step: int | None = None, *, filled: Mapping[str, Any] | None = None
) -> Layer:
    """Make the layer of a run's stored config.

    Args:
        record: The run.
        step: The checkpoint whose config it is; None for the newest.
        filled: What other runs fill slots with, by path.

    Returns:
        Its flags, lowest but for the defaults of the code.
    """
    flags = decoded(config_at(record, step), todays_classes) | dict(filled or {})
    source = f"{STORED} of {run_id(record)}"
    return mapping_layer(source, flags, stored=True, resolve=todays_objects)


def run_id(record: Record) -> str:
    """Name a run as lists do: `train/3`."""
    return f"{record.name}/{record.number}"


def resumption_for(
    experiment: Definition,
    run: Any,
    results_dir: Path,
    *,
    code: str | None,
    command: str | None = None,
    requeued: bool = False,
) -> Resumption:
    """Decide what resuming a run means.

    Args:
        experiment: The experiment.
        run: A reference, a folder, or True for the newest run.
        results_dir: Where the runs of the experiment are.
        code: `current` goes on with today's code though it differs; `stored` says
            that the experiment is the run's own.
        command: The command that is to run instead of the body.
        requeued: Whether its own task goes on, which a scheduler has ended: where its
            process was on another machine, nothing else can tell that it is gone.

    Returns:
        The resumption.

    Raises:
        ForgeError: `nothing-to-resume`, `no-run`, `no-checkpoint`, `run-alive`,
            `not-resumable` or `code-changed`.
    """
    record, asked = run_to_resume(experiment, run, results_dir)
    _check_experiment(experiment, record, command)
    if record.status is Status.RUNNING and not (record.doubt or requeued):
        raise run_alive(record)
    if code is None:
        _check_script(experiment, record)
    changed = [] if code == "stored" else changed_sources(experiment, record)
    if changed and code != "current":
        raise _code_changed(record, changed)
    verify = experiment.options.get("verify", "sha256")
    checkpoints = checkpoints_of(record, asked, verify)
    step = checkpoints.latest()
    if asked is not None and (named := checkpoints.select(asked)) != step:
        raise _not_the_newest(record, asked, named, step)
    return Resumption(
        record=record,
        step=step,
        new_sources=bool(changed),
        elapsed=elapsed_of(record),
        # Hashed once: what the body restores is what was chosen here.
        checked=checkpoints.checked,
    )


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


def _check_script(experiment: Definition, record: Record) -> None:
    """Refuse the run of another script, whose experiment has the same name."""
    today = experiment.component.file
    began = next((c.file for c in record.run.components if not c.path), None)
    if not today or not began or not Path(today).is_file():
        return
    other = project_root(Path(today)) / began
    # A script that is there no more was renamed, or is elsewhere.
    if other.is_file() and not other.samefile(today):
        raise ForgeError(
            "not-resumable",
            f"{run_id(record)} is a run of {began}, and this is "
            f"{Path(today).name}: both have an experiment '{experiment.name}'.\n"
            f"  Name a run of this one:  --resume RUN   or give one of them another "
            f"name:  @forge.experiment(name=...)",
            run=run_id(record),
        )


def run_alive(record: Record) -> ForgeError:
    """Make the error for a run that cannot be resumed because it goes on."""
    return ForgeError(
        "run-alive",
        f"{run_id(record)} is still running (process {record.run.pid}). A run is "
        f"resumed after it has ended.",
        run=run_id(record),
    )


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


def changed_sources(experiment: Definition, record: Record) -> list[str]:
    """List the sources of a run that differ from today's.

    Args:
        experiment: The experiment of today.
        record: The run.

    Returns:
        Paths below the project root, sorted.
    """
    manifest = newest_manifest(record)
    if manifest is None:
        return []
    script = typed_script(experiment.component)
    return stale(manifest, _root_of(experiment), script)


def newest_manifest(record: Record) -> Mapping[str, Any] | None:
    """Read what is said of the sources that a run was last made with.

    Args:
        record: The run.

    Returns:
        The manifest; None where there is none that makes sense.
    """
    sessions = record.run.sessions
    name = sessions[-1].sources if sessions else record.layout.sources.name
    try:
        folder = record.layout.sources_of(name)
        manifest = read_manifest(folder)
        # Its form is checked: anybody may have written it.
        Manifest.of(folder, manifest)
    except ForgeError:
        return None
    return manifest


def _root_of(experiment: Definition) -> Path:
    """The project root of an experiment of today."""
    component = experiment.component
    file = None if typed_script(component) else component.file
    return project_root(Path(file) if file else None)


def changes_between(record: Record, config: Config) -> dict[str, Change]:
    """List the values that a resume gives anew.

    Args:
        record: The run.
        config: The config it goes on with.

    Returns:
        Old and new value by full key.
    """
    old = config_at(record)
    # Masked ones are as they were, as far as anybody can tell.
    new = masked_values(config.stored(rich))
    origins = {key: config.origin(key) for key in new}
    return {
        key: Change(old=old.get(key), new=new[key])
        for key, origin in origins.items()
        if origin.is_given and not origin.source.startswith(STORED)
        # As a file would have it: infinity is a text there.
        if key not in old or to_json(old[key]) != to_json(new[key])
    }


def with_changes(
    resumption: Resumption, config: Config, experiment: Definition | None
) -> Resumption:
    """Note in a resumption what its config gives anew.

    Args:
        resumption: The resumption.
        config: The config it goes on with.
        experiment: The experiment of today; None where it is the run's own.

    Returns:
        The same with the values, and with today's sources where they define a
        component that those of the run do not.
    """
    changes = changes_between(resumption.record, config)
    new = resumption.new_sources
    if changes and experiment and not new:
        manifest = newest_manifest(resumption.record)
        files = files_of(config)
        new = bool(manifest and unstored(manifest, _root_of(experiment), files))
    return dataclasses.replace(resumption, changes=changes, new_sources=new)


def files_of(config: Config) -> list[str]:
    """List the files that define the components of a config.

    Args:
        config: The config.

    Returns:
        Their paths; what was typed in has none.
    """
    components = (scope.component for scope in config.tree.scopes.values())
    files = dict.fromkeys(c.file for c in components if c.file)
    return [file for file in files if Path(file).is_file()]


def elapsed_of(record: Record) -> float:
    """Count the seconds that a run took so far, also where it was killed."""
    times = [series.times[-1] for series in record.metrics.values() if series.times]
    return max([record.run.duration or 0.0, *times])


def _code_changed(record: Record, changed: list[str]) -> ForgeError:
    """Say which sources differ, and the two ways to go on."""
    shown = ", ".join(changed[:_MOST_NAMED])
    if len(changed) > _MOST_NAMED:
        shown += f" and {len(changed) - _MOST_NAMED} more"
    return ForgeError(
        "code-changed",
        f"{plural(len(changed), 'source')} of {run_id(record)} changed since: {shown}."
        f"\n  Go on with the run's own:  --resume {run_id(record)} "
        f"--code stored   or with today's:  --resume {run_id(record)} --code current",
        run=run_id(record),
        files=changed,
    )
