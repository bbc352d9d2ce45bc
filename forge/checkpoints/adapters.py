"""The adapters there are, and which one an object belongs to."""

from collections.abc import Iterable
from typing import Any

from forge.checkpoints.base import Checkpointer
from forge.checkpoints.jax import JaxCheckpointer
from forge.checkpoints.keras import KerasCheckpointer
from forge.checkpoints.plain import PlainCheckpointer
from forge.checkpoints.sklearn import SklearnCheckpointer
from forge.checkpoints.tensorflow import TensorFlowCheckpointer
from forge.checkpoints.torch import TorchCheckpointer, unwrapped


#: In the order they are asked. Keras first: its layers are modules of TensorFlow or
#: PyTorch as well. Plain last: it takes everything.
ADAPTERS: tuple[Checkpointer, ...] = (
    KerasCheckpointer(),
    TensorFlowCheckpointer(),
    TorchCheckpointer(),
    SklearnCheckpointer(),
    JaxCheckpointer(),
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


def notice(objects: Iterable[Any]) -> None:
    """Show objects to their adapters before anything is restored or trained.

    Args:
        objects: The objects as the code that made them left them.
    """
    for obj in objects:
        # Optional: most objects are nothing but what is saved of them.
        see = getattr(adapter_for(obj), "notice", None)
        if see is not None:
            see(obj)


def is_same(a: Any, b: Any) -> bool:
    """Say whether two objects are one, however they are wrapped.

    Args:
        a: Any object.
        b: Any object.

    Returns:
        Whether saving one saves the other.
    """
    return a is b or unwrapped(a) is unwrapped(b)


def is_replaced(obj: Any) -> bool:
    """Say whether training replaces an object, rather than changes it.

    Args:
        obj: Any object.

    Returns:
        True for a tree of JAX that cannot change: what was named once is then not what
        is to be saved later.
    """
    adapter = adapter_for(obj)
    return adapter.has_state(obj) and not adapter.in_place(obj)
