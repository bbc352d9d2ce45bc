"""Components that come from elsewhere than the code: from the folder of a run."""

from collections.abc import Mapping
from typing import Any

from forge.configuration.tree import Tree
from forge.records.runfile import Parent


class FromRun:
    """Builds the component of a recorded run, with the weights of its checkpoint.

    Args:
        components: The run's components by path, built and restored on first use.
        path: The one that is meant.
        name: How the user named it.
        origin: The run and the step.
    """

    def __init__(
        self, components: Any, path: str, *, name: str, origin: Parent
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.origin = origin
        self._components = components
        self._path = path

    def __call__(self) -> Any:
        """Rebuild and restore it; it is built once."""
        return self._components[self._path]

    def open(self) -> None:
        """Open the run's sources; none of it runs yet.

        Raises:
            ForgeError: `untrusted`, or what is wrong with the sources.
        """
        self._components.open()


def open_runs(tree: Tree) -> None:
    """Open the sources of the runs that components of a tree come from.

    Args:
        tree: The tree of a run.

    Raises:
        ForgeError: `untrusted`, or what is wrong with the sources.
    """
    for scope in tree.scopes.values():
        if isinstance(scope.component.function, FromRun):
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
        if isinstance(scope.component.function, FromRun)
    }
