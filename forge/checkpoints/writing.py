"""One checkpoint written: complete and on the disk before it has its name."""

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forge._text import near, plural
from forge.checkpoints.adapters import adapter_for
from forge.checkpoints.arrays import FileFact
from forge.checkpoints.base import Checkpointer, Refused
from forge.checkpoints.folder import StepFolders, files_of
from forge.checkpoints.manifest import (
    FORMAT,
    MANIFEST,
    NAME,
    Manifest,
    ObjectFact,
    encode,
    stored_metrics,
)
from forge.checkpoints.randomness import random_states
from forge.checkpoints.tree import flatten, write_flat
from forge.errors import ForgeError, together
from forge.records.disk import fsync_path, fsync_tree


#: The folder of random states, beside those of the objects.
STATE = "state"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything of one checkpoint, ready to be written."""

    #: The step.
    step: int
    #: The metrics of that step, as the manifest keeps them.
    metrics: dict[str, float | str]
    #: By name, the adapter and the snapshot it took.
    copies: Mapping[str, tuple[Checkpointer, Any]]
    #: By name, what the manifest says of each object.
    facts: Mapping[str, ObjectFact]
    #: Random states and what else the run keeps beside the objects, taken apart.
    state: Any
    #: Whether it is kept whatever the rules say.
    pinned: bool
    #: Whether it takes the place of the checkpoint of that step.
    again: bool = False


def take(
    step: int,
    objects: Mapping[str, Any],
    *,
    metrics: Mapping[str, Any],
    slots: Mapping[str, str],
    state: Mapping[str, Any],
    copy: bool,
    pinned: bool = False,
    again: bool = False,
) -> Snapshot:
    """Take the state of the objects, refusing before anything is written.

    Args:
        step: The step.
        objects: What to save, by name.
        metrics: The metrics of that step.
        slots: By name, the slot whose built object it is.
        state: Plain values to keep with the random states.
        copy: Whether the objects may change before the snapshot is written.
        pinned: Whether the checkpoint is kept whatever the rules say.
        again: Whether it takes the place of the checkpoint of that step.

    Returns:
        The snapshot.

    Raises:
        ForgeError: All that cannot be saved, at once.
    """
    copies: dict[str, tuple[Checkpointer, Any]] = {}
    facts: dict[str, ObjectFact] = {}
    errors = bad_names(objects)
    for name, obj in objects.items():
        adapter = adapter_for(obj)
        try:
            taken = adapter.snapshot(obj, copy=copy)
        except Refused as e:
            errors.append(_refusal(step, f" cannot hold {name}: ", e))
            continue
        copies[name] = adapter, taken
        facts[name] = ObjectFact(
            adapter=adapter.name,
            version=adapter.version(),
            type=f"{type(obj).__module__}.{type(obj).__qualname__}",
            slot=slots.get(name),
            facts=adapter.facts(obj, taken, _of_adapter(adapter, objects)),
        )
    kept: dict[str, float | str] = {}
    both: Any = None
    try:
        kept = stored_metrics(metrics)
        own = {"random": random_states(), "state": dict(state)}
        both = flatten(own, copy=copy)
    except Refused as e:
        errors.append(_refusal(step, ": ", e))
    if errors:
        raise together(errors)
    return Snapshot(step, kept, copies, facts, both, pinned, again)


def commit(snapshot: Snapshot, folders: StepFolders) -> Path:
    """Write a snapshot and let it appear in one instant, complete and on the disk.

    Args:
        snapshot: What to write.
        folders: Where.

    Returns:
        The folder of the checkpoint.

    Raises:
        ForgeError: `checkpoint-failed`, or `checkpoint-kept` where none can be
            replaced; what was there before is untouched.
    """
    final = folders.of(snapshot.step)
    temporary: Path | None = None
    try:
        temporary = folders.temporary(snapshot.step)
        _write(snapshot, temporary)
        # Everything is on the disk before the name is: after a power cut a name
        # without its content would be a checkpoint full of zeros.
        fsync_tree(temporary)
        if snapshot.again:
            folders.exchange(snapshot.step, temporary)
        else:
            temporary.rename(final)
    except BaseException as e:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(e, ForgeError) or not isinstance(e, Exception):
            raise
        raise _failed(snapshot.step, folders, e) from e
    fsync_path(folders.root)
    return final


def _write(snapshot: Snapshot, folder: Path) -> None:
    """Write every file of a checkpoint, the manifest last."""
    known: dict[str, FileFact] = {}
    for name, (adapter, copied) in snapshot.copies.items():
        (folder / name).mkdir()
        try:
            facts = adapter.write(copied, folder / name)
        except Refused as e:
            raise _refusal(snapshot.step, f" cannot hold {name}: ", e) from e
        known |= {f"{name}/{file}": fact for file, fact in facts.items()}
    (folder / STATE).mkdir()
    facts = write_flat(snapshot.state, folder / STATE)
    known |= {f"{STATE}/{file}": fact for file, fact in facts.items()}
    manifest = Manifest(
        format=FORMAT,
        step=snapshot.step,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        metrics=snapshot.metrics,
        objects=dict(snapshot.facts),
        files=files_of(folder, known),
        pinned=snapshot.pinned,
    )
    (folder / MANIFEST).write_bytes(encode(manifest))


def _of_adapter(adapter: Checkpointer, objects: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the objects that one adapter saves."""
    return {n: o for n, o in objects.items() if adapter_for(o) is adapter}


def bad_names(names: Iterable[str]) -> list[ForgeError]:
    """List what is wrong with the names that objects are to be saved under.

    Args:
        names: The names.

    Returns:
        An error for each that is no name.
    """
    return [_bad_name(name) for name in names if not _good_name(name)]


def _good_name(name: str) -> bool:
    """Say whether a name can be that of an object's folder."""
    return bool(NAME.fullmatch(name)) and name not in (STATE, MANIFEST)


def _bad_name(name: str) -> ForgeError:
    """Say why a name is refused, and suggest one."""
    if name in (STATE, MANIFEST):
        why = "is the name of a part of every checkpoint"
        better = f"{name.partition('.')[0]}_"
    else:
        why = "cannot name a folder"
        better = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).lstrip(".-") or "model"
    return ForgeError(
        "checkpoint-name",
        f"{name!r} {why}, so no object can be saved under it.\n"
        f"  Names are made of letters, digits, '_', '.' and '-', such as {better!r}.",
        name=name,
    )


def _refusal(step: int, where: str, e: Refused) -> ForgeError:
    """Turn an adapter's refusal into an error."""
    remedy = f"\n  {e.remedy}" if e.remedy else ""
    return ForgeError(e.code, f"checkpoint {step}{where}{e.what}.{remedy}", step=step)


def _failed(step: int, folders: StepFolders, e: Exception) -> ForgeError:
    """Say that the disk refused, and what is still there."""
    reason = getattr(e, "strerror", None) or f"{type(e).__name__}: {e}"
    steps = folders.steps()
    if steps:
        intact = f"{plural(len(steps), 'checkpoint')} saved before"
        kept = f"The {intact} ({', '.join(map(str, steps[-3:]))}) are untouched."
        if len(steps) == 1:
            kept = f"The checkpoint saved before ({steps[0]}) is untouched."
    else:
        kept = "None was saved before."
    return ForgeError(
        "checkpoint-failed",
        f"checkpoint {step} could not be written: {reason}\n"
        f"  {near(folders.of(step))}\n"
        f"  {kept} Make room or mend the disk, then save again.",
        step=step,
        folder=folders.of(step),
    )
