"""A classic run rebuilt from its folder: data, model, and how to restore them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge._text import near
from forge.classic.restore import Restore
from forge.classic.saved import select
from forge.classic.sources import RunSources
from forge.classic.spaces import meaning
from forge.classic.stored import recorded_space
from forge.classic.view import Flags
from forge.errors import ForgeError, together
from forge.experiments.predecessor import run_id
from forge.records.record import Record
from forge.records.runfile import KIND_SCRIPT
from forge.records.store import find_run


ROLES: Final = ("dataset", "model")


class Loaded(NamedTuple):
    """What `load_from_checkpoint` returns.

    Attributes:
        data: What the data config's `load` returned.
        model: What the model config's `load` returned.
        restore: Puts the saved values back: `restore(session)` in a graph of
            TensorFlow, else `restore()`.
    """

    data: Any
    model: Any
    restore: Restore


def load_from_checkpoint(
    checkpoint_dir: str | Path,
    checkpoint_iter: int | None = None,
    *,
    path_prefix: str = "",
    model_kwargs: Mapping[str, Any] | None = None,
    data_kwargs: Mapping[str, Any] | None = None,
    override_flags: Mapping[str, Any] | None = None,
    trust: bool | None = None,
) -> Loaded:
    """Rebuild data and model of a run from its folder.

    The config files are those that the run stored, whatever has become of the
    originals, and the flags are those of the run.

    Args:
        checkpoint_dir: The run folder, or what else names a run, such as `mlp/3`.
        checkpoint_iter: The step to restore; None for the newest.
        path_prefix: Put before the recorded paths of config files, for a run that
            stored none.
        model_kwargs: More for the model's `load`.
        data_kwargs: More for the data's `load`.
        override_flags: Values that flags have for this load only.
        trust: Whether the code in the folder may run; None asks who made it.

    Returns:
        The data, the model, and what restores them.

    Raises:
        ForgeError: `no-run`, `no-checkpoint`, `unknown-flag`, `bad-flag`, `untrusted`
            and what config files are refused for.
    """
    folder, step = find_run(checkpoint_dir)
    record = Record.read(folder)
    if step is not None and checkpoint_iter is None and step.isdecimal():
        checkpoint_iter = int(step)
    _check(record)
    if checkpoint_iter is not None:
        select(record.dir, checkpoint_iter, run_id(record))
    sources = RunSources(record, checkpoint_iter, path_prefix, trust=trust)
    restore = Restore(record, checkpoint_iter)
    space = sources.space
    with meaning(space):
        changed = dict(override_flags or {})
        # Before, as files may read flags when they are imported; and after it, when
        # they have defined flags whose names only running them could tell.
        recorded_space(record, sources, checkpoint_iter)
        for name in [name for name in changed if name in space]:
            space.give(name, changed.pop(name))
        functions = _functions(record, sources)
        recorded_space(record, sources, checkpoint_iter)
        for name, value in changed.items():
            space.give(name, value)
        built = _build(
            functions, Flags(lambda: space), data_kwargs or {}, model_kwargs or {}
        )
    restore.target(*built)
    return Loaded(*built, restore)


def _build(
    functions: Sequence[Any],
    config: Flags,
    data_kwargs: Mapping[str, Any],
    model_kwargs: Mapping[str, Any],
) -> tuple[Any, Any]:
    """Call both `load` functions."""
    of_data, of_model = functions
    data = of_data(config, **data_kwargs) if of_data else None
    if of_model is None:
        return data, None
    # What is no mapping goes on as it is; a run without data passes none on.
    named = data if isinstance(data, Mapping) else {}
    given = () if isinstance(data, Mapping) or of_data is None else (data,)
    return data, of_model(config, *given, **{**named, **model_kwargs})


def _check(record: Record) -> None:
    """Refuse a run that no config files belong to."""
    roots = [fact for fact in record.run.components if not fact.path]
    if roots and roots[0].kind != KIND_SCRIPT:
        raise ForgeError(
            "not-classic",
            f"{run_id(record)} is a run of the experiment '{roots[0].name}', which "
            f"has decorated components and no config files.\n"
            f"  Load it with  forge.Experiment.load({near(record.dir)!r})",
            run=run_id(record),
        )


def _functions(record: Record, sources: RunSources) -> list[Any]:
    """Import both config files; what is wrong with either is said at once."""
    found, errors = [], []
    for role in ROLES:
        try:
            found.append(sources.function(role))
        except ForgeError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    if not any(found):
        raise ForgeError(
            "no-configs",
            f"{run_id(record)} names no config files, so there is nothing to rebuild.\n"
            f"  What it saved is in {near(record.dir)}; its metrics and flags are "
            f"those of forge.Record.read({near(record.dir)!r})",
            run=run_id(record),
        )
    return found
