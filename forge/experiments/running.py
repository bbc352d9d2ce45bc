"""Requests to run an experiment, turned into plans and carried out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from forge.configuration.layers import Layer
from forge.configuration.values import Config
from forge.experiments.definition import Definition
from forge.experiments.layering import layers_of
from forge.experiments.options import check_run
from forge.experiments.origins import choices_of, lineage_of, open_runs
from forge.records.runfile import Parent
from forge.run.execution import Execution
from forge.run.lifecycle import Run
from forge.run.plan import Plan, Settings
from forge.run.sources import Sources


# What only a run needs that comes from another one is imported when it does.
if TYPE_CHECKING:
    from forge.experiments.rebuilding import Stored


#: Fields of a request that callers may give as any list, and change afterwards.
_LISTS: Final = frozenset({"presets", "words", "tags", "argv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a caller wants run; the arguments of `Experiment.run` and of the script.

    Attributes:
        config: Values by key from Python.
        presets: Names of presets.
        words: What one types after `with`.
        command: A command instead of the body.
        results_dir: Where run directories go.
        record: Whether to leave one.
        resume: The run to go on with: a reference, or True for the newest.
        code: Which sources a resumed run uses when they differ.
        tags: Tags for the run.
        label: A short name for it.
        note: A remark.
        capture: How output is captured.
        quiet: Whether the console stays silent.
        argv: The words that started it.
        objects: Gives what is built elsewhere for a config, by path of the slot.
        parent: The run it comes from.
        dry: Whether to build everything and stop before the body.
        under: Layers below all others, such as a recorded run's config.
        stored: The stored sources that define the experiment.
        complain: Shows what the body raised while output is still captured.
        folder: The folder of the run, where it is not the next number.
        requeued: Whether the same task goes on that a scheduler has ended, so that
            nobody else can be in its run.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    presets: Sequence[str] = ()
    words: Sequence[str] = ()
    command: str | None = None
    results_dir: str | Path | None = None
    record: bool = True
    resume: Any = None
    code: Literal["stored", "current"] | None = None
    tags: Sequence[str] = ()
    label: str | None = None
    note: str | None = None
    capture: Literal["no", "sys", "fd"] = "sys"
    quiet: bool = False
    argv: Sequence[str] = ()
    objects: Callable[[Config], Mapping[str, Any]] | None = None
    parent: Parent | None = None
    dry: bool = False
    under: Sequence[Layer] = ()
    stored: "Stored | None" = None
    complain: Callable[[BaseException], None] | None = None
    folder: Path | None = None
    requeued: bool = False


def asked(
    call: str, config: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Check what somebody asks of a run in Python.

    Args:
        call: The function that was called, for messages.
        config: Values by key.
        options: Further arguments by name.

    Returns:
        The fields of a request that are given.

    Raises:
        ForgeError: `bad-option`, for all mistakes at once.
    """
    check_run(call, config, options)
    lists = {n: tuple(v) for n, v in options.items() if n in _LISTS}
    return {"config": dict(config or {}), **options, **lists}


def run(experiment: Definition, request: Request) -> Run:
    """Run an experiment.

    Args:
        experiment: The experiment.
        request: What is wanted.

    Returns:
        The run in its final state.

    Raises:
        ForgeError: A mistake, before anything is written.
        BaseException: What the body raised, after it was recorded.
    """
    return Execution(plan_for(experiment, request)).carry_out()


def plan_for(experiment: Definition, request: Request) -> Plan:
    """Resolve a request into a plan.

    Args:
        experiment: The experiment.
        request: What is wanted.

    Returns:
        The plan; nothing has been written.

    Raises:
        ForgeError: All mistakes at once.
    """
    layers, presets, errors = layers_of(
        experiment.presets,
        # What a run has stored stands above the file: it is in it already.
        base=None if request.under or request.resume else experiment.config_file,
        presets=request.presets,
        words=request.words,
        config=request.config,
    )
    results_dir = Path(experiment.results_dir(request.results_dir))
    resumption = None
    if request.resume:
        from forge.experiments.resuming import (  # noqa: PLC0415
            resumption_for,
            stored_layer,
        )

        resumption = resumption_for(
            experiment,
            request.resume,
            results_dir,
            code="stored" if request.stored else request.code,
            command=request.command,
            requeued=request.requeued,
        )
        if not request.under:
            record = resumption.record
            filled = choices_of(record, experiment.lookup(results_dir))
            layers = [stored_layer(record, filled=filled), *layers]
    layers = [*request.under, *layers]
    config = experiment.resolved(
        layers, command=request.command, errors=errors, results_dir=results_dir
    )
    # Before there is a run directory, so that a refusal leaves none behind.
    open_runs(config.tree)
    if resumption is not None:
        from forge.experiments.resuming import with_changes  # noqa: PLC0415

        todays = None if request.stored else experiment
        resumption = with_changes(resumption, config, todays)
    copies = _copies(request.stored, config)
    if resumption is not None and copies is not None and copies.outside:
        resumption = replace(resumption, new_sources=True)
    command = request.command
    return Plan(
        name=experiment.name,
        root=experiment.component,
        config=config,
        command=experiment.command_named(command) if command else None,
        before=() if command else experiment.hooks_before,
        after=() if command else experiment.hooks_after,
        presets=presets,
        settings=Settings(**experiment.options),
        record=request.record and not request.dry,
        results_dir=results_dir,
        observers=experiment.observers,
        capture=request.capture,
        quiet=request.quiet,
        argv=request.argv,
        label=request.label,
        tags=request.tags,
        note=request.note,
        parent=request.parent,
        lineage=lineage_of(config.tree),
        resumption=resumption,
        objects=request.objects(config) if request.objects else {},
        main_file=main_file_of(experiment),
        source_globs=experiment.sources,
        dry=request.dry,
        stored=copies,
        complain=request.complain,
        folder=request.folder,
    )


def _copies(stored: "Stored | None", config: Config) -> Sources | None:
    """The sources of a run, for one that is made from them and files of today."""
    if stored is None:
        return None
    from forge.experiments.resuming import files_of  # noqa: PLC0415
    from forge.run.stored import sources_of, with_components  # noqa: PLC0415

    own = sources_of(stored.folder, stored.manifest)
    return with_components(own, files_of(config))


def main_file_of(experiment: Definition) -> Path | None:
    """Find the file that defines an experiment; None for one that was typed in."""
    file = experiment.component.file
    path = Path(file) if file else None
    return path if path is not None and path.is_file() else None
