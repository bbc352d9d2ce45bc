"""The importer of stored modules: they live under private names, and only there."""

import importlib.abc
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import Any, Final, Protocol

from forge.errors import ForgeError
from forge.rebuild.manifest import Found, Manifest
from forge.rebuild.surroundings import Surroundings


#: Names of stored modules begin with it: `forge._runs.<id>.<name in the run>`.
PREFIX: Final = "forge._runs."


class Opened(Protocol):
    """Stored sources that modules are being imported from."""

    #: What the run stored.
    manifest: Manifest
    #: The private name that stands for the run.
    package: str
    #: What a module knows before its first line runs.
    scope: Mapping[str, Any]

    def find(self, name: str, folders: Sequence[str]) -> Found | None:
        """Find a module; see `Manifest.find`.

        Args:
            name: The name as the run's own code spells it.
            folders: The relative folders to look in.
        """

    def import_beside(self, name: str) -> ModuleType:
        """Import a module that shares its namespace package with stored ones.

        Args:
            name: The name as the run's own code spells it.
        """


def run_of(name: str) -> str:
    """Find the run that a module belongs to.

    Args:
        name: Full name of a module.

    Returns:
        `forge._runs.<id>`; empty for a module that is not stored.
    """
    if not name.startswith(PREFIX):
        return ""
    return f"{PREFIX}{name[len(PREFIX) :].partition('.')[0]}"


def is_importing() -> bool:
    """Tell whether this thread is in the middle of importing stored code.

    Returns:
        Whether it is; experiments that are run meanwhile do nothing.
    """
    return bool(getattr(_thread, "depth", 0))


class Finder(importlib.abc.MetaPathFinder):
    """Finds stored modules by their private names, in the manifest of their run."""

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}
        #: Opens a run that another process had opened, when its name is asked for.
        self.reopen: Callable[[str], Opened | None] = lambda identity: None

    def add(self, identity: str, sources: Opened) -> None:
        """Let modules of a run be found.

        Args:
            identity: The part of their names that stands for the run.
            sources: The stored sources.
        """
        self._opened[identity] = sources
        self.install()

    def remove(self, identity: str) -> None:
        """Let modules of a run be found no more.

        Args:
            identity: The part of their names that stands for the run.
        """
        self._opened.pop(identity, None)

    def get(self, identity: str) -> Opened | None:
        """Look an open run up.

        Args:
            identity: The part of its modules' names that stands for it.

        Returns:
            Its stored sources, or None when it is not open.
        """
        return self._opened.get(identity)

    def install(self) -> None:
        """Find stored modules from now on, those of another process as well."""
        if self not in sys.meta_path:
            # First: no other finder may look into a folder of stored sources.
            sys.meta_path.insert(0, self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find a module.

        Args:
            fullname: Its name.
            path: Where its package looks for submodules.
            target: Not used.

        Returns:
            How to import it; None for a name that is not private.

        Raises:
            ModuleNotFoundError: The run stored no such module. Nobody else is asked:
                what lies in its folder beside the stored files is never imported.
        """
        if not fullname.startswith(PREFIX):
            return None
        identity, _, name = fullname[len(PREFIX) :].partition(".")
        sources = self._opened.get(identity) or self.reopen(identity)
        if sources is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: the stored run is not open",
                name=fullname,
            )
        manifest = sources.manifest
        if not name:
            return _package_spec(fullname, sources, manifest.roots)
        inside = [manifest.relative(entry) for entry in path or ()]
        found = sources.find(name, [entry for entry in inside if entry is not None])
        if found is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        if not found.file:
            return _package_spec(fullname, sources, found.folders)
        full = manifest.full(found.file)
        return spec_from_file_location(
            fullname,
            full,
            loader=StoredLoader(fullname, full, sources),
            submodule_search_locations=[*map(manifest.full, found.folders)] or None,
        )


class StoredLoader(SourceFileLoader):
    """Executes one stored file, always from its source and only if it is unchanged.

    Args:
        fullname: The private name of the module.
        path: The absolute path of the file.
        sources: What it is stored in.
    """

    def __init__(self, fullname: str, path: str, sources: Opened) -> None:
        super().__init__(fullname, path)
        self._sources = sources

    def get_data(self, path: str) -> bytes:
        """Read a stored file.

        Args:
            path: Its absolute path.

        Returns:
            Its bytes, which are those the run stored.

        Raises:
            ForgeError: The file was changed or is missing.
            FileNotFoundError: The run did not store it.
        """
        relative = self._sources.manifest.relative(os.fspath(path))
        if relative is None or relative not in self._sources.manifest.files:
            raise FileNotFoundError(f"the run did not store {path}")
        return self._sources.manifest.read(relative)

    def get_source(self, fullname: str) -> str | None:
        """Read the source text, for tracebacks when the file is gone.

        Args:
            fullname: The name of the module.

        Returns:
            The text.

        Raises:
            ImportError: There is none; the only error that tracebacks expect.
        """
        try:
            return super().get_source(fullname)
        except ForgeError as error:
            raise ImportError(str(error), name=fullname) from error

    def get_code(self, fullname: str) -> CodeType:
        """Compile the file. Compiled files are neither read nor written.

        Args:
            fullname: The name of the module.

        Returns:
            The code of the file as it is now.
        """
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Execute the file as a module.

        Args:
            module: The module, empty yet.
        """
        vars(module).update(self._sources.scope)
        code = self.get_code(module.__name__)
        with SURROUNDINGS.kept(), _under_way():
            exec(code, vars(module))  # noqa: S102 - what importing means


class _FolderLoader(importlib.abc.Loader):
    """Makes a package of folders without `__init__.py`.

    Such a package may be spread over the run's files and libraries, so a name that
    was not stored is looked up where today's import finds it.
    """

    def __init__(self, sources: Opened) -> None:
        self._sources = sources

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python.

        Args:
            spec: How the module was found.
        """

    def exec_module(self, module: ModuleType) -> None:
        """Give the package its way to modules that were not stored.

        Args:
            module: The package.
        """
        sources, start = self._sources, f"{module.__name__}."
        folders = tuple(
            inside
            for entry in module.__path__
            if (inside := sources.manifest.relative(entry)) is not None
        )

        def find_beside(name: str) -> Any:
            stored = sources.manifest.find(folders, name) is not None
            if stored or name.startswith("__") or module.__name__ == sources.package:
                raise AttributeError(f"module {module.__name__!r} has no {name!r}")
            try:
                return sources.import_beside(
                    f"{start}{name}"[len(sources.package) + 1 :]
                )
            except ImportError as error:
                raise AttributeError(*error.args) from None

        vars(module)["__getattr__"] = find_beside


def _package_spec(fullname: str, sources: Opened, folders: Sequence[str]) -> ModuleSpec:
    """Describe a package that is nothing but folders."""
    spec = ModuleSpec(fullname, _FolderLoader(sources), is_package=True)
    spec.submodule_search_locations = [*map(sources.manifest.full, folders)]
    return spec


@contextmanager
def _under_way() -> Iterator[None]:
    """Note that this thread is importing stored code."""
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1


_thread: Final = threading.local()
#: What imports of stored code may not change.
SURROUNDINGS: Final = Surroundings(run_of)
#: The one finder of the process.
FINDER: Final = Finder()
