"""The guard that keeps today's project code out of stored code."""

import os
import site
import sys
import sysconfig
import warnings
from collections.abc import Callable, Collection
from functools import lru_cache
from importlib.util import find_spec
from types import FrameType
from typing import Final, Literal

from forge.errors import ForgeError


Leaks = Literal["error", "warn"]
#: Forge is never stored: stored code works with the one that loads it.
_ALWAYS: Final = frozenset({"forge"})
_INSTALLED: Final = (
    f"{os.sep}site-packages{os.sep}",
    f"{os.sep}dist-packages{os.sep}",
)


class Guard:
    """Lets stored code import libraries, and nothing of today's project.

    A module is judged by where it lies, before any of it is executed.

    Args:
        leaks: `error` refuses, `warn` lets it pass with a warning.
        externals: Top-level names to let pass.
        shown: How to name the file of some code in messages.
    """

    def __init__(
        self, leaks: Leaks, externals: Collection[str], shown: Callable[[str], str]
    ) -> None:
        if leaks not in ("error", "warn"):
            raise ForgeError(
                "leaks-choice", f"leaks={leaks!r}: choose 'error' or 'warn'."
            )
        self.leaks = leaks
        self._externals = _ALWAYS.union(externals)
        self._shown = shown
        #: Names that were judged already; lazy imports ask at each call.
        self._passed: set[str] = set()

    def check(
        self, name: str, fromlist: Collection[str], frame: FrameType | None
    ) -> None:
        """Judge an import that stored code is about to make.

        Args:
            name: Full name of the module, which the run did not store.
            fromlist: The names taken out of it.
            frame: The code that imports it; None when Forge itself does.

        Raises:
            ForgeError: `code-leak`.
        """
        if name in self._passed or name.partition(".")[0] in self._externals:
            return
        leak, settled = _find_leak(name, fromlist)
        if leak:
            self._report(name, leak, frame)
        if settled:
            self._passed.add(name)

    def _report(self, name: str, leak: str, frame: FrameType | None) -> None:
        """Refuse a leak, or warn of it at the line that imports."""
        file = frame.f_code.co_filename if frame else ""
        line = frame.f_lineno if frame else 0
        who = f"{self._shown(file)}:{line} imports" if frame else "the run needs"
        text = f"{who} '{name}', which the run did not store; today it is {leak}."
        if self.leaks == "warn":
            warnings.warn_explicit(text, UserWarning, file or "forge", line)
            return
        raise ForgeError(
            "code-leak",
            f"{text}\n"
            f"  Stored code is not mixed with today's: install the module as a "
            f"package, use today's code\n"
            f"  throughout with load(..., code='current'), or let it in with "
            f"load(..., leaks='warn').",
            name=name,
            file=file,
            line=line,
            found=leak,
        )


def is_library(path: str) -> bool:
    """Tell whether a file belongs to Python or to an installed package.

    Args:
        path: An absolute path.

    Returns:
        Whether it does.
    """
    # Both spellings: some installers put links into site-packages, and the folder of
    # an environment may itself be reached through a link.
    for spelled in (os.path.abspath(path), os.path.realpath(path)):  # noqa: PTH100
        if spelled.startswith(_library_folders()):
            return True
        if any(part in f"{spelled}{os.sep}" for part in _INSTALLED):
            return True
    return False


@lru_cache
def _library_folders() -> tuple[str, ...]:
    """List the folders of the standard library and of packages."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [*map(sysconfig.get_path, kinds), *site.getsitepackages()]
    folders.append(site.getusersitepackages())
    spelled = {f for folder in folders for f in (folder, os.path.realpath(folder))}
    return tuple(f"{folder}{os.sep}" for folder in spelled)


def _find_leak(name: str, fromlist: Collection[str]) -> tuple[str, bool]:
    """Find the file that an import would take from outside of any library.

    Returns:
        The file, or nothing; and whether that holds for whatever is taken from it.
    """
    parts = name.split(".")
    folders: tuple[str, ...] = ()
    for n in range(1, len(parts) + 1):
        file, folders = _place(".".join(parts[:n]))
        # Folders without a file are a namespace package: what lies below decides,
        # for such a package can be spread over libraries and the project.
        if not folders:
            return _outside([file]), True
    if fromlist and any(map(is_library, folders)):
        taken = [_place(f"{name}.{item}")[0] for item in fromlist if item != "*"]
        return _outside(taken), False
    return ("" if any(map(is_library, folders)) else folders[0]), False


def _outside(files: Collection[str]) -> str:
    """Pick the first file that lies in no library."""
    return next((file for file in files if file and not is_library(file)), "")


def _place(name: str) -> tuple[str, tuple[str, ...]]:
    """Find a module's file, or the folders of a namespace package."""
    module = sys.modules.get(name)
    if module is not None:
        spec = getattr(module, "__spec__", None)
        file = getattr(module, "__file__", None)
        folders = getattr(module, "__path__", ())
    else:
        try:
            spec = find_spec(name)
        except (ImportError, ValueError, AttributeError):
            # There is no such module, or only in memory: the import itself will tell.
            spec = None
        file, folders = None, getattr(spec, "submodule_search_locations", None) or ()
    if not file and getattr(spec, "has_location", False):
        file = getattr(spec, "origin", None)
    return (str(file), ()) if file else ("", tuple(folders))
