"""The seeds of a run: one for each dotted path, set in every library that has one."""

import random
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from forge._hooks import before_import, on_import


def path_seed(seed: int, path: str) -> int:
    """Derive the seed of one dotted path from that of the run.

    It depends on nothing else: not on other components, on the component chosen for
    the path, on the order of building or on what is installed.

    Args:
        seed: The run's seed.
        path: The dotted path of the component; empty for the experiment itself.

    Returns:
        A number of 31 bits, which every library accepts.
    """
    digest = sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def seed_all(value: int) -> None:
    """Seed every library that draws random numbers.

    Those that are imported only later get the same seed the moment they are, until
    `stop_seeding` is called. Nothing is imported for it.

    Args:
        value: The seed, 0 to 2**32 - 1.
    """
    random.seed(value)
    _seeding.start(value)


def stop_seeding() -> None:
    """Leave libraries alone that are imported from now on."""
    _seeding.value = None


def _seed_numpy(numpy: Any, value: int) -> None:
    """Seed the generator behind `numpy.random.rand` and scikit-learn's default."""
    numpy.random.seed(value)


def _seed_tensorflow(tensorflow: Any, value: int) -> None:
    """Seed TensorFlow's operations and restart their counters."""
    tensorflow.random.set_seed(value)


def _seed_torch(torch: Any, value: int) -> None:
    """Seed PyTorch on every device."""
    torch.manual_seed(value)


def _seed_keras(keras: Any, value: int) -> None:
    """Seed what is Keras' own.

    Keras' public function would also seed all the others again, in the middle of a
    build if Keras is imported there, and import TensorFlow for any backend.
    """
    try:
        state = import_module("keras.src.backend.common.global_state")
        seed = import_module("keras.src.utils.rng_utils").GLOBAL_RANDOM_SEED
        generator = import_module(
            "keras.src.random.seed_generator"
        ).GLOBAL_SEED_GENERATOR
        state.set_global_attribute(seed, value)
        state.set_global_attribute(generator, None)
    except (ImportError, AttributeError):
        keras.utils.set_random_seed(value)


_SEEDERS: Final[Mapping[str, Callable[[Any, int], None]]] = {
    "numpy": _seed_numpy,
    "tensorflow": _seed_tensorflow,
    "torch": _seed_torch,
    "keras": _seed_keras,
}


# Importing it draws from `random`: libraries that show progress with it, TensorFlow
# among them, would change a run's numbers by being imported for the first time.
_DRAWS_ON_IMPORT: Final = "rich.style"


class _Seeding:
    """Remembers the seed in force for libraries that are still to come."""

    def __init__(self) -> None:
        #: The seed for libraries imported from now on; None outside of runs.
        self.value: int | None = None
        self._loaded: dict[str, ModuleType] | None = None
        self._state: tuple[Any, ...] | None = None

    def start(self, value: int) -> None:
        """Seed what is imported, and what will be."""
        self.value = value
        if self._loaded is None:
            self._loaded = {}
            self._watch(self._loaded)
            return
        for name, module in tuple(self._loaded.items()):
            if sys.modules.get(name) is module:
                _SEEDERS[name](module, value)

    def _watch(self, loaded: dict[str, ModuleType]) -> None:
        """Ask to be told of imports; of those in the past at once."""

        def arrived(module: ModuleType) -> None:
            loaded[module.__name__] = module
            if self.value is not None:
                _SEEDERS[module.__name__](module, self.value)

        for name in _SEEDERS:
            on_import(name, arrived)
        if _DRAWS_ON_IMPORT not in sys.modules:
            before_import(_DRAWS_ON_IMPORT, self._keep)
            on_import(_DRAWS_ON_IMPORT, self._put_back)

    def _keep(self) -> None:
        """Remember the state of `random` before it is drawn from."""
        self._state = random.getstate()

    def _put_back(self, module: ModuleType) -> None:
        """Undo what an import drew from `random`."""
        if self._state is not None and self.value is not None:
            random.setstate(self._state)


_seeding: Final = _Seeding()
