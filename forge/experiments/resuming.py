"""Runs that go on: which one, with which code, from which step."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge._text import plural
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.decoding import decoded, todays_classes, todays_objects
from forge.experiments.definition import Definition
from forge.experiments.predecessor import resumable, run_alive, run_id
from forge.masking import masked_values
from forge.rebuild.form import read_manifest
from forge.rebuild.manifest import Manifest
from forge.records.codec import rich, to_json
from forge.records.record import Record
from forge.records.runfile import Change
from forge.records.sessions import config_at
from forge.records.status import Status
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
    record, checkpoints = resumable(experiment, run, results_dir, command=command)
    if record.status is Status.RUNNING and not (record.doubt or requeued):
        raise run_alive(record)
    if code is None:
        _check_script(experiment, record)
    changed = [] if code == "stored" else changed_sources(experiment, record)
    if changed and code != "current":
        raise _code_changed(record, changed)
    return Resumption(
        record=record,
        step=checkpoints.latest(),
        new_sources=bool(changed),
        elapsed=elapsed_of(record),
        # Hashed once: what the body restores is what was chosen here.
        checked=checkpoints.checked,
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
