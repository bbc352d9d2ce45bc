"""The folder of all checkpoints: names, listing, checking, cleaning."""

import contextlib
import logging
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

from forge._text import visible
from forge.checkpoints.arrays import FileFact
from forge.checkpoints.manifest import MANIFEST, Manifest, decode
from forge.errors import ForgeError
from forge.records.disk import exchange, fsync_path
from forge.records.durable import read_bounded, sha256_file
from forge.records.errand import Errand


_STEP = re.compile(r"[0-9]{10,18}")
#: Unfinished folders of a process that may still live go after this many seconds.
STALE = 3600.0
#: Larger manifests are none of ours.
_LARGEST = 64 << 20
#: To hash a smaller file takes no longer than to start a thread.
_LARGE = 4 << 20
_log = logging.getLogger("forge.checkpoints")


@dataclass(frozen=True, slots=True)
class StepFolders:
    """The checkpoints of one run on disk, one folder a step."""

    #: The folder that holds them; made when the first one is saved.
    root: Path

    def of(self, step: int) -> Path:
        """Name the folder of a step.

        Args:
            step: The step.

        Returns:
            The path, whether it exists or not.
        """
        return self.root / f"{step:010d}"

    def steps(self) -> list[int]:
        """List what was saved completely.

        Returns:
            The steps in rising order; whether the files are still intact is another
            question.
        """
        return [step for step in self._named() if (self.of(step) / MANIFEST).is_file()]

    def _named(self) -> list[int]:
        """List the steps of all folders that have the name of one, in rising order."""
        names = [name for name in _names(self.root) if _STEP.fullmatch(name)]
        # Only as this class writes it: 2000 beside 0000002000 would be two of one.
        return sorted(int(name) for name in names if self.of(int(name)).name == name)

    def ensure_new(self, step: int, pending: Collection[int]) -> None:
        """Refuse a step that is saved already.

        Args:
            step: The step.
            pending: Steps that are about to be saved.

        Raises:
            ForgeError: `checkpoint-exists`.
        """
        if step in pending or self.of(step).exists():
            newest = max([step, *self.steps(), *pending])
            raise ForgeError(
                "checkpoint-exists",
                f"step {step} is already saved.\n"
                f"  {self.of(step)}\n"
                f"  Save at a later step, after {newest}, or remove that folder.",
                step=step,
                folder=self.of(step),
            )

    def manifest(self, step: int) -> Manifest:
        """Read what a checkpoint holds.

        Args:
            step: The step.

        Returns:
            Its manifest.

        Raises:
            ForgeError: `checkpoint-damaged`.
        """
        try:
            return decode(read_bounded(self.of(step) / MANIFEST, _LARGEST))
        except OSError as e:
            text = f"{MANIFEST} cannot be read: {e.strerror}"
            raise ForgeError("checkpoint-damaged", text) from e

    def stamp(self, step: int) -> tuple[object, ...]:
        """Tell the files of a checkpoint apart from what they were, without reading.

        Args:
            step: The step.

        Returns:
            What the file system says of each file; another value after any write.
        """
        found: list[object] = []
        for path in sorted(self.of(step).rglob("*")):
            facts = path.lstat()
            found += [str(path), facts.st_ino, facts.st_size, facts.st_mtime_ns]
            found.append(facts.st_ctime_ns)
        return tuple(found)

    def problems(self, step: int, *, verify: str = "sha256") -> list[str]:
        """Check every file of a checkpoint against its manifest.

        Args:
            step: The step.
            verify: `sha256` for the content, `size` for lengths only.

        Returns:
            What is wrong, file by file; nothing when it is intact.
        """
        try:
            manifest = self.manifest(step)
        except ForgeError as e:
            return [str(e)]
        if manifest.step != step:
            return [f"{MANIFEST} is that of step {manifest.step}"]
        found = [
            f"{visible(name)} is saved without a file"
            for name in manifest.objects
            if not any(file.startswith(f"{name}/") for file in manifest.files)
        ]
        check = partial(_problem, self.of(step), verify=verify)
        large = [n for n, fact in manifest.files.items() if fact.size > _LARGE]
        # Several processors hash several files at the same time.
        beside = {
            name: Errand(partial(check, name, manifest.files[name]))
            for name in large[1:]
        }
        for name, fact in manifest.files.items():
            errand = beside.get(name)
            problem = errand.result() if errand else check(name, fact)
            if problem:
                found.append(f"{visible(name)} {problem}")
        return found

    def temporary(self, step: int) -> Path:
        """Make a folder to write a checkpoint into; no reader lists it.

        Args:
            step: The step that will be saved.

        Returns:
            The new folder.
        """
        if not self.root.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            fsync_path(self.root.parent)
        folder = self.root / f".tmp-{step}-{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir()
        return folder

    def remove(self, step: int) -> None:
        """Remove a checkpoint so that no reader ever sees a part of it.

        Args:
            step: The step.
        """
        gone = self.root / f".del-{step}-{os.getpid()}-{secrets.token_hex(4)}"
        self.of(step).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def exchange(self, step: int, folder: Path) -> None:
        """Put a folder in the place of a checkpoint, so that one of them is there.

        Args:
            step: The step, which is saved.
            folder: The complete folder that is to have its name.

        Raises:
            ForgeError: `checkpoint-kept`, where the file system cannot do so at once.
        """
        if not exchange(folder, self.of(step)):
            raise ForgeError(
                "checkpoint-kept",
                f"checkpoint {step} cannot be replaced at once on this file system.\n"
                f"  {self.of(step)}",
                step=step,
            )
        shutil.rmtree(folder, ignore_errors=True)

    def clean(self) -> None:
        """Remove what processes that died while saving or removing have left."""
        for name in _names(self.root):
            path = self.root / name
            if name.startswith(".del-") or (
                name.startswith(".tmp-") and _abandoned(path)
            ):
                shutil.rmtree(path, ignore_errors=True)

    def warn_when_full(self, newest: int) -> None:
        """Warn when the disk may not take another checkpoint.

        Args:
            newest: The newest one, which says how large they are.
        """
        with contextlib.suppress(OSError, ForgeError):
            last = self.manifest(newest).size
            info = os.statvfs(self.root)
            free = info.f_bavail * info.f_frsize
            if free < 1.2 * last:
                _log.warning(
                    "the next checkpoint may not fit: the last one took %.1f MB, and"
                    " %.1f MB are free in %s",
                    last / 1e6,
                    free / 1e6,
                    self.root,
                )

    def abandon_after(self, step: int) -> list[int]:
        """Set the checkpoints after a step aside, the newest first.

        Args:
            step: The step a run goes on from.

        Returns:
            The steps that were moved to `abandoned-<time>`, in rising order.
        """
        # What lacks its manifest is none, and would be in the way of a new one.
        later = [s for s in self._named() if s > step]
        if not later:
            return []
        now = f"abandoned-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        aside = self.root / now
        n = 1
        while aside.exists():
            n += 1
            aside = self.root / f"{now}-{n}"
        aside.mkdir()
        for s in reversed(later):
            self.of(s).rename(aside / self.of(s).name)
        fsync_path(aside)
        fsync_path(self.root)
        return later


def files_of(folder: Path, known: Mapping[str, FileFact]) -> dict[str, FileFact]:
    """Measure every file below a folder, and hash those not hashed yet.

    Args:
        folder: The folder of one checkpoint.
        known: Facts of files by path, from their writing.

    Returns:
        Size and hash by path with forward slashes, in order.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name, size = path.relative_to(folder).as_posix(), path.stat().st_size
            fact = known.get(name)
            if fact is None or fact.size != size:
                fact = FileFact(size, sha256_file(path))
            found[name] = fact
    return found


def _names(root: Path) -> list[str]:
    """List the names in a folder that may not exist."""
    try:
        return [path.name for path in root.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _problem(folder: Path, name: str, fact: FileFact, *, verify: str) -> str:
    """Say what is wrong with one file that a manifest lists."""
    try:
        path = _regular(folder, name)
        size = path.stat().st_size
        if size != fact.size:
            return f"has {size} bytes, saved with {fact.size}"
        if verify == "sha256" and sha256_file(path) != fact.sha256:
            return "has another content than was saved (sha256)"
    except FileNotFoundError:
        return "is missing"
    except OSError as e:
        return f"cannot be read: {e.strerror}"
    except ValueError as e:
        return str(e)
    return ""


def _regular(folder: Path, name: str) -> Path:
    """Find a file inside a checkpoint, wherever its manifest says it is."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or {"..", "\\", "\0"} & {*parts, *name}:
        raise ValueError("does not lie inside the checkpoint")
    path = folder
    for part in parts:
        path = path / part
        if stat.S_ISLNK(path.lstat().st_mode):
            raise ValueError("is a link, which checkpoints never hold")
    if not path.is_file():
        raise ValueError("is no file")
    return path


def _abandoned(path: Path) -> bool:
    """Say whether nobody writes into a temporary folder any more."""
    found = re.fullmatch(r"\.tmp-\d+-(\d+)-[0-9a-f]+", path.name)
    if found and int(found[1]) != os.getpid():
        try:
            os.kill(int(found[1]), 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            pass
    try:
        return time.time() - path.stat().st_mtime > STALE
    except OSError:
        return False
