"""What an experiment can name."""

from collections.abc import Sequence

from forge.component import Component, Lookup
from forge.references import RUN, RUN_KINDS


class RunLookup:
    """What an experiment can name: its components, and those of recorded runs.

    Args:
        components: The components.
        results_dir: Where runs are.
    """

    def __init__(self, components: Lookup, results_dir: str) -> None:
        self._components = components
        self._results_dir = results_dir

    def find(self, kind: str, name: str) -> Sequence[Component]:
        """List the components of a kind that a name may mean."""
        return self._components.find(kind, name)

    def of_kind(self, kind: str) -> Sequence[Component]:
        """List every component of a kind that can be seen, sorted by name."""
        return self._components.of_kind(kind)

    def kinds_of(self, name: str) -> Sequence[str]:
        """List the kinds under which a name is registered."""
        return self._components.kinds_of(name)

    def import_reference(self, reference: str, kind: str) -> Component:
        """Find the component that a reference means.

        Args:
            reference: A run, a file or a module.
            kind: The kind it must have.

        Returns:
            The component.

        Raises:
            ForgeError: There is none, or several.
        """
        if kind in RUN_KINDS or reference.startswith(RUN):
            from forge.experiments.lineage import (  # noqa: PLC0415 - runs only
                component_of_run,
            )

            return component_of_run(reference, kind, self._results_dir)
        return self._components.import_reference(reference, kind)
