"""Values of a stored config that JSON cannot express, made again."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType, ModuleType
from typing import Any, Final

from forge.configuration.stored import Undecoded
from forge.errors import ForgeError
from forge.masking import MASK
from forge.rebuild.guard import is_library
from forge.rebuild.importer import run_of
from forge.rebuild.isolated import StoredSources
from forge.records.codec import (
    classes_in,
    from_json,
    is_described,
    is_tagged,
    rich,
    to_json,
    unrich,
)
from forge.records.plain import not_finite


#: Finds a class by `module.qualname`; None for one that may not be made.
Find = Callable[[str], type | None]

#: Stored files by the name that their module had, which no import finds.
Files = Mapping[str, str]
NO_FILES: Final[Files] = MappingProxyType({})

#: Before the name of a module that was imported from the folder of a run.
_STORED: Final = re.compile(r"^forge\._runs\.\w+\.")


def decoded(flags: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Make the values of a stored config again.

    Args:
        flags: The config as it is stored.
        find: Finds the classes that may be made.

    Returns:
        The same keys. A value that asks for anything else is taken only where it is
        the default of its parameter. What was only described, because nothing could
        store it, is left to the code, as what was not written down at all.
    """
    return {key: _decoded(value, find) for key, value in flags.items()}


def own_classes(sources: StoredSources, files: Files = NO_FILES) -> Find:
    """Find classes that a run's own sources define, and no others.

    Args:
        sources: The sources, which are trusted.
        files: The stored file of a module that was not imported by its name.

    Returns:
        What finds them.
    """

    def find(name: str) -> type | None:
        for module, qualname in _splits(name):
            if module in files or sources.stores(module):
                try:
                    found = _own(sources, module, qualname, files)
                except ModuleNotFoundError:
                    continue
                return found if isinstance(found, type) else None
        return None

    return find


def own_objects(
    sources: StoredSources, files: Files = NO_FILES
) -> Callable[[str], Any]:
    """Find functions and classes that a run's own sources define, and no others.

    Args:
        sources: The sources, which are trusted.
        files: The stored file of a module that was not imported by its name.

    Returns:
        What finds them by `module:qualname`; None for any other.
    """

    def find(name: str) -> Any:
        module, _, qualname = _STORED.sub("", name).partition(":")
        if module not in files and not sources.stores(module):
            return None
        try:
            return _own(sources, module, qualname, files)
        except ModuleNotFoundError:
            return None

    return find


def todays_objects(name: str) -> Any:
    """Find a function or class that today's project defines and has imported.

    Args:
        name: Its `module:qualname`.

    Returns:
        The object; None for those of libraries, and for what is not imported.
    """
    module, _, qualname = _STORED.sub("", name).partition(":")
    return _todays(module, qualname)


def todays_classes(name: str) -> type | None:
    """Find a class that today's project defines and has imported.

    Args:
        name: Its `module.qualname`.

    Returns:
        The class; None for those of libraries, and for what is not imported.
    """
    for module, qualname in _splits(name):
        if _of_today(module) is not None:
            found = _todays(module, qualname)
            return found if isinstance(found, type) else None
    return None


def _own(sources: StoredSources, module: str, qualname: str, files: Files) -> Any:
    """What a module of a run defines; None for what it has from elsewhere."""
    file = files.get(module)
    where = sources.import_file(file).__name__ if file else module
    try:
        found = sources.resolve(_STORED.sub("", where), qualname)
    except AttributeError:
        return None
    # A library that the module imports is no part of it.
    own = run_of(getattr(found, "__module__", None) or "") == sources.package
    return found if own else None


def _of_today(name: str) -> ModuleType | None:
    """A module of today's project that is imported."""
    script = sys.modules["__main__"]
    # The script that runs now may have been imported then.
    is_script = PurePath(getattr(script, "__file__", None) or "").stem == name
    module = script if is_script else sys.modules.get(name)
    file = getattr(module, "__file__", None)
    return module if file and not is_library(str(file)) else None


def _todays(name: str, qualname: str) -> Any:
    """What a module of today's project defines; None for what it has from elsewhere."""
    module = _of_today(name)
    found: Any = module
    for part in qualname.split("."):
        found = getattr(found, part, None)
    own = module is not None and getattr(found, "__module__", None) == module.__name__
    return found if own else None


def _decoded(value: Any, find: Find) -> Any:
    """Make one value again, and all inside of it."""
    if is_described(value):
        text = unrich(value)
        # A text that reads like a number is marked, and is all there.
        return text if not_finite(text) is not None else MASK
    if is_tagged(value):
        named = {name: find(name) for name in classes_in(value)}
        allowed = {name: kind for name, kind in named.items() if kind}
        try:
            return unrich(value, allowed)
        except ForgeError as error:
            reason = str(error).split("\n")[0]
            return Undecoded(value, lambda one: _is_stored_as(one, value), reason)
    if isinstance(value, dict):
        return {key: _decoded(item, find) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item, find) for item in value]
    return value


def _is_stored_as(value: Any, stored: Any) -> bool:
    """Tell whether a value of today would be stored like that one."""
    return bool(from_json(to_json(rich(value))) == stored)


def _splits(name: str) -> list[tuple[str, str]]:
    """Split a name into module and class in every way, the longest module first."""
    parts = _STORED.sub("", name).split(".")
    return [
        (".".join(parts[:n]), ".".join(parts[n:])) for n in range(len(parts) - 1, 0, -1)
    ]
