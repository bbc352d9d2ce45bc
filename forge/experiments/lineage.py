"""Components that come out of recorded runs: `teacher=run:train/3@best`."""

from pathlib import Path

from forge.component import Component
from forge.errors import ForgeError
from forge.experiments.loaded import LoadedExperiment
from forge.experiments.loading import Loading
from forge.experiments.origins import FromRun, WholeRecord, WholeRun
from forge.records.record import Record
from forge.records.runfile import Parent
from forge.records.sessions import components_at
from forge.records.store import find_run
from forge.references import RUN, RUN_KINDS


def component_of_run(reference: str, kind: str, results_dir: str) -> Component:
    """Find the component of a kind in a recorded run.

    Args:
        reference: `run:train/3`, with `@step` for a checkpoint, and `#slot` where the
            run has several components of the kind.
        kind: The kind.
        results_dir: Where runs are.

    Returns:
        A component without parameters: what it builds is fixed by the run. For a slot
        that takes a whole run, it builds the loaded experiment or the record.

    Raises:
        ForgeError: `no-run`, `no-checkpoint`, or `run-choice` when the run does not
            settle which component is meant.
    """
    run, _, slot = reference.removeprefix(RUN).partition("#")
    folder, step = find_run(run, Path(results_dir))
    # Absolute: what is loaded outlives the working directory.
    record = Record.read(folder.resolve())
    loaded = LoadedExperiment(record, Loading(step=step or "latest"))
    if kind in RUN_KINDS:
        return _whole(loaded, kind, reference)
    facts = components_at(loaded.record, loaded.step)
    paths = [fact.path for fact in facts if fact.kind == kind and fact.path]
    chosen = slot or (kind if kind in paths else paths[0] if len(paths) == 1 else "")
    if chosen not in paths:
        options = ", ".join(f"{RUN}{run}#{path}" for path in paths)
        raise ForgeError(
            "run-choice",
            f"{run} has {len(paths)} components of kind {kind}"
            + (f"; choose one: {options}" if paths else "."),
            reference=reference,
            options=paths,
        )
    return Component.of(
        FromRun(loaded, chosen, name=reference, origin=_origin(loaded)),
        kind,
        name=reference,
    )


def _whole(loaded: LoadedExperiment, kind: str, reference: str) -> Component:
    """Make the component that is a whole run, loaded or only read."""
    made = WholeRun if kind == "experiment" else WholeRecord
    return Component.of(
        made(loaded, name=reference, origin=_origin(loaded)), kind, name=reference
    )


def _origin(loaded: LoadedExperiment) -> Parent:
    """The run and step that something was taken from."""
    run = str(loaded.record.layout.folder)
    return Parent(kind="component", run=run, step=loaded.step)
