"""Components that come from elsewhere than the code: from the folder of a run."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forge.component import Lookup
from forge.configuration.tree import Choice, Tree
from forge.records.record import Record
from forge.records.runfile import Parent
from forge.records.sessions import components_at, config_at, lineage_at
from forge.records.store import is_run
from forge.references import RUN


class OfRun(ABC):
    """What a recorded run fills a slot with; called to build it.

    Args:
        loaded: The run, loaded.
        name: How the user named it.
        origin: The run and the step.
    """

    def __init__(self, loaded: Any, *, name: str, origin: Parent) -> None:
        self.__name__ = self.__qualname__ = name
        self.origin = origin
        self._loaded = loaded

    @abstractmethod
    def __call__(self) -> Any:
        """Build it."""

    def open(self) -> None:
        """Open the run's sources; none of it runs yet.

        Raises:
            ForgeError: `untrusted`, or what is wrong with the sources.
        """
        self._loaded.open()


class FromRun(OfRun):
    """Builds the component of a recorded run, with the weights of its checkpoint.

    Args:
        loaded: The run, whose components are built and restored on first use.
        path: The component that is meant.
        name: How the user named it.
        origin: The run and the step.
    """

    def __init__(self, loaded: Any, path: str, *, name: str, origin: Parent) -> None:
        super().__init__(loaded, name=name, origin=origin)
        self._path = path

    def __call__(self) -> Any:
        """Rebuild and restore it; it is built once."""
        return self._loaded[self._path]


class WholeRun(OfRun):
    """Hands out a recorded run, loaded."""

    def __call__(self) -> Any:
        """Give the loaded experiment."""
        return self._loaded


class WholeRecord(OfRun):
    """Hands out the record of a run."""

    def __call__(self) -> Any:
        """Give the record."""
        return self._loaded.record

    def open(self) -> None:
        """Open nothing: a record runs no code."""


def open_runs(tree: Tree) -> None:
    """Open the sources of the runs that components of a tree come from.

    Args:
        tree: The tree of a run.

    Raises:
        ForgeError: `untrusted`, or what is wrong with the sources.
    """
    for scope in tree.scopes.values():
        if isinstance(scope.component.function, OfRun):
            scope.component.function.open()


def lineage_of(tree: Tree) -> Mapping[str, Parent]:
    """List the runs that components of a tree come from.

    Args:
        tree: The tree of a run.

    Returns:
        The origin by the path of the slot.
    """
    return {
        path: scope.component.function.origin
        for path, scope in tree.scopes.items()
        if isinstance(scope.component.function, OfRun)
    }


def pinned(record: Record, path: str, spelled: str, step: int | None = None) -> str:
    """Name the run that filled a slot so that it is the same one ever after.

    Args:
        record: The run with the slot.
        path: The slot.
        spelled: What was typed, such as `run:train/3@best`: another run or step may
            be meant by it now.
        step: The checkpoint whose session had it; None for the newest session.

    Returns:
        The same with the folder and the step that were found then, as long as the
        folder is still there.
    """
    origin = lineage_at(record, step).get(path)
    if origin is None or not is_run(Path(origin.run)):
        return spelled
    before = RUN if spelled.startswith(RUN) else ""
    slot = spelled.partition("#")[1] + spelled.partition("#")[2]
    at = "" if origin.step is None else f"@{origin.step}"
    return f"{before}{origin.run}{at}{slot}"


def choices_of(
    record: Record, lookup: Lookup, step: int | None = None
) -> dict[str, Choice]:
    """Find what other runs filled the slots of a run with.

    Args:
        record: The run with the slots.
        lookup: Finds components of recorded runs.
        step: The checkpoint whose session it was; None for the newest session.

    Returns:
        What fills each, spelled as in the stored config.

    Raises:
        ForgeError: There is no such run any more.
    """
    kinds = {fact.path: fact.kind for fact in components_at(record, step)}
    config = config_at(record, step)
    found = {}
    for path in lineage_at(record, step):
        if path in kinds and path in config:
            spelled = str(config[path])
            reference = pinned(record, path, spelled, step)
            component = lookup.import_reference(reference, kinds[path])
            found[path] = Choice(component, spelled)
    return found
