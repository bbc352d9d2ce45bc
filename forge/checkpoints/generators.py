"""Random generators inside objects, with the way to read and set them."""

import random
import sys
from typing import Any

from forge.checkpoints.parts import is_generator, leaves


def generators_in(obj: Any) -> dict[str, Any]:
    """Find the random generators that an object holds.

    Args:
        obj: Any object.

    Returns:
        The generators by the path of attributes and keys that leads to them.
    """
    return {path: leaf for path, leaf in leaves(obj) if is_generator(leaf)}


def generator_state(generator: Any) -> Any:
    """Read the state of a generator.

    Args:
        generator: One of Python, NumPy or PyTorch.

    Returns:
        A tree of plain values and arrays.
    """
    if isinstance(generator, random.Random):
        return generator.getstate()
    if hasattr(generator, "bit_generator"):
        return generator.bit_generator.state
    state = generator.get_state()
    return state if isinstance(state, tuple) else state.numpy()


def set_generator_state(generator: Any, state: Any) -> None:
    """Set the state of a generator.

    Args:
        generator: One like that whose state it was.
        state: What `generator_state` returned.
    """
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
    elif isinstance(state, tuple):
        generator.set_state(state)
    else:
        generator.set_state(sys.modules["torch"].from_numpy(state.copy()))
