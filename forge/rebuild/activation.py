"""Stored modules under plain names, for libraries that resolve names themselves."""

import importlib
import importlib.abc
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from forge.rebuild.surroundings import custom_objects


@contextmanager
def plain_names(
    modules: Mapping[str, ModuleType],
    private: Callable[[str], str],
    registered: Mapping[str, Any],
) -> Iterator[None]:
    """Let the whole process see a run's modules under the names they have in the run.

    The modules are the same objects, and what the process had under these names comes
    back. One thread at a time.

    Args:
        modules: The run's modules that are imported already, by plain name.
        private: Gives the private name for a plain one; empty for a name that means
            no module of the run.
        registered: What the run's modules registered with Keras.
    """
    with _lock:
        tables = [(table, {**table}) for table in custom_objects()]
        hidden = _take_out(private)
        sys.modules.update(modules)
        finder = _PlainFinder(private)
        sys.meta_path.insert(0, finder)
        for table, _ in tables:
            table.update(registered)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            _take_out(private)
            sys.modules.update(hidden)
            for table, before in tables:
                table.clear()
                table.update(before)


def _take_out(private: Callable[[str], str]) -> dict[str, ModuleType]:
    """Remove modules from the process, and return them."""
    names = [name for name in tuple(sys.modules) if private(name)]
    return {name: sys.modules.pop(name) for name in names}


class _PlainFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a run's modules by their plain names."""

    def __init__(self, private: Callable[[str], str]) -> None:
        self._private = private

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find a module.

        Args:
            fullname: Its plain name.
            path: Not used.
            target: Not used.

        Returns:
            How to import it; None when it is no module of the run.
        """
        return ModuleSpec(fullname, self) if self._private(fullname) else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python; the module made is dropped again.

        Args:
            spec: How the module was found.
        """

    def exec_module(self, module: ModuleType) -> None:
        """Put the stored module in the place of an empty one.

        Args:
            module: The empty module.
        """
        name = module.__name__
        sys.modules[name] = importlib.import_module(self._private(name))


_lock: Final = threading.RLock()
