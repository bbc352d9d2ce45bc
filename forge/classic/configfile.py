"""Config files: imported by path or name, and their `load` called."""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from forge.classic.space import FlagSpace
from forge.classic.spaces import RUN_NAME, caller, space_of
from forge.errors import ForgeError, Interrupt
from forge.references import import_file, no_file


if TYPE_CHECKING:
    from forge.rebuild.isolated import StoredSources

LOAD: Final = "load"


def load(path_or_module: Any, *args: Any, **kwargs: Any) -> Any:
    """Import a config file and call its `load`.

    Args:
        path_or_module: The path of the file, or the name of a module.
        *args: What its `load` takes, usually the flags first.
        **kwargs: More of it, such as what a data config returned.

    Returns:
        Whatever its `load` returns. Of a file with a decorated component instead, what
        that builds, from the values of the flags and from `kwargs`.

    Raises:
        ForgeError: `no-file`, `no-load`, or `config-import` with the traceback of
            a file that cannot be imported.
    """
    scope = caller().f_globals
    module = import_config(path_or_module, scope.get(RUN_NAME))
    space_of(scope).ran(str(module.__file__))
    built = function_of(module, str(path_or_module))(*args, **kwargs)
    _after_load()
    return built


def import_config(
    path_or_module: Any, sources: "StoredSources | None" = None
) -> ModuleType:
    """Import a config file.

    A file that was edited since is imported anew.

    Args:
        path_or_module: The path of the file, or the name of a module.
        sources: The stored sources that it is to come from, if any.

    Returns:
        The module.

    Raises:
        ForgeError: `no-file`, or `config-import`.
    """
    if isinstance(path_or_module, ModuleType):
        return path_or_module
    text = os.fspath(path_or_module)
    try:
        if sources is not None:
            return _import_stored(text, sources)
        if not is_path(text):
            return _import_named(text)
        return _import_path(text)
    except Interrupt:
        raise
    except ForgeError as error:
        if error.code == "no-file":
            raise
        raise _because_of(error, text) from None
    except Exception as error:
        raise import_failed(error, text) from error


def is_path(text: str) -> bool:
    """Tell a path from the name of a module."""
    return text.endswith(".py") or os.sep in text


def function_of(module: ModuleType, text: str) -> Callable[..., Any]:
    """Find what a config file is loaded with.

    Args:
        module: The module of the file.
        text: What it was asked for as.

    Returns:
        Its `load`, or what builds its decorated component.

    Raises:
        ForgeError: `no-load` when it has neither.
    """
    function = getattr(module, LOAD, None)
    if callable(function):
        return function  # type: ignore[no-any-return]
    from forge.classic.decorated import builder_of  # noqa: PLC0415 - such files only

    found = builder_of(module, text)
    if found is not None:
        return found
    raise ForgeError(
        "no-load",
        f"{text} has no function `load`.\n"
        f"  A data config has  def load(config): ...  and a model config  "
        f"def load(config, **data): ...",
        path=text,
    )


def import_failed(error: Exception, text: str) -> ForgeError:
    """Make the error for a config file that raises when it is imported.

    Args:
        error: What it raised.
        text: What it was asked for as.

    Returns:
        The error `config-import`, with the traceback of the file.
    """
    from forge.run.tracebacks import user_traceback_from  # noqa: PLC0415

    trace = user_traceback_from(error, text).rstrip().replace("\n", "\n  ")
    return ForgeError(
        "config-import", f"{text} cannot be imported.\n  {trace}", path=text
    )


def _because_of(error: ForgeError, text: str) -> ForgeError:
    """Say which file made a mistake that Forge refuses, such as a flag."""
    if text in error.text:
        return error
    return ForgeError(
        error.code, f"{text}: {error.text}", errors=error.errors[1:], **error.facts
    )


def _import_path(text: str) -> ModuleType:
    """Import a file by its path, anew if it was edited since."""
    path = Path(text).expanduser()
    full = os.path.realpath(path)
    state = _state(full)
    if full in _imported and _imported[full][1] != state:
        sys.modules.pop(_imported[full][0], None)
    name = import_file(text)
    _imported[full] = name, state
    return sys.modules[name]


def _import_named(name: str) -> ModuleType:
    """Import a module by its name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ForgeError(
            "no-file",
            f"no config file and no module is called '{name}' (looked along sys.path)."
            f"\n  A file is named with its ending:  {name}.py",
            reference=name,
        ) from None


def _import_stored(text: str, sources: "StoredSources") -> ModuleType:
    """Import what a run stored of a file."""
    if not is_path(text):
        return sources.import_module(text)
    path = stored_path(text, sources)
    if path is None:
        raise no_file(text)
    return sources.import_file(path)


def stored_path(text: str, sources: "StoredSources") -> str | None:
    """Find the copy of a file among those that a run stored.

    Args:
        text: The path as the run's own code spells it.
        sources: The stored sources.

    Returns:
        The path of the copy; None when there is none, or when several might be meant.
    """
    wanted = Path(os.path.normpath(text)).as_posix().lstrip("/")
    while wanted.startswith("../"):
        wanted = wanted[3:]
    files = sources.manifest.files
    if wanted in files:
        return wanted
    found = [file for file in files if file.endswith(f"/{wanted}")]
    if not found and text.startswith("/"):
        found = [file for file in files if wanted.endswith(f"/{file}")]
    return found[0] if len(found) == 1 else None


def _state(full: str) -> tuple[int, int] | None:
    """Tell whether a file is as it was."""
    try:
        facts = os.stat(full)  # noqa: PTH116 - as text
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def _after_load() -> None:
    """Record flags that have become known, if there is a run."""
    recorded = sys.modules.get("forge.classic.recorded")
    if recorded is not None:
        recorded.tell_flags()


def flags_of_module(module: ModuleType) -> FlagSpace:
    """Find the flags that a config file uses."""
    return space_of(vars(module))


_imported: Final[dict[str, tuple[str, tuple[int, int] | None]]] = {}
