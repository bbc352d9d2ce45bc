"""What is added to a run folder while the run goes on."""

import contextlib
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from forge.errors import ForgeError
from forge.observers.base import Added, SourceCopy
from forge.records.codec import from_json, pretty_json
from forge.records.disk import fsync_path
from forge.records.durable import replace_file, sha256_file, temporary_in, write_file
from forge.records.layout import RunLayout
from forge.records.liveness import is_held


#: Seconds between two replacements of resources.json: a program that opens thousands
#: of files would otherwise write a growing list thousands of times.
_RESOURCES_SECONDS = 1.0


def below(folder: Path, name: str) -> Path:
    """Find the place of a named file below a folder.

    Args:
        folder: The folder.
        name: A relative name, `/` between its parts.

    Returns:
        A path that is certainly inside the folder.

    Raises:
        ForgeError: `bad-name` for a name that is empty, absolute or leads outside.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise ForgeError(
            "bad-name",
            f"{name!r} cannot be the name of a file in {folder}.\n"
            "  It would be: a relative name without '..', such as plots/loss.png",
            name=name,
            folder=folder,
        )
    return folder.joinpath(*parts)


class Artifacts:
    """The files that the run made, copied into a folder of their own.

    Args:
        folder: That folder; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, event: Added) -> None:
        """Copy a file or a folder, or write bytes; a name used before is replaced.

        Args:
            event: The artifact.

        Raises:
            OSError: It cannot be read or written.
            ForgeError: `bad-name`.
        """
        target = below(self._folder, event.name)
        if event.path is None:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, event.data or b"")
        elif event.path.is_dir():
            # Listed before the first copy: the folder may hold the run itself.
            for file in sorted(event.path.rglob("*")):
                if file.is_file() and not is_held(file):
                    _copy(file, target / file.relative_to(event.path))
        else:
            _copy(event.path, target)


class Resources:
    """The files that the run read: where they lie and what was in them.

    Args:
        path: The list, which a resumed run goes on with.
        clock: Seconds that only grow.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._clock = clock
        self._facts: dict[str, dict[str, Any]] = {}
        self._dirty = False
        self._written = float("-inf")

    def add(self, event: Added) -> None:
        """Look at a file, and note it.

        Args:
            event: The resource.

        Raises:
            OSError: It cannot be read, or the list cannot be written.
        """
        self.note(self.fact(event))

    def fact(self, event: Added) -> dict[str, Any]:
        """Look at a file.

        Args:
            event: The resource.

        Returns:
            What is noted of it.

        Raises:
            OSError: It cannot be read.
        """
        path = Path(os.path.abspath(event.path or event.name))  # noqa: PTH100 - keeps links
        if event.data is None:
            _refuse_lock(path)
            size, digest = path.stat().st_size, sha256_file(path)
        else:
            size, digest = len(event.data), hashlib.sha256(event.data).hexdigest()
        return {"path": str(path), "size": size, "sha256": digest}

    def note(self, fact: dict[str, Any]) -> None:
        """Note a file; one that was read before is noted as it is now.

        Args:
            fact: What `fact` has found.

        Raises:
            OSError: The list cannot be written.
        """
        if not self._facts and self._path.exists():
            self._facts = {fact["path"]: fact for fact in _read(self._path)}
        self._facts[fact["path"]] = fact
        self._dirty = True
        if self._clock() - self._written >= _RESOURCES_SECONDS:
            self.write()

    def write(self) -> None:
        """Write the list if it has grown.

        Raises:
            OSError: It cannot be written.
        """
        if self._dirty:
            self._written = self._clock()
            replace_file(self._path, pretty_json(list(self._facts.values())))
            self._dirty = False


class Sources:
    """The copies of the sources that the run needs, with their manifest.

    Args:
        layout: The names in the run folder.
        folder: Where they lie: a resume with changed code has a folder of its own.
        manifest: What is in there, if that is known; else it is read when needed.
    """

    def __init__(
        self, layout: RunLayout, folder: Path, manifest: Mapping[str, Any] | None = None
    ) -> None:
        self.folder = folder
        self._path = folder / layout.manifest.name
        self._manifest: dict[str, Any] = dict(manifest or {})

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What has been written into the manifest."""
        return self._manifest

    def write(self, sources: Sequence[SourceCopy], manifest: Mapping[str, Any]) -> None:
        """Write the copies, then the manifest that vouches for them.

        Nothing is flushed to the device yet: a run would wait for that, file by file.

        Args:
            sources: The copies.
            manifest: What is known about them.

        Raises:
            OSError: One cannot be written.
            ForgeError: `bad-name`.
        """
        if sources or manifest:
            # Asked for a file in a folder that is missing, the system takes longer.
            self.folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            _write(below(self.folder, source.path), source.data)
        if sources or manifest:
            self._manifest = dict(manifest)
            _write(self._path, pretty_json(self._manifest))

    def add(self, event: Added) -> None:
        """Write a source that was imported late; one that is there stays as it was.

        Args:
            event: The source.

        Raises:
            OSError: It cannot be read or written.
            ForgeError: `bad-name`.
        """
        path = below(self.folder, event.name)
        if path.exists():
            return
        data = event.data or (event.path.read_bytes() if event.path else b"")
        _write(path, data)
        if not self._manifest and self._path.exists():
            self._manifest = _read(self._path)
        manifest = self._manifest
        digest = hashlib.sha256(data).hexdigest()
        manifest["files"] = {**manifest.get("files", {}), event.name: digest}
        manifest["added_later"] = [*manifest.get("added_later", ()), event.name]
        replace_file(self._path, pretty_json(manifest))


def _refuse_lock(path: Path) -> None:
    """Leave the lock of a run of this process alone."""
    if is_held(path):
        raise OSError(errno.EBUSY, "it is the lock of a run that goes on", str(path))


def _read(path: Path) -> Any:
    """Read a JSON file that may have been written by hand."""
    return from_json(path.read_bytes())


def _write(path: Path, data: bytes) -> None:
    """Write a new file, and the folders above it."""
    try:
        write_file(path, data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data)


def _copy(source: Path, target: Path) -> None:
    """Copy a file of any size so that its name appears when it is whole."""
    if source.exists() and not source.is_file():
        # A pipe or a device would be read for ever.
        raise OSError(errno.EINVAL, "not a regular file", str(source))
    _refuse_lock(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_in(target.parent)
    try:
        shutil.copyfile(source, temporary)
        fsync_path(temporary)
        temporary.replace(target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    fsync_path(target.parent)
