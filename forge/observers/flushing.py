"""What is brought onto the device while the run goes on."""

# Plain text is 20 times as fast as Path, and the end of each run waits for it.
# ruff: noqa: PTH110, PTH116

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from forge._ages import is_settled
from forge._crew import Work, beside
from forge.records.disk import fsync_path, fsync_tree, start_flush


#: A path, and what brings it onto the device.
_Task: TypeAlias = tuple[Path, Callable[[], object]]

#: The folders that this process has flushed, as they were then, by their paths.
_flushed: Final[dict[str, tuple[int, ...]]] = {}


class Flushing:
    """Flushes a folder with everything in it, which takes long file by file.

    A run that goes on has it done in a thread of its own, so that neither its start
    nor the next heartbeat waits for two hundred files on a slow disk. A run that ends
    before that has it done with its final state, in as few commits as the file system
    allows.

    Args:
        folder: The folder.
        also: Files that are flushed with it, as far as they are there.
        above: Folders whose names for what is in them are flushed with it, as far as
            that can be done.
    """

    def __init__(
        self, folder: Path, *, also: Iterable[Path] = (), above: Iterable[Path] = ()
    ) -> None:
        self._folder = folder
        self._also = tuple(also)
        self._above = tuple(above)
        self._again = False
        self._begun = False
        self._todo: deque[_Task] = deque()
        self._failed: list[_Task] = []
        self._work: Work | None = None

    def begin(self, also: Iterable[Path] = ()) -> None:
        """Flush what there is, beside the run; once, whoever asks for it first.

        Args:
            also: Files that have come since, which are flushed even later than that.
        """
        self._begin()
        self._add(also)
        if self._todo and (self._work is None or self._work.wait(0)):
            with suppress(RuntimeError):  # no thread can be started
                self._work = beside(self._do)

    def repeat(self) -> None:
        """Note that something was added, which the next `finish` is to flush."""
        self._again = True

    def finish(self) -> list[tuple[Path, Exception]]:
        """Have everything on the device; what failed is tried again the next time.

        Returns:
            What could not be read, written or flushed, and why.
        """
        if self._work is not None:
            self._work.wait()
        self._begin()
        if self._again:
            self._again = False
            self._todo.append((self._folder, self._flush))
        self._todo.extend(self._failed)
        self._failed = []
        return self._do()

    def _begin(self) -> None:
        """List what is to be done, once."""
        if self._begun:
            return
        self._begun = True
        self._add(self._also, (self._folder, self._flush))
        self._todo.extend((path, partial(_flush_above, path)) for path in self._above)

    def _add(self, paths: Iterable[Path], *before: _Task) -> None:
        """Begin to flush files, and list them behind other tasks."""
        tasks: list[_Task] = []
        for path in paths:
            try:
                start_flush(path)
            except FileNotFoundError:
                continue
            except OSError:
                # What goes wrong shows again when it is waited for.
                pass
            tasks.append((path, partial(fsync_path, path)))
        self._todo.extend((*before, *tasks))

    def _do(self) -> list[tuple[Path, Exception]]:
        """Do what is to be done by now, and keep what failed."""
        errors: list[tuple[Path, Exception]] = []
        while self._todo:
            path, act = task = self._todo.popleft()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - told by whoever waits
                self._failed.append(task)
                errors.append((path, error))
        return errors

    def _flush(self) -> None:
        """Flush the folder, which a resumed run may not have."""
        if os.path.exists(self._folder):
            fsync_tree(self._folder)


def _flush_above(folder: Path) -> None:
    """Flush the names in a folder, if there may be new ones."""
    path = os.fspath(folder)
    # Whoever may write below a folder need not be one who may read it.
    with suppress(OSError):
        facts = os.stat(path)
        state = facts.st_dev, facts.st_ino, facts.st_mtime_ns
        if _flushed.get(path) == state:
            return
        fsync_path(path)
        if is_settled(facts.st_mtime_ns, time.time_ns()):
            _flushed[path] = state
