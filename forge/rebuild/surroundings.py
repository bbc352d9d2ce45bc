"""What a module can disturb in a process while it is imported, and putting it back."""

import logging
import os
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final


PutBack = Callable[[], None]


class Surroundings:
    """Keeps imports of stored code from disturbing the process around them.

    One for the process. Imports of several threads can overlap: the first that begins
    notes how things are, the last that ends puts them back. No lock is held in
    between, for an import waits for others.

    Args:
        owner: Gives the private name of the run that a module belongs to; empty for a
            module that is not stored.
    """

    def __init__(self, owner: Callable[[str], str]) -> None:
        #: What was registered with Keras and taken out again, by run and name.
        self.registered: dict[str, dict[str, Any]] = {}
        self._owner = owner
        self._lock = threading.Lock()
        self._under_way = 0
        self._put_back: list[PutBack] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Put everything back when the block, and every other one, is left."""
        with self._lock:
            self._under_way += 1
            if self._under_way == 1:
                self._put_back = [save() for save in _SAVE]
                self._put_back.append(self._save_custom_objects())
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                while self._put_back and not self._under_way:
                    self._put_back.pop()()

    def _save_custom_objects(self) -> PutBack:
        """Note what Keras finds by name."""
        noted = {id(table): {**table} for table in custom_objects()}

        def put_back() -> None:
            for table in custom_objects():
                self._take_out(table, noted.get(id(table), {}))

        return put_back

    def _take_out(self, table: dict[str, Any], before: Mapping[str, Any]) -> None:
        """Take out what stored code registered, but not what a library did."""
        for name, value in tuple(table.items()):
            run = self._owner(str(getattr(value, "__module__", "")))
            if run and before.get(name) is not value:
                self.registered.setdefault(run, {})[name] = value
                del table[name]
        table.update(before)


def _save_folder() -> PutBack:
    """Note the working directory."""
    try:
        folder = os.getcwd()  # noqa: PTH109 - a Path is not needed
    except OSError:
        return lambda: None

    def put_back() -> None:
        with suppress(OSError):
            os.chdir(folder)

    return put_back


def _save_import_path() -> PutBack:
    """Note where Python looks for modules."""
    path, entries = sys.path, [*sys.path]

    def put_back() -> None:
        sys.path = path
        path[:] = entries

    return put_back


def _save_warning_filters() -> PutBack:
    """Note which warnings are shown."""
    kept = warnings.catch_warnings()
    kept.__enter__()
    return lambda: kept.__exit__(None, None, None)


def _save_root_logger() -> PutBack:
    """Note where the root logger sends records, and its level."""
    root = logging.getLogger()
    level, attached = root.level, [*root.handlers]

    def put_back() -> None:
        root.handlers[:] = attached
        root.setLevel(level)

    return put_back


def _save_random() -> PutBack:
    """Note the state of Python's own generator."""
    state = random.getstate()
    return lambda: random.setstate(state)


def _save_numpy() -> PutBack:
    """Note the state of the generator that all users of NumPy share."""
    generator = getattr(sys.modules.get("numpy"), "random", None)
    if generator is None or not hasattr(generator, "get_state"):
        return lambda: None
    state = generator.get_state()
    return lambda: generator.set_state(state)


def _save_torch() -> PutBack:
    """Note the state of PyTorch's default generator."""
    generator = getattr(sys.modules.get("torch"), "random", None)
    if generator is None or not hasattr(generator, "get_rng_state"):
        return lambda: None
    state = generator.get_rng_state()
    return lambda: generator.set_rng_state(state)


def _save_tensorflow() -> PutBack:
    """Note the seed of TensorFlow without an operation, which would join a graph."""
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "_context", None)
    generator = getattr(context, "_rng", None)
    seed = getattr(context, "_seed", None)
    state = generator.getstate() if generator else None

    def put_back() -> None:
        now = getattr(module, "_context", None)
        if now is None or not hasattr(now, "_rng"):
            return
        now._seed, now._rng = seed, generator  # noqa: SLF001 - no other way
        if generator:
            generator.setstate(state)

    return put_back if module is not None else lambda: None


def _save_keras_seed() -> PutBack:
    """Note the seed and the generator of Keras, which it makes when first asked."""
    module: Any = sys.modules.get("keras.src.backend.common.global_state")
    if not hasattr(module, "set_global_attribute"):
        return lambda: None
    names = ("global_random_seed", "global_seed_generator")
    noted = {name: module.get_global_attribute(name) for name in names}

    def put_back() -> None:
        for name, value in noted.items():
            if module.get_global_attribute(name) is not value:
                module.set_global_attribute(name, value)

    return put_back


_SAVE: Final[tuple[Callable[[], PutBack], ...]] = (
    _save_folder,
    _save_import_path,
    _save_warning_filters,
    _save_root_logger,
    _save_random,
    _save_numpy,
    _save_torch,
    _save_tensorflow,
    _save_keras_seed,
)


def custom_objects() -> Iterator[dict[str, Any]]:
    """Find the tables in which Keras looks classes up by name.

    Returns:
        The live tables of what is imported; Keras 3 and Keras 2 each have one.
    """
    for library in ("keras", "tf_keras"):
        saving: Any = getattr(sys.modules.get(library), "saving", None)
        if hasattr(saving, "get_custom_objects"):
            yield saving.get_custom_objects()
