"""Configure, record, compare and load machine-learning experiments."""

from importlib import import_module
from typing import TYPE_CHECKING, Any


__version__ = "0.1.0"

__all__ = [
    "Dataset",
    "Experiment",
    "Factory",
    "ForgeError",
    "Interrupt",
    "Model",
    "Record",
    "Run",
    "__version__",
    "build",
    "config",
    "current_run",
    "dataset",
    "derived",
    "experiment",
    "experiment_tools",
    "flags",
    "keras_callback",
    "kind",
    "load",
    "load_from_checkpoint",
    "model",
    "observers",
    "runs",
    "slot",
    "tensors_from_data",
]

if TYPE_CHECKING:
    from forge import experiment_tools as experiment_tools
    from forge import flags as flags
    from forge import observers as observers
    from forge.browse.collection import runs as runs
    from forge.classic.configfile import load as load
    from forge.classic.loading import load_from_checkpoint as load_from_checkpoint
    from forge.classic.program import config as config
    from forge.classic.tensors import tensors_from_data as tensors_from_data
    from forge.errors import ForgeError as ForgeError
    from forge.errors import Interrupt as Interrupt
    from forge.experiments.experiment import Experiment as Experiment
    from forge.experiments.experiment import experiment as experiment
    from forge.experiments.single import build as build
    from forge.experiments.single import current_run as current_run
    from forge.records.record import Record as Record
    from forge.registry import dataset as dataset
    from forge.registry import kind as kind
    from forge.registry import model as model
    from forge.run.fit import keras_callback as keras_callback
    from forge.run.lifecycle import Run as Run
    from forge.signature import Dataset as Dataset
    from forge.signature import Factory as Factory
    from forge.signature import Model as Model
    from forge.signature import derived as derived
    from forge.signature import slot as slot

# A name is imported when it is used: a notebook that only reads records does not pay
# for running, and nobody pays for a framework.
_HOMES = {
    "Dataset": "forge.signature",
    "Experiment": "forge.experiments.experiment",
    "Factory": "forge.signature",
    "ForgeError": "forge.errors",
    "Interrupt": "forge.errors",
    "Model": "forge.signature",
    "Record": "forge.records.record",
    "Run": "forge.run.lifecycle",
    "build": "forge.experiments.single",
    "config": "forge.classic.program",
    "current_run": "forge.experiments.single",
    "dataset": "forge.registry",
    "derived": "forge.signature",
    "experiment": "forge.experiments.experiment",
    "keras_callback": "forge.run.fit",
    "kind": "forge.registry",
    "load": "forge.classic.configfile",
    "load_from_checkpoint": "forge.classic.loading",
    "model": "forge.registry",
    "runs": "forge.browse.collection",
    "slot": "forge.signature",
    "tensors_from_data": "forge.classic.tensors",
}

_MODULES = ("experiment_tools", "flags", "observers")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"forge.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'forge' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
