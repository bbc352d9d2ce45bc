"""Components built alone, and the run that is under way."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forge.building.builder import Builder
from forge.configuration.layers import mapping_layer
from forge.configuration.resolve import resolve
from forge.errors import ForgeError
from forge.experiments.lookup import RunLookup
from forge.registry import view_for
from forge.signature import component_mark


if TYPE_CHECKING:
    from forge.run.lifecycle import Run


def build(component: Callable[..., Any], /, **values: Any) -> Any:
    """Build a component outside of an experiment, as an experiment would.

    Args:
        component: A decorated function or class.
        **values: Values for its parameters, inputs and slots; full names of deeper
            ones in a dict: `build(vae, **{"encoder.n_hidden": 8})`.

    Returns:
        The object it builds.

    Raises:
        ForgeError: A mistake in the values, or an input that nothing supplies.
    """
    mark = component_mark(component)
    if mark is None:
        name = getattr(component, "__name__", repr(component))
        raise ForgeError(
            "not-a-component",
            f"forge.build({name}): {name} is not a component. "
            f"Decorate it, for example with @forge.model.",
            name=name,
        )
    layer = mapping_layer(f"forge.build({mark.name})", values)
    results_dir = os.environ.get("FORGE_RESULTS_DIR") or "results"
    config = resolve(mark, RunLookup(view_for(mark), results_dir), [layer])
    from forge.run.specials import special  # noqa: PLC0415 - building only

    builder = Builder(config, special=lambda path, name: special(name, path, config))
    builder.datasets(config.tree.root)
    arguments = builder.arguments(config.tree.root, {})
    from forge.building.factory import call  # noqa: PLC0415

    return call(mark, arguments)


def current_run() -> "Run | None":
    """Return the run that is under way in this process, or None."""
    import sys  # noqa: PLC0415

    underway = sys.modules.get("forge.run.underway")
    found = underway.current_execution() if underway else None
    return found.run if found else None
