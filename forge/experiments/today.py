"""A recorded run's experiment in today's code."""

import importlib
import sys
from types import ModuleType

from forge.errors import ForgeError
from forge.experiments.definition import Definition
from forge.experiments.rebuilding import attribute, root_fact
from forge.records.record import Record
from forge.records.trust import ensure_trusted


def current_experiment(record: Record, trust: bool | None) -> Definition:  # noqa: FBT001
    """Find a run's experiment in today's code.

    What is imported already is looked at first. To import a module because a run folder
    names it is to run code that the folder chooses, so that is a matter of trust.

    Args:
        record: The run.
        trust: Whether the folder may say what is imported; None asks who made it.

    Returns:
        The experiment of the same name.

    Raises:
        ForgeError: `no-experiment` when nothing that can be imported defines it, or
            `untrusted`; nothing was imported then.
    """
    fact = root_fact(record)
    names = [fact.module, record.run.main or fact.module]
    imported = [sys.modules[name] for name in names if name in sys.modules]
    for module in [sys.modules["__main__"], *imported]:
        if found := _experiment(module, fact.qualname, record.name):
            return found
    ensure_trusted(record.layout, trust, run=record.run, flags=record.config)
    for name in dict.fromkeys(names):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if found := _experiment(module, fact.qualname, record.name):
            return found
    raise ForgeError(
        "no-experiment",
        f"today's code has no experiment '{record.name}' in {record.run.main}: it was "
        f"looked for in __main__ and along sys.path.\n"
        f"  Use the run's own code: load(..., code='stored').",
        name=record.name,
    )


def _experiment(module: ModuleType, qualname: str, name: str) -> Definition | None:
    """The experiment of a name, if a module has it in that place."""
    found = attribute(module, qualname)
    return found if isinstance(found, Definition) and found.name == name else None
