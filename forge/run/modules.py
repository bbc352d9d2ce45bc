"""The modules that are imported, and the files that they come from."""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from forge.run.project import is_library


# The main script comes as such, under the name that importing it would give.
_MAIN: Final = ("__main__", "__mp_main__")
# How every module is asked for its names.
_NAMES: Final = vars(ModuleType)["__dict__"]
# Modules of other runs, loaded from their folders.
_STORED: Final = "forge._runs."


def imported_files() -> Mapping[str, str]:
    """List the files of imported modules that may be the project's.

    Returns:
        The files by the names of their modules.
    """
    return _imported.files()


class _Imported:
    """The files of imported modules, looked at again when there are other modules."""

    def __init__(self) -> None:
        self._seen: tuple[object, ...] = ()
        self._files: Mapping[str, str] = {}

    def files(self) -> Mapping[str, str]:
        """List them as they are now."""
        modules = sys.modules
        # There may be thousands, and reading names and places does not wake any.
        names, places = tuple(modules), tuple(map(id, modules.values()))
        # A module in the place of one that is gone comes last.
        last = facts_of(modules.get(names[-1])).get("__file__")
        seen = (names, places, last)
        if seen != self._seen:
            self._files = _project_files()
            self._seen = seen
        return self._files


_imported: Final = _Imported()


def _project_files() -> dict[str, str]:
    """Look at every imported module."""
    found = {}
    for name, module in tuple(sys.modules.items()):
        file = facts_of(module).get("__file__")
        if (
            type(file) is str
            and not is_library(file)
            and name not in _MAIN
            and not name.startswith(_STORED)
        ):
            found[name] = file
    return found


def facts_of(module: object) -> Mapping[str, Any]:
    """Look into a module without waking one that loads itself when it is looked at.

    Args:
        module: Whatever stands among the modules.

    Returns:
        The names in it.
    """
    if type(module) is ModuleType:
        return module.__dict__
    if not isinstance(module, ModuleType):
        return {}
    # Such a module may have a `__dict__` of its own making as well.
    facts: Mapping[str, Any] = _NAMES.__get__(module)
    return facts
