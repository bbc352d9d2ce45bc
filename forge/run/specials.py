"""What arguments receive that begin with `_`, such as `_run` and `_seed`."""

import logging
from typing import Any

from forge.configuration.values import Config
from forge.run.lifecycle import Run
from forge.run.seeding import path_seed


def unrecorded(name: str, config: Config) -> Run:
    """Make a run that records nothing, for what is called or built without one.

    Args:
        name: The name of what is called.
        config: Its config, which has a seed.

    Returns:
        The run.
    """
    from forge.observers.dispatch import Dispatcher  # noqa: PLC0415 - no run has one

    return Run(name, config, dispatcher=Dispatcher([]))


def special(
    name: str, path: str, config: Config, *, run: Run | None = None, root: str = ""
) -> Any:
    """Supply a special argument.

    Args:
        name: Which of them.
        path: Where the component stands that takes it.
        config: The config it is built from.
        run: The run; None for what is built without one, which records nothing.
        root: The name of the experiment, which loggers begin with.

    Returns:
        The value.
    """
    if name == "_run":
        return run or unrecorded(root or config.tree.root.component.name, config)
    if name == "_config":
        return config
    if name == "_log":
        return logging.getLogger(".".join(filter(None, (root, path))) or "forge")
    seed = path_seed(config["seed"], path)
    if name == "_seed":
        return seed
    import numpy as np  # noqa: PLC0415 - for those who draw numbers

    return np.random.default_rng(seed)
