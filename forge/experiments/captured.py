"""Functions called outside of Forge's hands: captured ones, and plain experiments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge.component import Component
from forge.configuration.tree import Scope, Tree
from forge.configuration.values import Config, Origin
from forge.observers.dispatch import Dispatcher
from forge.run.lifecycle import Run
from forge.run.underway import current_execution


def call_captured(
    component: Component, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Call a captured function, filled from the run if there is one.

    Args:
        component: The function.
        args: What the caller passes.
        kwargs: What the caller passes by name.

    Returns:
        What it returns.
    """
    execution = current_execution()
    tree = execution.plan.config.tree if execution else None
    scope = tree.scopes.get(component.name) if tree else None
    if execution is None or scope is None or scope.component is not component:
        return component.function(*args, **kwargs)
    names = [argument.name for argument in component.signature.arguments]
    given = dict(zip(names, args, strict=False)) | dict(kwargs)
    return execution.fill(component, given)


def plain_specials(component: Component, names: set[str]) -> dict[str, Any]:
    """Make `_run` and the like for a plain call, where nothing is recorded.

    Args:
        component: The experiment.
        names: Which of them its function wants.

    Returns:
        The values by name.
    """
    import logging  # noqa: PLC0415
    from random import SystemRandom  # noqa: PLC0415

    seed = SystemRandom().randrange(2**31)
    tree = Tree(Scope("", component))
    config = Config(tree, {"seed": seed}, {"seed": Origin("drawn")})
    plain = Run(component.name, config, dispatcher=Dispatcher([]))
    made: dict[str, Callable[[], Any]] = {
        "_run": lambda: plain,
        "_config": lambda: config,
        "_seed": lambda: seed,
        "_rng": lambda: plain.rng,
        "_log": lambda: logging.getLogger(component.name),
    }
    return {name: made[name]() for name in names}
