"""A checkpoint put back: everything is compared before anything is changed."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from forge._text import did_you_mean, near
from forge.checkpoints.adapters import adapter_for
from forge.checkpoints.base import Checkpointer, Prepared, Refused, Stored
from forge.checkpoints.difference import Difference
from forge.checkpoints.folder import StepFolders
from forge.checkpoints.manifest import Manifest, ObjectFact
from forge.errors import ForgeError, together


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What is asked of a restore."""

    #: The entry to restore an object from, where it is not its own name.
    names: Mapping[str, str] = field(default_factory=dict)
    #: Whether to restore what fits and leave the rest as it is.
    partial: bool = False
    #: Whether to refuse objects that cannot be changed themselves.
    in_place: bool = False
    #: Whether to set the random generators as they were.
    random_states: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    #: The step it restored; 0 when nothing was saved yet.
    step: int
    #: The objects to use from now on, by the name they were given under; numbers and
    #: text are new ones, everything else is what was given.
    objects: Mapping[str, Any]
    #: By name, what was restored and what was left as it was.
    differences: Mapping[str, Difference]
    #: What was saved and not asked for.
    left: Collection[str] = ()
    #: The random states, and what else was saved beside the objects.
    state: Mapping[str, Any] = field(default_factory=dict)
    #: What the user should know of it.
    notes: tuple[str, ...] = ()


class RestoredStep(int):
    """The last finished step, as a number, and what a partial restore did.

    Args:
        step: The step.
        differences: By name of the object, what fitted and what did not.
    """

    #: By name of the object, what was restored (`fitting`) and what was not.
    differences: Mapping[str, Difference]

    def __new__(cls, step: int, differences: Mapping[str, Difference]) -> Self:
        """Make the number."""
        made = super().__new__(cls, step)
        made.differences = differences
        return made


@dataclass(frozen=True, slots=True)
class _Entry:
    """One object, and the entry it is restored from."""

    name: str
    obj: Any
    adapter: Checkpointer
    stored: Stored


def put_back(
    folders: StepFolders,
    step: int,
    objects: Mapping[str, Any],
    how: How,
    *,
    sound: Callable[[], None],
) -> Restored:
    """Restore objects from one checkpoint, all of them or none.

    Args:
        folders: Where the checkpoints are.
        step: Which one.
        objects: The objects to restore, by name.
        how: What is asked for.
        sound: Raises, before anything is changed, if the files are not what was saved.

    Returns:
        What was done.

    Raises:
        ForgeError: All that does not fit, at once; nothing was changed then.
    """
    manifest = folders.manifest(step)
    entries = _entries(folders, manifest, objects, how.names)
    prepared: dict[str, Prepared] = {}
    try:
        # Those that are built first: where they do not fit, nothing need be built.
        for built in (True, False):
            errors = []
            for e in [e for e in entries if e.adapter.built(e.obj) == built]:
                if e.name not in prepared:
                    prepared[e.name] = _prepare(step, e)
                    wrong = prepared[e.name].difference
                    if wrong and not how.partial:
                        errors.append(_mismatch(folders, step, e.name, wrong))
                    elif how.in_place and not prepared[e.name].in_place:
                        what = f"checkpoint {step} cannot be put into {e.name}"
                        errors.append(not_in_place(what, e.name, e.obj))
            if errors:
                raise together(errors)
        sound()
        changed = _apply(prepared)
    finally:
        for p in prepared.values():
            p.release()
    return Restored(
        step,
        {name: changed[name] for name in objects},
        {name: prepared[name].difference for name in objects},
        left=manifest.objects.keys() - {how.names.get(name, name) for name in objects},
        notes=tuple(
            f"{name}: {prepared[name].note}" for name in objects if prepared[name].note
        ),
    )


def _entries(
    folders: StepFolders,
    manifest: Manifest,
    objects: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[_Entry]:
    """Find the entry and the adapter of each object."""
    wanted = {name: names.get(name, name) for name in objects}
    errors = [
        _not_in_checkpoint(folders, manifest, name, entry)
        for name, entry in wanted.items()
        if entry not in manifest.objects
    ]
    errors += [
        _not_given(n, names[n], objects) for n in sorted(set(names) - set(objects))
    ]
    if errors:
        raise together(errors)
    facts = {entry: manifest.objects[entry].facts for entry in wanted.values()}
    beside = {entry: (objects[name], facts[entry]) for name, entry in wanted.items()}
    found = []
    for name, entry in wanted.items():
        obj, fact = objects[name], manifest.objects[entry]
        adapter = adapter_for(obj)
        if adapter.name != fact.adapter:
            errors.append(_other_adapter(manifest.step, name, obj, fact))
            continue
        stored = Stored(folders.of(manifest.step) / entry, facts[entry], beside)
        found.append(_Entry(name, obj, adapter, stored))
    if errors:
        raise together(errors)
    return found


def _prepare(step: int, entry: _Entry) -> Prepared:
    """Let the adapter compare; turn what it refuses into an error."""
    try:
        return entry.adapter.prepare(entry.obj, entry.stored)
    except Refused as e:
        text = f"checkpoint {step} cannot be put into {entry.name}: {e.what}."
        remedy = f"\n  {e.remedy}" if e.remedy else ""
        raise ForgeError(e.code, text + remedy, name=entry.name, step=step) from e
    except ForgeError as e:
        where = near(entry.stored.folder)
        raise ForgeError(
            e.code, f"checkpoint {step} is damaged: {e}\n  {where}", step=step
        ) from e


def _apply(prepared: Mapping[str, Prepared]) -> dict[str, Any]:
    """Put all values back; when one object refuses, undo what was done."""
    done: dict[str, Prepared] = {}
    changed: dict[str, Any] = {}
    # What can fail comes first, while everything that cannot is still as it was.
    for name, p in sorted(prepared.items(), key=lambda item: not item[1].fallible):
        done[name] = p
        try:
            changed[name] = p.apply()
        except BaseException as e:
            left = _undo(done)
            but = f", except {', '.join(left)}" if left else ""
            e.add_note(
                f"while {name} was restored; every object is as it was before{but}"
            )
            raise
    return changed


def _undo(done: Mapping[str, Prepared]) -> list[str]:
    """Put the former values back; return the objects that refused those as well."""
    left = []
    for name in reversed(tuple(done)):
        try:
            done[name].undo()
        except Exception:  # noqa: BLE001 - the error that matters is on its way
            left.append(name)
    return left


def _mismatch(
    folders: StepFolders, step: int, name: str, difference: Difference
) -> ForgeError:
    """Say what differs between an object and its entry."""
    remedy = difference.remedy or (
        "Build it as it was when it was saved, or restore what fits with partial=True."
    )
    lines = [f"checkpoint {step} does not fit {name}; nothing was changed."]
    lines += [*difference.lines(), near(folders.of(step)), remedy]
    return ForgeError(
        "checkpoint-mismatch",
        "\n  ".join(lines),
        name=name,
        step=step,
        missing=difference.missing,
        unexpected=difference.unexpected,
        different=difference.different,
    )


def _not_in_checkpoint(
    folders: StepFolders, manifest: Manifest, name: str, entry: str
) -> ForgeError:
    """Say that an entry is absent, and which there are."""
    there = sorted(manifest.objects)
    remedy = f"Save it with checkpoint({name}={name})"
    if there:
        remedy += f", or restore another entry with names={{{name!r}: {there[0]!r}}}"
    held = ", ".join(there) or "no object"
    return ForgeError(
        "not-in-checkpoint",
        f"checkpoint {manifest.step} holds no {entry}.{did_you_mean(entry, there)}\n"
        f"  It holds: {held}\n"
        f"  {near(folders.of(manifest.step))}\n"
        f"  {remedy}.",
        name=name,
        entry=entry,
        step=manifest.step,
        options=there,
    )


def _not_given(name: str, entry: str, objects: Mapping[str, Any]) -> ForgeError:
    """Say that `names` speaks of an object that was not given."""
    given = ", ".join(sorted(objects)) or "none"
    return ForgeError(
        "not-in-checkpoint",
        f"names says to restore {name} from {entry}, but no object {name} is given."
        f"{did_you_mean(name, objects)}\n"
        f"  Objects given: {given}",
        name=name,
        entry=entry,
    )


def _other_adapter(step: int, name: str, obj: Any, fact: ObjectFact) -> ForgeError:
    """Say that an object is of another kind than was saved."""
    kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
    return ForgeError(
        "checkpoint-mismatch",
        f"checkpoint {step} does not fit {name}; nothing was changed.\n"
        f"  it is a {kind}, saved as a {fact.type} ({fact.adapter}, {fact.version})\n"
        f"  Give an object of the kind that was saved.",
        name=name,
        step=step,
        missing=(),
        unexpected=(),
        different=(f"it is a {kind}, saved as a {fact.type}",),
    )


def never_restored(objects: Mapping[str, Any]) -> list[ForgeError]:
    """List what is wrong with objects that could not be saved, or not be put back.

    Args:
        objects: Objects by name.

    Returns:
        An error for each such object, as far as it can be told without its values.
    """
    errors = []
    for name, obj in objects.items():
        adapter = adapter_for(obj)
        # Optional: many objects are asked for their state when they are saved only.
        check = getattr(adapter, "check", None)
        try:
            if check is not None:
                check(obj)
        except Refused as e:
            remedy = f"\n  {e.remedy}" if e.remedy else ""
            text = f"{name} cannot be saved: {e.what}.{remedy}"
            errors.append(ForgeError(e.code, text, name=name))
            continue
        if not adapter.in_place(obj):
            errors.append(not_in_place(f"{name} cannot be restored", name, obj))
    return errors


def not_in_place(what: str, name: str, obj: Any) -> ForgeError:
    """Say that an object can only be replaced.

    Args:
        what: What cannot be done.
        name: The name of the object.
        obj: The object.

    Returns:
        The error.
    """
    return ForgeError(
        "checkpoint-type",
        f"{what}: it is of type {type(obj).__name__},"
        f" which can only be replaced, not changed.\n"
        f"  Keep it in a container that can, such as {name} = {{'value': ...}}.",
        name=name,
    )
