"""The project of a run: which files belong to it, and where imports find them."""

# Plain text is 20 times as fast as Path, and this runs for every module.
# ruff: noqa: PTH109, PTH110, PTH112, PTH113, PTH117, PTH118, PTH119, PTH120, PTH122

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from forge.errors import ForgeError
from forge.run.imports import Imported


_MARKS: Final = (".git", "pyproject.toml", "setup.cfg", "setup.py")
_ENVIRONMENTS: Final = ("pyvenv.cfg", "conda-meta")

# Looked at for every imported module, of which TensorFlow brings two thousand; hence
# the beginnings and parts of plain text, and no resolved paths.
_STANDARD: Final = os.path.dirname(os.__file__) + os.sep
_FORGE: Final = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep
_INSTALLED: Final = tuple(
    f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages")
)


def project_root(main_file: Path | None) -> Path:
    """Find the root of the project that a script belongs to.

    Args:
        main_file: The script; None in a notebook, which belongs to the working
            directory.

    Returns:
        The nearest folder above with `.git`, `pyproject.toml`, `setup.cfg` or
        `setup.py`, else the script's own; links are resolved.
    """
    if main_file is None:
        folder = candidate = os.getcwd()
    else:
        folder = candidate = os.path.dirname(os.path.realpath(main_file))
    while not any(os.path.exists(os.path.join(candidate, mark)) for mark in _MARKS):
        above = os.path.dirname(candidate)
        if above == candidate:
            return Path(folder)
        candidate = above
    return Path(candidate)


# Asked of every module, at every start of a run in a process.
@lru_cache(maxsize=1 << 14)
def is_library(file: str) -> bool:
    """Tell files of libraries, of the standard one and of Forge from all others.

    Args:
        file: Full path of a file.

    Returns:
        Whether no project can own it.
    """
    return file.startswith((_STANDARD, _FORGE)) or any(
        part in file for part in _INSTALLED
    )


@dataclass(frozen=True, slots=True)
class Script:
    """A script that is no file, but was typed into a notebook or at a prompt.

    Attributes:
        data: Its source; empty when there is none.
        files: What the code objects of the cells name as their files.
        hindrance: Why it is not complete, with the remedy below; empty if it is.
    """

    data: bytes
    files: frozenset[str] = frozenset()
    hindrance: str = ""


class Project:
    """A project root and the folders below it that modules are imported from.

    Args:
        root: The project root.
        main_file: The main script; None in a notebook.
        modules: Files of imported modules by name.
        exclude: Folders whose files belong to no project, such as those of results.
    """

    def __init__(
        self,
        root: Path,
        main_file: Path | None,
        *,
        modules: Mapping[str, str],
        exclude: Iterable[Path] = (),
    ) -> None:
        # For the life of this object, because much of it is asked about twice.
        self._real: Callable[[str], str] = cache(os.path.realpath)
        #: The full path of the root.
        self.root = self._real(os.fspath(root))
        self._inside = os.path.join(self.root, "")
        self._exclude = tuple(os.path.join(os.path.realpath(e), "") for e in exclude)
        self._own_folders: dict[str, bool] = {self.root: True}
        self._searched: set[str] = set()
        self._folder_of_top: dict[str, str | None] = {}
        self._roots = self._find_roots(main_file, modules)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders imports start from, relative to the root, in order."""
        return tuple(self._relative(folder) for folder in self._roots)

    @property
    def folders(self) -> frozenset[str]:
        """Every folder whose content has decided something by now."""
        return frozenset((*self._own_folders, *self._searched))

    def place(self, file: str, *, wanted: bool = False) -> str | None:
        """Say where the copy of a file goes.

        Args:
            file: Full path of the file.
            wanted: Whether it is needed even if it lies outside of the root.

        Returns:
            The path below the root with `/`; below `_outside/` if it lies elsewhere
            and is wanted; None if the file does not belong to the project.
        """
        if is_library(file):
            return None
        if self._owns(file):
            return self._relative(file)
        real = self._real(file)
        if self._owns(real):
            return self._relative(real)
        if not wanted or is_library(real):
            return None
        digest = sha256(os.fsencode(real)).hexdigest()[:10]
        return f"_outside/{digest}/{os.path.basename(file)}"

    def free_place(self, stem: str) -> tuple[str, str]:
        """Find a name for a script that is no file, in the working directory.

        Args:
            stem: What it is called if no file has that name.

        Returns:
            The full path and the path below the root.
        """
        here = os.path.realpath(os.curdir)
        folder = here if f"{here}{os.sep}".startswith(self._inside) else self.root
        name, n = f"{stem}.py", 1
        while os.path.exists(os.path.join(folder, name)):
            n += 1
            name = f"{stem}_{n}.py"
        file = os.path.join(folder, name)
        return file, self._relative(file)

    def matching(self, pattern: str) -> list[str]:
        """Find the files that a user's pattern names.

        Args:
            pattern: A pattern relative to the root; `**` stands for any folders.

        Returns:
            Their full paths, sorted.

        Raises:
            ForgeError: `source-pattern` for one that leads out of the project.
        """
        if not pattern or os.path.isabs(pattern) or ".." in Path(pattern).parts:
            raise ForgeError(
                "source-pattern",
                f"sources: {pattern!r} does not lie in the project {self.root}. "
                "Patterns are relative to it, such as 'conf/*.yaml'.",
                pattern=pattern,
            )
        found = (str(path) for path in Path(self.root).glob(pattern))
        return sorted(path for path in found if os.path.isfile(path))

    def module_name(self, file: str) -> str:
        """Name the module of a script as importing it would.

        Args:
            file: Full path of the script.

        Returns:
            The dotted name from the first folder of `roots` above it; in `python -m`
            the one that was given.
        """
        main = sys.modules.get("__main__")
        spec = getattr(main, "__spec__", None)
        if spec is not None and getattr(main, "__file__", None) == file:
            return str(spec.name)
        stem = os.path.splitext(self._real(file))[0]
        for folder in self._roots:
            if stem.startswith(os.path.join(folder, "")):
                return os.path.relpath(stem, folder).replace(os.sep, ".")
        return os.path.basename(stem)

    def packages_of(self, file: str) -> list[str]:
        """Find the `__init__` files of the packages around a module.

        Args:
            file: Full path of the module.

        Returns:
            Full paths.
        """
        found = []
        folder = os.path.dirname(file)
        while folder.startswith(self._inside):
            self._searched.add(folder)
            init = os.path.join(folder, "__init__.py")
            if os.path.isfile(init):
                found.append(init)
            folder = os.path.dirname(folder)
        return found

    def find(self, imported: Imported, file: str) -> list[str]:
        """Find the files behind an imported name, without importing anything.

        Args:
            imported: The name.
            file: Full path of the module that imports it.

        Returns:
            Full paths of the module and of the packages on the way to it.
        """
        folder: str | None = os.path.dirname(file)
        if imported.level:
            for _ in range(imported.level - 1):
                folder = os.path.dirname(str(folder))
        else:
            folder = self.folder_of(imported.name.partition(".")[0]) or folder
            if imported.name.partition(".")[0] in sys.stdlib_module_names:
                folder = self.folder_of(imported.name.partition(".")[0])
        return list(self._modules(folder, imported.name)) if folder else []

    def folder_of(self, top: str) -> str | None:
        """Find where a top-level module of the project is imported from.

        Args:
            top: The name up to the first dot.

        Returns:
            The first folder of `roots` that has it, if any.
        """
        self._searched.update(self._roots)
        if top not in self._folder_of_top:
            self._folder_of_top[top] = next(
                (f for f in self._roots if _has(os.path.join(f, top))), None
            )
        return self._folder_of_top[top]

    def _find_roots(
        self, main_file: Path | None, modules: Mapping[str, str]
    ) -> tuple[str, ...]:
        """List the folders imports start from."""
        # Whatever a library's folder leads to, its modules are not the project's.
        entries = [e for e in sys.path if not is_library(os.path.join(e, ""))]
        found = [self._real(entry) for entry in entries]
        if main_file is not None:
            found.append(os.path.dirname(self._real(os.fspath(main_file))))
        # Editable installs and paths that are taken off again are not in sys.path.
        found.extend(filter(None, map(_start, modules, modules.values())))
        return tuple(
            dict.fromkeys(
                folder
                for folder in found
                if self._owns(os.path.join(folder, "")) and os.path.isdir(folder)
            )
        )

    def _modules(self, folder: str, name: str) -> Iterator[str]:
        """Follow a dotted name down from a folder as imports do."""
        path = folder
        for part in filter(None, name.split(".")):
            self._searched.add(path)
            path = os.path.join(path, part)
            package = os.path.join(path, "__init__.py")
            if os.path.isfile(package):
                yield package
            elif os.path.isfile(f"{path}.py"):
                yield f"{path}.py"
                return
            elif not os.path.isdir(path):
                return

    def _relative(self, file: str) -> str:
        """Write a path below the root with `/`."""
        return os.path.relpath(file, self.root).replace(os.sep, "/")

    def _owns(self, file: str) -> bool:
        """Tell whether a file lies below the root and in no environment there."""
        if not file.startswith(self._inside) or file.startswith(self._exclude):
            return False
        return not is_library(file) and self._is_own(os.path.dirname(file))

    def _is_own(self, folder: str) -> bool:
        """Tell whether no folder from the root down is a virtual environment."""
        known = self._own_folders.get(folder)
        if known is None:
            known = self._is_own(os.path.dirname(folder)) and not any(
                os.path.exists(os.path.join(folder, mark)) for mark in _ENVIRONMENTS
            )
            self._own_folders[folder] = known
        return known


def _has(path: str) -> bool:
    """Tell whether a module or a package, with `__init__` or without, lies there."""
    return os.path.isfile(f"{path}.py") or os.path.isdir(path)


def _start(name: str, file: str) -> str | None:
    """Find the folder that a module's name starts from."""
    stem = file.removesuffix(".py").removesuffix(f"{os.sep}__init__")
    end = os.sep + name.replace(".", os.sep)
    return os.path.realpath(stem.removesuffix(end)) if stem.endswith(end) else None
