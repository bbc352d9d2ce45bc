"""A run's stored sources, imported apart from everything else in the process."""

import builtins
import hashlib
import importlib
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from types import FrameType, ModuleType
from typing import Any, Final, Self

from forge.errors import ForgeError
from forge.rebuild.activation import plain_names
from forge.rebuild.compiling import RUN_NAME as RUN_NAME
from forge.rebuild.compiling import keep_out
from forge.rebuild.guard import Guard, Leaks
from forge.rebuild.importer import FINDER, PREFIX, SURROUNDINGS
from forge.rebuild.inheritance import take_back, tell
from forge.rebuild.manifest import Found, Manifest
from forge.rebuild.shim import Importlib
from forge.rebuild.versions import differing_versions
from forge.registry import REGISTRY_NAME, Registry


_MAIN: Final = "__main__"


class StoredSources:
    """The project files that a run stored, ready to be imported.

    Each stored module lives in `sys.modules` as `forge._runs.<id>.<name>`, so several
    versions of a module live side by side. It sees builtins of its own, whose
    `__import__` leads to the run's modules; its functions keep them, so what they
    import later, from any thread, is the run's as well. Neither the source text nor
    `sys.path` is changed.

    Args:
        folder: The folder of the sources; it may be read-only.
        manifest: What its `MANIFEST.json` holds.
        leaks: What happens when stored code imports what is neither stored nor of a
            library: `error`, or `warn` and import what is there today.
        registry: The registry that stored components go to; a new one by default.
        identity: The id it has in the process that started this one.

    Raises:
        ForgeError: `source-manifest`, `source-path`, `source-missing` or
            `source-altered`; nothing has been executed then.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Mapping[str, Any],
        *,
        leaks: Leaks = "error",
        registry: Any = None,
        identity: str = "",
    ) -> None:
        # The order matters: the manifest, the paths, the hashes, and only then code.
        self.manifest = Manifest.of(folder, manifest)
        self.manifest.verify()
        self.registry = Registry() if registry is None else registry
        self._guard = Guard(leaks, self.manifest.externals, self._name_file)
        self._importlib = Importlib(self._import_named, self._import)
        self._closed = False
        #: Files that no import leads to, by the top-level names they get.
        self._aliases: dict[str, str] = {}
        self._main = ""
        self._main = self._name_of(self.manifest.main[1], self.manifest.main[0])
        #: What a stored module knows before its first line runs.
        self.scope: Mapping[str, Any] = {
            "__builtins__": {**vars(builtins), "__import__": self._import},
            REGISTRY_NAME: self.registry,
            RUN_NAME: self,
        }
        keep_out()
        with LOCK:
            self.id = identity or _free_identity(self.manifest)
            #: The private name that stands for the run.
            self.package = f"{PREFIX}{self.id}"
            FINDER.add(self.id, self)
            facts = {"manifest": self.manifest.digest, "leaks": leaks}
            tell(self.id, {"folder": self.manifest.folder, **facts})

    def __repr__(self) -> str:
        return f"<StoredSources {self.manifest.shown} as {self.package}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def leaks(self) -> Leaks:
        """What happens when stored code imports today's."""
        return self._guard.leaks

    @property
    def note(self) -> str:
        """Which versions differ from those of the run, in one line; empty if none."""
        return differing_versions(self.manifest.versions)

    def import_main(self) -> ModuleType:
        """Import the run's script. Its `if __name__ == "__main__":` does not run.

        Returns:
            The module.

        Raises:
            ForgeError: `no-main-source` when the run stored no script.
        """
        if not self._main:
            raise ForgeError(
                "no-main-source",
                f"{self.manifest.shown} holds no main script.\n"
                f"  Import one of its modules, or use today's code: load(..., "
                f"code='current').",
            )
        return self.import_module(self._main)

    def import_module(self, name: str) -> ModuleType:
        """Import a module under the name that it had in the run.

        Args:
            name: Full name; `__main__` is the run's script.

        Returns:
            The run's module, or that of a library.

        Raises:
            ForgeError: `code-leak` when it is neither.
        """
        return self._import_named(name, None, None)

    def import_file(self, path: str) -> ModuleType:
        """Import a stored file.

        Args:
            path: Its relative path, as in the manifest.

        Returns:
            The module, the same one that importing it by name gives.

        Raises:
            ForgeError: `not-stored` when the run stored no such Python file.
        """
        if path not in self.manifest.files or not path.endswith(".py"):
            text = f"the run stored no Python file {path} in {self.manifest.shown}."
            raise ForgeError("not-stored", text, path=path)
        return self.import_module(self._name_of(path))

    def resolve(self, module: str, qualname: str) -> Any:
        """Find what a module of the run defines.

        Args:
            module: The module's name in the run.
            qualname: Where it lies in the module, such as `Config.Part`.

        Returns:
            The object.

        Raises:
            AttributeError: The module defines no such thing.
        """
        found: Any = self.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
        return found

    def stores(self, name: str) -> bool:
        """Tell whether a name means one of the run's own modules.

        Args:
            name: Full name of a module.

        Returns:
            True also for a module that is missing from a package of the run.
        """
        top, _, rest = name.partition(".")
        if name == _MAIN:
            return bool(self._main)
        if top in self._aliases:
            return True
        found = self.manifest.tops.get(top)
        if found is None or found.file or not rest:
            return found is not None
        # A namespace package can be spread over the run's files and libraries.
        second = rest.partition(".")[0]
        return self.manifest.find(found.folders, second) is not None

    def judge(self, name: str, fromlist: Sequence[str]) -> bool:
        """Judge an import that somebody is about to do for stored code.

        Args:
            name: Full name of the module.
            fromlist: The names taken out of it.

        Returns:
            Whether it is one of the run's own.

        Raises:
            ForgeError: `code-leak`.
        """
        own = self.stores(name)
        if not own:
            self._guard.check(name, fromlist, None)
        return own

    def activated(self) -> AbstractContextManager[None]:
        """Show the run's modules to the whole process under their plain names.

        For libraries that resolve names themselves, such as those that read pickles.
        The run's script is imported and is `__main__` meanwhile.

        Returns:
            A context manager; at its end all is as before.
        """
        modules = {_MAIN: self.import_main()} if self._main else {}
        start = f"{self.package}."
        for name, module in tuple(sys.modules.items()):
            plain = name.removeprefix(start)
            if plain != name and self.stores(plain):
                modules[plain] = module
        registered = SURROUNDINGS.registered.get(self.package, {})
        return plain_names(modules, self._private, registered)

    def close(self) -> None:
        """Forget the modules. Objects made of them work on, but import no more."""
        with LOCK:
            if self._closed:
                return
            self._closed = True
            FINDER.remove(self.id)
            take_back(self.id)
        for name in tuple(sys.modules):
            if f"{name}.".startswith(f"{self.package}."):
                del sys.modules[name]
        vars(sys.modules.get(PREFIX[:-1], ModuleType(""))).pop(self.id, None)
        SURROUNDINGS.registered.pop(self.package, None)

    def find(self, name: str, folders: Sequence[str]) -> Found | None:
        """Find a module for the importer.

        Args:
            name: Its name in the run.
            folders: The relative folders to look in.

        Returns:
            Where it lies, or None when the run did not store it.
        """
        if name in self._aliases:
            return Found(self._aliases[name])
        return self.manifest.find(folders, name.rpartition(".")[2])

    def import_beside(self, name: str) -> ModuleType:
        """Import a module that shares its namespace package with stored ones.

        Args:
            name: Its name in the run, which did not store it.

        Returns:
            The module of a library.

        Raises:
            ForgeError: `code-leak`.
        """
        self._guard.check(name, (), None)
        return importlib.import_module(name)

    def _import(  # noqa: PLR0917 - as Python calls it
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Do what an import statement in stored code says."""
        frame = sys._getframe(1)  # noqa: SLF001 - who imports
        if level == 0 and not self.stores(name):
            self._guard.check(name, fromlist or (), frame)
            module = builtins.__import__(name, globals, locals, fromlist or (), 0)
            return self._importlib if module is importlib else module
        self._refuse_closed(name)
        private = self._private(name)
        try:
            if level:
                # Relative to a private name, so it stays among the private names.
                return builtins.__import__(name, globals, locals, fromlist or (), level)
            if fromlist:
                return builtins.__import__(private, globals, locals, fromlist, 0)
            module = importlib.import_module(private)
        except ModuleNotFoundError as error:
            self._spell_plainly(error)
            raise
        if name == _MAIN:
            return module
        return importlib.import_module(f"{self.package}.{name.partition('.')[0]}")

    def _import_named(
        self, name: str, package: str | None, frame: FrameType | None
    ) -> ModuleType:
        """Do what `importlib.import_module` in stored code asks for."""
        if name.startswith(".") and package and self.stores(package):
            name = importlib.util.resolve_name(name, package)
        if name.startswith("."):
            return importlib.import_module(name, package)
        if not self.stores(name):
            self._guard.check(name, (), frame)
            module = importlib.import_module(name)
            return self._importlib if module is importlib and frame else module
        self._refuse_closed(name)
        try:
            return importlib.import_module(self._private(name))
        except ModuleNotFoundError as error:
            self._spell_plainly(error)
            raise

    def _private(self, name: str) -> str:
        """Give the name in `sys.modules`; empty for what is not of the run."""
        if not self.stores(name):
            return ""
        return f"{self.package}.{self._main if name == _MAIN else name}"

    def _name_of(self, path: str, wanted: str = "") -> str:
        """Name the module of a stored file, with a name of its own if need be."""
        name = self.manifest.module_of(path) if path else ""
        if name or not path:
            return name
        for alias, file in tuple(self._aliases.items()):
            if file == path:
                return alias
        if not wanted or "." in wanted or self.stores(wanted):
            stem = re.sub(r"\W", "_", PurePosixPath(path).stem)
            wanted = f"{stem}_{hashlib.sha256(path.encode()).hexdigest()[:8]}"
        self._aliases[wanted] = path
        return wanted

    def _name_file(self, file: str) -> str:
        """Name a file as messages do."""
        inside = self.manifest.relative(file)
        return file if inside is None else self.manifest.name_file(inside)

    def _refuse_closed(self, name: str) -> None:
        """Refuse imports after the end."""
        if self._closed:
            raise ForgeError(
                "sources-closed",
                f"'{name}' cannot be imported: {self.manifest.shown} was closed.\n"
                f"  Load the run again.",
                name=name,
            )

    def _spell_plainly(self, error: ModuleNotFoundError) -> None:
        """Say which module is missing as the stored code calls it."""
        start = f"{self.package}."
        if not (error.name or "").startswith(start):
            return
        error.name = str(error.name).removeprefix(start)
        error.msg = str(error.msg).replace(start, "")
        error.args = (error.msg,)
        error.add_note(f"forge: it is not among the sources in {self.manifest.shown}")


def _free_identity(manifest: Manifest) -> str:
    """Make an id that is the same in each process, if it is free."""
    key = f"{manifest.folder}\n{manifest.digest}"
    start = f"r{hashlib.sha256(os.fsencode(key)).hexdigest()[:10]}"
    identity, n = start, 1
    while FINDER.get(identity):
        n += 1
        identity = f"{start}_{n}"
    return identity


#: Held while runs are opened and closed.
LOCK: Final = threading.RLock()
