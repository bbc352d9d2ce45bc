"""The manifest of a run's stored sources: which files there are, and what they hold."""

import errno
import hashlib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import BuiltinImporter, FrozenImporter
from itertools import islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from forge._text import near
from forge.errors import ForgeError, together
from forge.rebuild.form import LARGEST, NAME, digest_of, names_in, read_form
from forge.records.durable import read_bounded


#: More files than this are not told of at once.
_MOST_TOLD: Final = 20
#: What is said of files that are not there as they were.
_REASONS: Final = MappingProxyType(
    {
        errno.ENOENT: "is missing",
        errno.ENOTDIR: "is missing",
        errno.EISDIR: "is a folder",
        errno.EINVAL: "is no file",
        errno.EFBIG: "is larger than any source",
    }
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_REMEDY: Final = (
    "  Put the file back as it was, or use today's code: load(..., code='current')."
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a module lies among the stored files.

    Attributes:
        file: Its file; empty for a folder without `__init__.py`.
        folders: Where its submodules are looked for; empty unless it is a package.
    """

    #: Relative path of the file; empty for a namespace package.
    file: str
    #: Relative folders of the submodules.
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A manifest that was checked: every path in it lies inside the folder.

    Modules are looked up here and nowhere else, so a file that somebody put next to
    the stored ones is never found.

    Attributes:
        folder: The folder of the sources, without links.
        shown: The folder as messages name it.
        files: The sha256 of every stored file by its relative path.
        roots: Folders that top-level modules lie in, in their order on `sys.path`.
        main: Module name and path of the run's script; empty when it had none.
        versions: The versions of Python and of libraries that the run used.
        externals: Top-level names that are allowed though they lie in no library.
        digest: Hash of the whole manifest.
    """

    #: The folder of the sources, without links.
    folder: str
    #: The folder as messages name it.
    shown: str
    #: Relative path -> sha256.
    files: Mapping[str, str]
    #: Relative folders; empty for the folder itself.
    roots: tuple[str, ...]
    #: Module name and relative path of the run's script.
    main: tuple[str, str]
    #: Versions by name of module, `python` among them.
    versions: Mapping[str, str]
    #: Allowed top-level names.
    externals: frozenset[str]
    #: Hash of the manifest itself.
    digest: str

    @classmethod
    def of(cls, folder: Path, data: Mapping[str, Any]) -> "Manifest":
        """Check a manifest that was read.

        No file but the manifest has been touched when this returns.

        Args:
            folder: The folder of the sources.
            data: What its `MANIFEST.json` holds.

        Returns:
            The checked manifest.

        Raises:
            ForgeError: `source-manifest` for a form that is not known, `source-path`
                for paths that lead out of the folder.
        """
        shown = near(folder)
        files, roots, main = read_form(shown, data)
        named = [*files, *(root for root in roots if root), *filter(None, main[1:])]
        _refuse_paths(shown, [path for path in named if not is_safe(path)])
        return cls(
            folder=os.path.realpath(folder),
            shown=shown,
            files=files,
            roots=roots,
            main=main,
            versions=_versions(data),
            externals=frozenset(names_in(data.get("externals", ()))),
            digest=digest_of(data),
        )

    @cached_property
    def _code_folders(self) -> frozenset[str]:
        """Every folder with Python files somewhere below it."""
        files = [PurePosixPath(path) for path in self.files if path.endswith(".py")]
        return frozenset(str(parent) for file in files for parent in file.parents)

    @cached_property
    def tops(self) -> Mapping[str, Found]:
        """Every top-level module there is.

        Names that Python itself resolves before it looks at `sys.path` are left out,
        as they were when the run ran, and so is Forge, which is never stored.
        """
        names = set()
        for root in self.roots:
            start = f"{root}/" if root else ""
            for path in (*self.files, *(f"{f}/" for f in self._code_folders)):
                if path.startswith(start):
                    names.add(path[len(start) :].partition("/")[0])
        tops = {}
        for name in sorted(n.removesuffix(".py") for n in names):
            found = self.find(self.roots, name)
            if found and name != "forge" and not _is_built_in(name):
                tops[name] = found
        return tops

    def find(self, folders: Iterable[str], name: str) -> Found | None:
        """Find one module, in the order in which Python looks.

        Args:
            folders: The relative folders to look in, first to last.
            name: The last part of the module's name.

        Returns:
            Where it lies, or None when the run did not store it.
        """
        portions = []
        for folder in folders:
            place = posixpath.join(folder, name)
            if f"{place}/__init__.py" in self.files:
                return Found(f"{place}/__init__.py", (place,))
            if f"{place}.py" in self.files:
                return Found(f"{place}.py")
            if place in self._code_folders:
                portions.append(place)
        return Found("", tuple(portions)) if portions else None

    def locate(self, name: str) -> Found | None:
        """Find a module by its full name.

        Args:
            name: The name as the run's own code spells it.

        Returns:
            Where it lies, or None when the run did not store it.
        """
        top, *rest = name.split(".")
        found = self.tops.get(top)
        for part in rest:
            found = self.find(found.folders, part) if found else None
        return found

    def module_of(self, path: str) -> str:
        """Name the module that a stored file is.

        Args:
            path: The relative path.

        Returns:
            The name as the run's own code spells it; empty when no import leads to it.
        """
        for root in self.roots:
            start = f"{root}/" if root else ""
            if not path.startswith(start):
                continue
            inner = path[len(start) :].removesuffix(".py").removesuffix("/__init__")
            name = inner.replace("/", ".")
            found = self.locate(name) if "." not in inner else None
            if found and found.file == path:
                return name
        return ""

    def full(self, path: str) -> str:
        """Give the absolute path of a stored file or folder.

        Args:
            path: The relative path.

        Returns:
            The absolute path.
        """
        return os.path.join(self.folder, path) if path else self.folder  # noqa: PTH118

    def relative(self, path: str) -> str | None:
        """Undo `full`.

        Args:
            path: An absolute path.

        Returns:
            The relative path, or None when it lies outside the folder.
        """
        if path == self.folder:
            return ""
        start = f"{self.folder}{os.sep}"
        return path[len(start) :] if path.startswith(start) else None

    def name_file(self, path: str) -> str:
        """Name a stored file as messages do.

        Args:
            path: The relative path.

        Returns:
            The path with the folder as the user gave it.
        """
        return posixpath.join(self.shown, path)

    def read(self, path: str) -> bytes:
        """Read a stored file, which must hold what the run stored.

        Args:
            path: The relative path; it must be one of `files`.

        Returns:
            Its bytes.

        Raises:
            ForgeError: `source-missing`, `source-altered` or, for a link that leads
                out of the folder, `source-path`.
        """
        full = self.full(path)
        if self.relative(os.path.realpath(full)) is None:
            _refuse_paths(self.shown, [path])
        try:
            data = read_bounded(Path(full), LARGEST)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, f"cannot be read: {error.strerror}")
            code = "source-altered" if error.errno == errno.EFBIG else "source-missing"
            raise ForgeError(
                code,
                f"{self.name_file(path)} {reason}, though the run stored it.\n"
                f"{_REMEDY}",
                path=path,
            ) from None
        if hashlib.sha256(data).hexdigest() != self.files[path]:
            raise ForgeError(
                "source-altered",
                f"{self.name_file(path)} was changed after the run had stored it.\n"
                f"{_REMEDY}",
                path=path,
            )
        return data

    def verify(self) -> None:
        """Check that every stored file holds what the run stored.

        Raises:
            ForgeError: The first files that do not, in one.
        """
        errors = [*islice(self.problems(), _MOST_TOLD)]
        if errors:
            raise together(errors)

    def problems(self) -> Iterator[ForgeError]:
        """Look for files that do not hold what the run stored.

        Yields:
            An error for each, in the order of the manifest.
        """
        for path in self.files:
            try:
                self.read(path)
            except ForgeError as error:
                yield error


def is_safe(path: str) -> bool:
    r"""Tell whether a path of a manifest is a plain one inside the folder.

    Args:
        path: The path.

    Returns:
        False for absolute ones, `..`, `.`, empty parts, drives, `\` and NUL.
    """
    if "\\" in path or "\0" in path or _DRIVE.match(path):
        return False
    return not {"", ".", ".."} & {*path.split("/")}


def _is_built_in(name: str) -> bool:
    """Tell whether Python finds it before it looks at `sys.path`."""
    return bool(BuiltinImporter.find_spec(name) or FrozenImporter.find_spec(name))


def _versions(data: Mapping[str, Any]) -> dict[str, str]:
    """Read which versions the run used; what is none is left out."""
    packages = data.get("packages")
    named = dict(packages) if isinstance(packages, dict) else {}
    named["python"] = data.get("python", "")
    return {name: text for name, text in named.items() if isinstance(text, str)}


def _refuse_paths(shown: str, paths: Iterable[str]) -> None:
    """Refuse paths that lead out, all at once."""
    errors = [
        ForgeError(
            "source-path",
            f"{posixpath.join(shown, NAME)} names {path!r}, which leads out of its "
            f"folder.\n  Nothing was imported. Forge writes no such path: do not trust "
            f"this run.",
            path=path,
        )
        for path in paths
    ]
    if errors:
        raise together(errors)
