"""Iterations over data that can say where they stand, and go on from there."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from forge.checkpoints.plain import state_methods
from forge.checkpoints.tree import flatten


#: Parts of a `tf.data` pipeline whose saved state is not that of the item reached:
#: what runs ahead of it draws the order of the next epoch too early.
_DRAWING: Final = ("Shuffle", "Interleave", "FlatMap", "Generator", "Random", "Sample")
#: Parts that begin anew within one iteration.
_REPEATING: Final = ("Repeat", "Interleave", "FlatMap")
_PREFIX: Final = "place"


def iteration_state(source: Any, iterator: Any) -> Any:
    """Ask an iteration where it stands.

    Args:
        source: What is gone through.
        iterator: The iterator made of it.

    Returns:
        A tree of plain values and arrays; None where it cannot say, or not exactly.
    """
    if is_tensorflow(source):
        return _tensorflow_state(iterator) if is_exact(source) else None
    asked = _asked(source, iterator)
    if asked is None:
        return None
    try:
        state = asked[0]()
        flatten(state)
    except Exception:  # noqa: BLE001 - it is gone through again then
        return None
    return state


def iterator_at(source: Any, state: Any) -> Iterator[Any]:
    """Begin an iteration where another one stood.

    Args:
        source: What is gone through.
        state: What `iteration_state` returned.

    Returns:
        The iterator; its next item is the one that came next there.
    """
    if is_tensorflow(source):
        iterator: Iterator[Any] = iter(source)
        _set_tensorflow_state(iterator, state)
        return iterator
    found = state_methods(source)
    if found is not None:
        found[1](state)
        return iter(source)
    iterator = iter(source)
    inner = state_methods(iterator)
    if inner is not None:
        inner[1](state)
    return iterator


def pass_over(source: Any, epochs: int) -> None:
    """Let a dataset of TensorFlow draw what it drew for earlier epochs.

    Args:
        source: The dataset.
        epochs: How often it was gone through.
    """
    parts = _parts(source)
    shuffles = sum("Shuffle" in name for name in parts)
    # One shuffle alone draws once, when an iterator is made.
    whole = shuffles > 1 or _has_part(source, _REPEATING)
    for _ in range(epochs):
        iterator = iter(source)
        if whole:
            for _item in iterator:
                pass


def is_tensorflow(source: Any) -> bool:
    """Tell whether something is a dataset of TensorFlow."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(source, tf.data.Dataset)


def is_exact(source: Any) -> bool:
    """Tell whether TensorFlow's own saved iterators of a dataset go on exactly.

    Args:
        source: A dataset.

    Returns:
        Whether nothing in it draws random numbers.
    """
    return not _has_part(source, _DRAWING)


def dataset_of(iterator: Any) -> Any:
    """Find the dataset that an iterator of TensorFlow goes through.

    Args:
        iterator: Any object.

    Returns:
        The dataset; None where it is no such iterator, or does not say.
    """
    tf = sys.modules.get("tensorflow")
    if tf is None or not isinstance(iterator, tf.data.Iterator):
        return None
    return getattr(iterator, "_dataset", None)


def _has_part(dataset: Any, names: tuple[str, ...]) -> bool:
    """Tell whether a pipeline has a part of some kind."""
    return any(name in part for part in _parts(dataset) for name in names)


def _parts(dataset: Any) -> list[str]:
    """Name the types of the parts of a pipeline."""
    found, todo = [], [dataset]
    while todo:
        part = todo.pop()
        found.append(type(part).__name__)
        todo.extend(part._inputs())  # noqa: SLF001 - nothing public shows them
    return found


def _asked(
    source: Any, iterator: Any
) -> tuple[Callable[[], Any], Callable[[Any], Any]] | None:
    """Find who says where an iteration stands: what is gone through comes first."""
    return state_methods(source) or state_methods(iterator)


def _tensorflow_state(iterator: Any) -> Any:
    """Read the state of an iterator; None for one that refuses."""
    import numpy as np

    tf = sys.modules["tensorflow"]
    folder = Path(tempfile.mkdtemp(prefix="forge-"))
    try:
        tf.train.Checkpoint(root=iterator).write(str(folder / _PREFIX))
        files = sorted(folder.iterdir())
        return {f.name: np.frombuffer(f.read_bytes(), np.uint8) for f in files}
    except tf.errors.OpError:
        return None  # such as functions of Python within the pipeline
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _set_tensorflow_state(iterator: Any, state: Any) -> None:
    """Set the state of an iterator."""
    tf = sys.modules["tensorflow"]
    folder = Path(tempfile.mkdtemp(prefix="forge-"))
    try:
        for name, data in state.items():
            (folder / Path(name).name).write_bytes(data.tobytes())
        tf.train.Checkpoint(root=iterator).read(str(folder / _PREFIX)).assert_consumed()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
