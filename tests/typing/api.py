"""What type checkers conclude from the public names; read by them, never run."""

from collections.abc import Callable
from typing import Any, assert_type

import forge


@forge.dataset
def digits(batch_size: int, path: str = "data") -> dict[str, int]:
    return {"batch_size": batch_size, "n_classes": 10}


@forge.model(name="perceptron")
def mlp(n_classes: int, hidden: tuple[int, ...] = (128,)) -> list[int]:
    return [*hidden, n_classes]


optimizer = forge.kind("optimizer")


@optimizer
def sgd(lr: float = 0.1) -> float:
    return lr


# A decorated function is still that function.
assert_type(digits(32), dict[str, int])
assert_type(mlp(10, hidden=(8,)), list[int])
assert_type(sgd(), float)

error = forge.ForgeError("unknown-key", "unknown parameter 'lr'.", key="lr")
assert_type(error.code, str)
assert_type(error.errors, tuple[forge.ForgeError, ...])
stop: Callable[[str], forge.ForgeError] = forge.Interrupt

forge.flags.DEFINE_integer("n", 3, "How many.")
assert_type(
    forge.experiment_tools.init_checkpoint("a", "b", "c"), tuple[str, str | None]
)
assert_type(forge.experiment_tools.find_model_files("a"), dict[int, str])
assert_type(forge.load_from_checkpoint("a").restore(), int)
assert_type("n" in forge.config(), bool)


@forge.experiment
def finetune(base: forge.Experiment, before: forge.Record) -> Any:
    """What fills a slot that takes a run is used as a loaded experiment."""
    assert_type(base.record, forge.Record)
    assert_type(base.step, int | None)
    assert_type(before.number, int)
    return base.model, base["teacher"], base.call("evaluate", split="test")
