"""A recorded run's definition, found again in its own sources or in today's."""

import warnings
from collections.abc import Callable
from functools import cached_property
from types import ModuleType
from typing import Any

from forge._text import near
from forge.component import Component, Lookup
from forge.configuration.layers import Layer
from forge.configuration.tree import Choice
from forge.errors import ForgeError
from forge.experiments.decoding import Files, Find, decoded, own_classes, own_objects
from forge.experiments.definition import Definition
from forge.experiments.origins import pinned
from forge.experiments.predecessor import run_id
from forge.experiments.resuming import STORED
from forge.loaders import component_of
from forge.rebuild.form import read_manifest
from forge.rebuild.isolated import StoredSources
from forge.records.record import Record
from forge.records.runfile import KIND_SCRIPT, ComponentFact
from forge.records.sessions import components_at, config_at, sessions_until
from forge.records.trust import ensure_trusted
from forge.references import RUN, RUN_KINDS
from forge.signature import component_mark


class Stored:
    """The definition in a run's stored sources.

    Args:
        record: The run.
        step: The checkpoint that is to be restored: each session has its sources.
        leaks: What happens when stored code imports project code that is not stored.
        trust: Whether its code may run; None asks who made it.
        script: Whether it may be a run of a script without an experiment.

    Raises:
        ForgeError: `no-experiment`, `no-sources`, what is wrong with them, or
            `untrusted`; nothing is executed.
    """

    def __init__(
        self,
        record: Record,
        *,
        step: int | None,
        leaks: Any,
        trust: bool | None = None,
        script: bool = False,
    ) -> None:
        if not script:
            # Importing a script without an experiment would carry it out.
            root_fact(record)
        self.record = record
        self._step = step
        _insist_on_config(record)
        self.folder = record.layout.sources_of(sources_at(record, step))
        if not (self.folder / record.layout.manifest.name).is_file():
            raise ForgeError(
                "no-sources",
                f"{run_id(record)} has no stored sources in {self.folder}.\n"
                f"  Use today's code: load(..., code='current').",
                folder=self.folder,
            )
        self.manifest = read_manifest(self.folder)
        if hindrance := self.manifest.get("hindrance"):
            raise _not_rebuildable(record, str(hindrance))
        # The order matters: the manifest, its paths, the hashes, who made it all, and
        # only then code.
        self.sources = StoredSources(self.folder, self.manifest, leaks=leaks)
        try:
            ensure_trusted(
                record.layout,
                trust,
                run=record.run,
                flags=record.config,
                sources={self.folder.name: self.manifest},
            )
        except BaseException:
            self.sources.close()
            raise

    def experiment(self) -> Definition:
        """Import the experiment.

        Returns:
            The experiment as the run had it.

        Raises:
            ForgeError: `no-experiment` when its module does not define it any more.
        """
        fact = root_fact(self.record)
        found = attribute(self._module(fact), fact.qualname)
        if self.sources.note:
            # Now, when what it imports is imported.
            text = f"{run_id(self.record)}: {self.sources.note}"
            warnings.warn(text, UserWarning, stacklevel=2)
        if isinstance(found, Definition):
            return found
        for value in vars(self._module(fact)).values():
            if isinstance(value, Definition) and value.name == fact.name:
                return value
        raise _no_experiment(self.record, fact)

    @cached_property
    def classes(self) -> Find:
        """Finds the classes of the run's own code that values may be made of."""
        return own_classes(self.sources, self._files)

    @cached_property
    def objects(self) -> Callable[[str], Any]:
        """Finds the functions of the run's own code that values may be."""
        return own_objects(self.sources, self._files)

    @property
    def _files(self) -> Files:
        """Where the modules of its components are stored, by their names of then."""
        facts = components_at(self.record, self._step)
        known = self.sources.manifest.files
        return {f.module: f.file for f in facts if f.file and f.file in known}

    def choices(self, lookup: Lookup) -> dict[str, Any]:
        """Find the components that filled the run's slots.

        Args:
            lookup: Finds components that came from other runs.

        Returns:
            What fills each slot, spelled as in the stored config; a tuple for a list.

        Raises:
            ForgeError: `no-component` for one that cannot be found.
        """
        spelled = config_at(self.record, self._step)
        found: dict[str, Any] = {
            fact.path: Choice(
                self._component(fact, str(spelled[fact.path]), lookup),
                str(spelled[fact.path]),
            )
            for fact in components_at(self.record, self._step)
            if fact.path in spelled
        }
        for key, value in spelled.items():
            if isinstance(value, list) and f"{key}.0" in found:
                items = (f"{key}.{i}" for i in range(len(value)))
                found[key] = tuple(found[item] for item in items if item in found)
        return found

    def layer(self, lookup: Lookup) -> Layer:
        """Make the layer that repeats the run's config with its own components.

        Args:
            lookup: Finds components that came from other runs.

        Returns:
            The layer.

        Raises:
            ForgeError: `no-component` for one that cannot be found.
        """
        choices = self.choices(lookup)
        flags = config_at(self.record, self._step)
        flags = decoded(flags, self.classes) | {
            key: list(choice) if isinstance(choice, tuple) else choice
            for key, choice in choices.items()
        }
        pairs = tuple(flags.items())
        return Layer(STORED, pairs, stored=True, resolve=self.objects)

    def close(self) -> None:
        """Forget the modules."""
        self.sources.close()

    def _component(
        self, fact: ComponentFact, spelled: str, lookup: Lookup
    ) -> Component:
        """Find what filled a slot, by its place in the stored code."""
        if fact.kind in RUN_KINDS or spelled.startswith(RUN):
            return lookup.import_reference(
                pinned(self.record, fact.path, spelled, self._step), fact.kind
            )
        module = self._module(fact)
        mark = component_mark(attribute(module, fact.qualname))
        if isinstance(mark, Component):
            return mark
        for component in self.sources.registry:
            same = component.qualname == fact.qualname and component.kind == fact.kind
            if same and component.module == module.__name__:
                return component
        made = component_of(module, fact.kind)
        if made is not None and made.qualname == fact.qualname:
            return made
        raise ForgeError(
            "no-component",
            f"{run_id(self.record)}: {fact.kind} '{fact.name}' was not found as "
            f"{fact.qualname} in {fact.file or fact.module}.",
            path=fact.path,
        )

    def _module(self, fact: ComponentFact) -> ModuleType:
        """Import the module that defines a component."""
        if fact.file is not None:
            return self.sources.import_file(fact.file)
        return self.sources.import_module(fact.module)


def root_fact(record: Record) -> ComponentFact:
    """Find what run.json says of the experiment itself.

    Args:
        record: The run.

    Returns:
        Its description.

    Raises:
        ForgeError: `no-experiment` when it says nothing.
    """
    for fact in record.run.components:
        if fact.kind == KIND_SCRIPT:
            raise _classic(record)
        if not fact.path:
            return fact
    raise ForgeError(
        "no-experiment",
        f"{record.layout.run} names no experiment, so nothing can be rebuilt from it.",
        path=record.layout.run,
    )


def _classic(record: Record) -> ForgeError:
    """Say that a run was made by a script with config files."""
    return ForgeError(
        "no-experiment",
        f"{run_id(record)} was made by a script that loads config files by path.\n"
        f"  data, model, restore = forge.load_from_checkpoint({near(record.dir)!r})",
        run=run_id(record),
    )


def attribute(module: ModuleType, qualname: str) -> Any:
    """Follow a qualified name.

    Args:
        module: Where it begins.
        qualname: The names, with dots between them.

    Returns:
        What is there; None where it leads nowhere.
    """
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _not_rebuildable(record: Record, hindrance: str) -> ForgeError:
    """Make the error for sources that say themselves that they do not suffice."""
    # What only cells lack has a remedy below it.
    reason, cells, rest = hindrance.rpartition("\n")
    remedy = "\n  Where its cells have been run again: load(..., code='current')."
    text = f"{run_id(record)} cannot be rebuilt: {reason or rest}."
    if cells:
        text += remedy
    return ForgeError("not-rebuildable", text, folder=record.layout.sources)


def _insist_on_config(record: Record) -> None:
    """Refuse to rebuild with the values of the code where those of the run are lost."""
    if not record.config:
        raise ForgeError(
            "run-unreadable",
            f"{record.layout.flags} is missing or empty, so {run_id(record)} cannot "
            f"be rebuilt as it was.\n"
            f"  Put the file back, or use the values of the code: run it anew.",
            path=record.layout.flags,
        )


def sources_at(record: Record, step: int | None) -> str:
    """Name the folder of the session that saved a step.

    Args:
        record: The run.
        step: The step; None for the newest session.

    Returns:
        The name of the folder in the run folder.
    """
    sessions = sessions_until(record, step)
    return sessions[-1].sources if sessions else record.layout.sources.name


def _no_experiment(record: Record, fact: ComponentFact) -> ForgeError:
    """Say that the stored module defines no such experiment."""
    return ForgeError(
        "no-experiment",
        f"{run_id(record)}: {fact.file or fact.module} defines no experiment "
        f"'{fact.name}'. It needs a function decorated with @forge.experiment.",
        name=fact.name,
    )


def note_start(error: FileNotFoundError, record: Record) -> None:
    """Say where relative paths of a run start, and how else they could be read.

    Args:
        error: What was not found, while something of the run was built.
        record: The run.
    """
    error.add_note(
        f"forge: relative paths of {record.name}/{record.number} start in "
        f"{record.run.cwd}; to read from elsewhere: "
        'load(..., config={"dataset.path": ...}), or with dataset.path=...'
    )
