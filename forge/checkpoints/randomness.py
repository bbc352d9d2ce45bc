"""The states of the random generators that a whole program shares."""

import random
import sys
from array import array
from collections.abc import Mapping
from typing import Any

from forge.checkpoints.keras import to_numpy


def random_states() -> dict[str, Any]:
    """Read the states of Python, NumPy and the frameworks, those imported.

    Nothing is imported for it.

    Returns:
        By library, a tree of plain values and arrays.
    """
    readers = {
        "numpy": _numpy_state,
        "tensorflow": _tensorflow_state,
        "keras": _keras_state,
        "torch": _torch_state,
    }
    # Asked before anything is read: one of them may import another.
    imported = [name for name in readers if name in sys.modules]
    states: dict[str, Any] = {"random": _python_state(random)}
    return states | {name: readers[name]() for name in imported}


def set_random_states(states: Mapping[str, Any]) -> None:
    """Put the states back, each where its library is imported now.

    Args:
        states: What `random_states` returned.
    """
    if "keras" in sys.modules and "keras" in states:
        _set_keras_state(states["keras"])
    if "tensorflow" in sys.modules and "tensorflow" in states:
        _set_tensorflow_state(states["tensorflow"])
    if "numpy" in states:
        import numpy as np

        np.random.set_state(states["numpy"])  # noqa: NPY002 - what users share
    if "torch" in sys.modules and "torch" in states:
        _set_torch_state(states["torch"])
    # Last: making the generators of the others draws from this one.
    _set_python_state(random, states["random"])


def _python_state(generator: Any) -> dict[str, Any]:
    """Read a generator of the random module."""
    version, words, gauss = generator.getstate()
    return {"version": version, "words": array("I", words).tobytes(), "gauss": gauss}


def _set_python_state(generator: Any, state: Mapping[str, Any]) -> None:
    """Set a generator of the random module."""
    words = state["words"]
    if isinstance(words, bytes):
        words = array("I", words)
    numbers = tuple(int(word) for word in words)
    generator.setstate((state["version"], numbers, state["gauss"]))


def _numpy_state() -> dict[str, Any]:
    """Read NumPy's shared generator."""
    import numpy as np

    return dict(np.random.get_state(legacy=False))  # noqa: NPY002 - what users share


def _tensorflow_state() -> dict[str, Any]:
    """Read the seed set for eager operations and the global generator."""
    state: dict[str, Any] = {}
    # Only these modules know; asking the public functions would make what they ask
    # for. Where a version of TensorFlow has them elsewhere, the state is left out.
    context = _eager_context()
    if context is not None and getattr(context, "_rng", None) is not None:
        state["seed"] = int(context._seed)  # noqa: SLF001
        state["operations"] = _python_state(context._rng)  # noqa: SLF001
    made = getattr(
        sys.modules.get("tensorflow.python.ops.stateful_random_ops"),
        "global_generator",
        None,
    )
    if made is not None:
        state["algorithm"] = int(made.algorithm)
        state["generator"] = made.state.numpy()
    return state


def _set_tensorflow_state(state: Mapping[str, Any]) -> None:
    """Set TensorFlow's seed and global generator."""
    tf = sys.modules["tensorflow"]
    if "seed" in state:
        tf.random.set_seed(state["seed"])
        context = _eager_context()
        if context is not None and hasattr(context, "_rng"):
            _set_python_state(context._rng, state["operations"])  # noqa: SLF001
    if "generator" in state:
        made = tf.random.get_global_generator()
        if int(made.algorithm) == state["algorithm"]:
            # Changed, not replaced: compiled functions hold it.
            made.reset(state["generator"])
        else:
            made = tf.random.Generator.from_state(
                state["generator"], state["algorithm"]
            )
            tf.random.set_global_generator(made)


def _torch_state() -> dict[str, Any]:
    """Read PyTorch's generators: the processor's, and those of devices in use."""
    torch = sys.modules["torch"]
    state: dict[str, Any] = {"cpu": torch.get_rng_state().numpy()}
    # Asking for the state of a device would begin to use it.
    if torch.cuda.is_initialized():
        state["cuda"] = [one.numpy() for one in torch.cuda.get_rng_state_all()]
    return state


def _set_torch_state(state: Mapping[str, Any]) -> None:
    """Set PyTorch's generators, as many as there are here."""
    torch = sys.modules["torch"]
    torch.set_rng_state(torch.from_numpy(state["cpu"]))
    if torch.cuda.is_available():
        here = range(torch.cuda.device_count())
        for device, one in zip(here, state.get("cuda", ()), strict=False):
            torch.cuda.set_rng_state(torch.from_numpy(one), device)


def _eager_context() -> Any:
    """Find where TensorFlow keeps the seed of eager operations."""
    found = sys.modules.get("tensorflow.python.eager.context")
    return None if found is None else found.context()


def _keras_attributes() -> Any:
    """Find where Keras keeps its seed and global generator."""
    return sys.modules.get("keras.src.backend.common.global_state")


def _keras_state() -> dict[str, Any]:
    """Read the seed set by `keras.utils.set_random_seed` and the global generator."""
    attributes = _keras_attributes()
    if attributes is None:
        return {}
    state: dict[str, Any] = {}
    seed = attributes.get_global_attribute("global_random_seed")
    if seed is not None:
        state["seed"] = int(seed)
    made = attributes.get_global_attribute("global_seed_generator")
    if made is not None:
        state["generator"] = to_numpy(made.state)
    return state


def _set_keras_state(state: Mapping[str, Any]) -> None:
    """Set Keras's seed and global generator."""
    attributes = _keras_attributes()
    if attributes is None:
        return
    if "seed" in state:
        attributes.set_global_attribute("global_random_seed", state["seed"])
    if "generator" in state:
        made = attributes.get_global_attribute("global_seed_generator")
        if made is None:
            made = sys.modules["keras"].random.SeedGenerator(0)
            attributes.set_global_attribute("global_seed_generator", made)
        made.state.assign(state["generator"])
    else:
        # None had been made: Keras makes it from the seed when it is first used.
        attributes.set_global_attribute("global_seed_generator", None)
