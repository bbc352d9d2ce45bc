"""The project files that a run needs, and the manifest that is stored with them."""

# Plain text is 20 times as fast as Path, and this runs for every module.
# ruff: noqa: PTH100, PTH123

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from forge._text import plural
from forge.masking import is_secret_file
from forge.observers.base import SourceCopy
from forge.run.imports import imports_of
from forge.run.modules import facts_of, imported_files
from forge.run.project import Project, Script
from forge.run.project import project_root as project_root
from forge.run.provenance import process_started


MANIFEST_FORMAT: Final = 1
LARGEST_FILE: Final = 2_000_000
LARGEST_TOTAL: Final = 50_000_000
#: Seconds by which the clocks of processes and of files may differ.
LEEWAY: Final = 1.0

_FORGE: Final = __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Sources:
    """Copies of the project files that a run needs.

    Attributes:
        root: The project root.
        files: The copies, sorted by path.
        roots: Folders that modules are imported from, relative to the project root and
            in the order of `sys.path`.
        main: Dotted name of the main script's module.
        main_path: Where the main script lies below the project root.
        python: Version of Python.
        packages: Versions of the libraries that the files import, by module.
        externals: Files of imported modules that are neither stored nor installed, such
            as those of editable installs, by top-level module.
        outside: Where copies under `_outside/` come from, by path.
        too_big: Files that are missing because they are too large.
        unreadable: Files that are missing because they could not be read.
        changed: Files that were written after the process had started, so that the
            copy may not be what runs.
        typed: Where the source of typed code is, by the file that the code names.
        hindrance: Why what was typed in cannot be rebuilt, with the remedy below.
        imported: The files of modules that were imported by then, by module.
        looked_at: The files and folders that decided what was found.
    """

    root: Path
    files: tuple[SourceCopy, ...]
    roots: tuple[str, ...] = (".",)
    main: str | None = None
    main_path: str | None = None
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    externals: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    too_big: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    hindrance: str = ""
    imported: Mapping[str, str] = field(default_factory=dict)
    looked_at: tuple[str, ...] = ()

    @property
    def rebuildable(self) -> bool:
        """Whether nothing is missing."""
        return not self.too_big and not self.unreadable and not self.hindrance

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user has to know, a text each."""
        found = []
        if self.hindrance:
            found.append(f"not rebuildable: {self.hindrance}")
        if self.too_big:
            found.append(
                f"{plural(len(self.too_big), 'source')} too large to be stored, so "
                f"the run cannot be rebuilt: {', '.join(self.too_big)}. A source may "
                f"have {LARGEST_FILE // 1_000_000} MB, all of them "
                f"{LARGEST_TOTAL // 1_000_000} MB: keep data in files that are no code."
            )
        if self.unreadable:
            found.append(
                f"{plural(len(self.unreadable), 'source')} could not be read, so the "
                f"run cannot be rebuilt: {', '.join(self.unreadable)}."
            )
        if self.changed:
            found.append(
                f"{plural(len(self.changed), 'source')} changed while the run was "
                f"starting; the copy may not be what runs: {', '.join(self.changed)}."
            )
        return tuple(found)

    def added_since(self, earlier: "Sources") -> tuple[SourceCopy, ...]:
        """Find the files of modules that were imported late.

        Args:
            earlier: What was collected at the start.

        Returns:
            The copies of files that it has not.
        """
        known = {copy.path for copy in earlier.files}
        return tuple(copy for copy in self.files if copy.path not in known)


def collect(
    root: Path,
    main_file: Path | None,
    *,
    extra: Iterable[str] = (),
    components: Iterable[Path] = (),
    exclude: Iterable[Path] = (),
    since: float | None = None,
    script: Script | None = None,
) -> Sources:
    """Copy every project file that a run needs.

    These are the main script, the modules imported by now, all that they import in
    turn, also later inside of functions, and the `__init__` files of their packages.
    A file that cannot be read or parsed stops nothing.

    Args:
        root: The project root.
        main_file: The main script; None in a notebook.
        extra: Patterns below the root for more files, such as `*.yaml`.
        components: Files that components are defined in; they are stored under
            `_outside/` where they lie outside of the root.
        exclude: Folders to take nothing from, such as the one with the results.
        since: Files written later than this are noted, in seconds since 1970; by
            default when the process started, and in notebooks, which live for days
            and import anew what was edited, none.
        script: What was typed in; the main script where there is no other.

    Returns:
        The copies, with what a manifest says about them.

    Raises:
        ForgeError: `source-pattern` for a pattern that leads out of the project.
    """
    modules = imported_files()
    project = Project(root, main_file, modules=modules, exclude=exclude)
    closure = _Closure(project, _since(since, main_file))
    typed = closure.add_script(script) if script else None
    for wanted in filter(None, (main_file, *components)):
        closure.add(str(wanted), wanted=True)
    for file in modules.values():
        if file.endswith(".py"):
            closure.add(file)
    for pattern in extra:
        for file in project.matching(pattern):
            if not is_secret_file(file):
                closure.add(file)
    closure.follow()
    return closure.freeze(main_file or typed, modules)


def manifest(sources: Sources) -> dict[str, Any]:
    """Say what `MANIFEST.json` says about stored sources.

    Args:
        sources: The copies.

    Returns:
        A mapping of plain values.
    """
    main = None
    if sources.main_path is not None:
        main = {"module": sources.main, "path": sources.main_path}
    return {
        "format": MANIFEST_FORMAT,
        "main": main,
        "roots": list(sources.roots),
        "files": {copy.path: copy.sha256 for copy in sources.files},
        "python": sources.python,
        "packages": dict(sources.packages),
        "externals": dict(sources.externals),
        "outside": dict(sources.outside),
        "too_big": list(sources.too_big),
        "unreadable": list(sources.unreadable),
        "changed": list(sources.changed),
        "rebuildable": sources.rebuildable,
        "hindrance": sources.hindrance,
    }


class _Closure:
    """Collects files and what they import, each once."""

    def __init__(self, project: Project, since: float | None) -> None:
        self._project = project
        self._since = since
        # Where each file goes, None for files that are not the project's.
        self._places: dict[str, str | None] = {}
        self._copies: dict[str, SourceCopy] = {}
        self._todo: list[str] = []
        self._total = 0
        self._names: set[str] = set()
        self._outside: dict[str, str] = {}
        self._too_big: list[str] = []
        self._unreadable: list[str] = []
        self._changed: list[str] = []
        self._script = Script(b"")
        self._script_place = ""

    def add_script(self, script: Script) -> Path | None:
        """Copy what was typed in as if it were a file of the working directory.

        Args:
            script: What was typed in.

        Returns:
            The path that it would have; None when there is no source.
        """
        self._script = script
        if not script.data:
            return None
        file, place = self._project.free_place("notebook")
        self._places[file] = self._script_place = place
        digest = sha256(script.data).hexdigest()
        self._copies[place] = SourceCopy(path=place, data=script.data, sha256=digest)
        self._todo.append(file)
        return Path(file)

    def add(self, file: str, *, wanted: bool = False) -> None:
        """Copy a file unless it is no part of the project.

        Args:
            file: Its path.
            wanted: Whether to copy it also from outside of the root.
        """
        file = os.path.abspath(file)
        if file in self._places:
            return
        place = self._places[file] = self._project.place(file, wanted=wanted)
        if place is None or place in self._copies or not self._read(file, place):
            return
        if place.startswith("_outside/"):
            self._outside[place] = file
        if wanted or place.endswith(".py"):
            self._todo.append(file)

    def follow(self) -> None:
        """Add what the files import until nothing new is found."""
        while self._todo:
            file = self._todo.pop()
            for package in self._project.packages_of(file):
                self.add(package)
            for imported in imports_of(self._copies[str(self._places[file])].data):
                if not imported.level:
                    top = imported.name.partition(".")[0]
                    if top == _FORGE:
                        continue  # always the installed one, also in a checkout
                    self._names.add(top)
                for found in self._project.find(imported, file):
                    self.add(found)

    def freeze(self, main_file: Path | None, modules: Mapping[str, str]) -> Sources:
        """Make a value of what was collected.

        Args:
            main_file: The main script, if there is one.
            modules: Files of imported modules by name.

        Returns:
            The copies and the facts about them.
        """
        main = None if main_file is None else os.path.abspath(main_file)
        main_path = None if main is None else self._places[main]
        return Sources(
            root=Path(self._project.root),
            files=tuple(self._copies[path] for path in sorted(self._copies)),
            roots=self._project.roots,
            main=None if main is None else self._project.module_name(main),
            main_path=main_path if main_path in self._copies else None,
            python=".".join(map(str, sys.version_info[:3])),
            packages=self._versions(),
            externals=self._externals(modules),
            outside=self._outside,
            too_big=tuple(self._too_big),
            unreadable=tuple(self._unreadable),
            changed=tuple(self._changed),
            typed=dict.fromkeys(self._script.files, self._script_place),
            hindrance=self._script.hindrance,
            imported=modules,
            looked_at=(*self._places, *self._project.folders),
        )

    def _read(self, file: str, place: str) -> bool:
        """Copy the bytes of a file, or note why not."""
        try:
            with open(file, "rb") as stream:
                facts = os.fstat(stream.fileno())
                size = facts.st_size
                if size > LARGEST_FILE or self._total + size > LARGEST_TOTAL:
                    self._too_big.append(place)
                    return False
                data = stream.read()
        except OSError:
            self._unreadable.append(place)
            return False
        if self._since is not None and facts.st_mtime > self._since + LEEWAY:
            self._changed.append(place)
        self._total += len(data)
        digest = sha256(data).hexdigest()
        self._copies[place] = SourceCopy(path=place, data=data, sha256=digest)
        return True

    def _versions(self) -> dict[str, str]:
        """Read the versions of the libraries that the files import."""
        found = {}
        for name in sorted(self._names - sys.stdlib_module_names):
            version = facts_of(sys.modules.get(name)).get("__version__")
            if isinstance(version, str) and not self._project.folder_of(name):
                # Some are of a class derived from text, which JSON does not know.
                found[name] = str(version)
        return found

    def _externals(self, modules: Mapping[str, str]) -> dict[str, str]:
        """Find modules whose files are neither stored nor installed."""
        found: dict[str, str] = {}
        for name, file in modules.items():
            if self._places.get(os.path.abspath(file)) is None:
                found.setdefault(name.partition(".")[0], file)
        return found


def _since(given: float | None, main_file: Path | None) -> float | None:
    """Decide from when on a change of a file is noted."""
    return process_started() if given is None and main_file is not None else given
