"""Which modules another one imports, directly or through project modules."""

import os
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import FrameType, ModuleType
from typing import Any, Final


#: Whose frames stand between the module that imports and the one imported.
_BETWEEN: Final = frozenset(
    {"importlib", "_frozen_importlib", "_frozen_importlib_external"}
)
_FORGE_BETWEEN: Final = ("forge.registry", "forge.rebuild.")
#: Where the modules of stored runs live, which are a user's own.
_STORED: Final = "forge._runs."


def import_chain(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """List the imports that are under way.

    Args:
        frame: The frame of a module that is being imported.

    Yields:
        Pairs of module names, importer first; what Forge itself imports for a user
        is nobody's import.
    """
    imported = ""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if _is_ours(name):
            # `model=file.py`: Forge imports the file, the script does not.
            imported = imported if name.startswith(_FORGE_BETWEEN) else ""
        elif name.partition(".")[0] not in _BETWEEN:
            if imported and name and name != imported:
                yield name, imported
            imported = name
        frame = frame.f_back


def reachable(
    start: str, registering: AbstractSet[str], importers: Mapping[str, AbstractSet[str]]
) -> set[str]:
    """Find the modules that a module imports, directly or through project modules.

    Args:
        start: The module.
        registering: Modules that have components, wherever they are installed.
        importers: What each module was seen importing.

    Returns:
        Names of modules, the module's own among them.
    """
    seen = {start}
    todo = [start]
    while todo:
        name = todo.pop()
        found = {*importers.get(name, ())} | _named_by(sys.modules.get(name))
        for other in found - seen:
            seen.add(other)
            if other in registering or _is_project(other):
                todo.append(other)
    return seen


def _named_by(module: ModuleType | None) -> set[str]:
    """Modules that the names in a module's namespace come from."""
    names = set()
    for value in tuple(vars(module).values()) if module else ():
        name = _module_of(value)
        if isinstance(name, str):
            names.add(name)
    return names


def _module_of(value: Any) -> Any:
    """The module that a value is, or that a function, class or experiment is from."""
    if isinstance(value, ModuleType):
        return value.__name__
    try:
        return value.__module__ if callable(value) else None
    except Exception:  # noqa: BLE001 - proxies of other libraries raise anything
        return None


def _is_ours(name: str) -> bool:
    """Whether a module is part of Forge."""
    inside = name == "forge" or name.startswith("forge.")
    return inside and not name.startswith(_STORED)


def _is_project(name: str) -> bool:
    """Whether a module is somebody's own, rather than installed."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if not file or "site-packages" in file or "dist-packages" in file or _is_ours(name):
        return False
    return not file.startswith(_STANDARD_LIBRARY)


_STANDARD_LIBRARY: Final = f"{os.path.dirname(os.__file__)}{os.sep}"  # noqa: PTH120
