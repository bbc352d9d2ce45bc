"""What every adapter provides."""

import pytest

from forge.checkpoints.adapters import ADAPTERS
from forge.checkpoints.base import Checkpointer, Refused
from forge.checkpoints.keras import KerasCheckpointer
from forge.checkpoints.plain import PlainCheckpointer
from forge.checkpoints.tensorflow import TensorFlowCheckpointer


# Read by mypy: each adapter is one by type as well.
_ALL: tuple[Checkpointer, ...] = (
    KerasCheckpointer(),
    TensorFlowCheckpointer(),
    PlainCheckpointer(),
)


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: a.name)
def test_every_adapter_has_every_method(adapter: Checkpointer) -> None:
    assert isinstance(adapter, Checkpointer)


def test_a_refusal_says_what_and_what_would_work() -> None:
    refused = Refused("it is empty", "Fill it.")
    assert (str(refused), refused.remedy, refused.code) == (
        "it is empty",
        "Fill it.",
        "checkpoint-type",
    )
