"""Functions called outside of Forge's hands: captured ones, and plain experiments."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge.component import Component
from forge.configuration.tree import Scope, Tree
from forge.configuration.values import Config, Origin
from forge.run.specials import unrecorded
from forge.run.underway import current_execution
from forge.signature import SPECIAL


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


def plain_specials(
    component: Component, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Make `_run` and the like for a plain call, where nothing is recorded.

    Args:
        component: What is called: an experiment, or what builds a dataset or model.
        args: What the caller passes.
        kwargs: What the caller passes by name.

    Returns:
        Those that its function wants and the caller does not pass, by name.
    """
    given = inspect.signature(component.function).bind_partial(*args, **kwargs)
    names = (SPECIAL & component.signature.by_name.keys()).difference(given.arguments)
    if not names:
        return {}
    import logging  # noqa: PLC0415
    from random import SystemRandom  # noqa: PLC0415

    seed = SystemRandom().randrange(2**31)
    tree = Tree(Scope("", component))
    config = Config(tree, {"seed": seed}, {"seed": Origin("drawn")})
    plain = unrecorded(component.name, config)
    made: dict[str, Callable[[], Any]] = {
        "_run": lambda: plain,
        "_config": lambda: config,
        "_seed": lambda: seed,
        "_rng": lambda: plain.rng,
        "_log": lambda: logging.getLogger(component.name),
    }
    return {name: made[name]() for name in names}
