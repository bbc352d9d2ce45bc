"""The adapters there are, and which one an object belongs to."""

from typing import Any

from forge.checkpoints.base import Checkpointer
from forge.checkpoints.keras import KerasCheckpointer
from forge.checkpoints.plain import PlainCheckpointer
from forge.checkpoints.tensorflow import TensorFlowCheckpointer


#: In the order they are asked. Keras first: on TensorFlow its layers are modules of
#: TensorFlow as well. Plain last: it takes everything.
ADAPTERS: tuple[Checkpointer, ...] = (
    KerasCheckpointer(),
    TensorFlowCheckpointer(),
    PlainCheckpointer(),
)


def adapter_for(obj: Any) -> Checkpointer:
    """Find the adapter of an object.

    Args:
        obj: Any object.

    Returns:
        The first adapter that matches it.
    """
    return next(a for a in ADAPTERS if a.matches(obj))


def has_state(obj: Any) -> bool:
    """Say whether a checkpoint could keep anything of an object now.

    Args:
        obj: Any object.

    Returns:
        Whether its adapter finds state in it.
    """
    return adapter_for(obj).has_state(obj)
