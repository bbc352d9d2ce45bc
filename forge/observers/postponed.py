"""Files that are written together, because each flush takes time."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from forge.records.durable import place_files, replace_file, replace_files


class Postponed:
    """Keeps the contents of new files until something is written anyway.

    Args:
        surviving: Gives, for a file, the context in which it is tried alone where all
            could not be written at once.
    """

    def __init__(
        self, surviving: Callable[[Path], AbstractContextManager[None]]
    ) -> None:
        self._surviving = surviving
        self._contents: dict[Path, bytes] = {}

    def add(self, path: Path, data: bytes) -> None:
        """Keep the content of a file.

        Args:
            path: The file.
            data: Its content.
        """
        self._contents[path] = data

    def place(self) -> tuple[Path, ...]:
        """Write what there is, to be flushed later; what cannot be written is kept.

        Returns:
            The files that are there now.
        """
        placed = tuple(self._contents)
        self._write(place_files)
        return tuple(path for path in placed if path not in self._contents)

    def write(self) -> None:
        """Write what there is, or as much of it as can be written."""
        self._write(replace_files)

    def write_with(
        self, last: Mapping[Path, bytes], *, before: Callable[[], object]
    ) -> None:
        """Write what there is with another file, which appears after all others.

        Args:
            last: The content of that file.
            before: Brings to the disk what must be there before any of them.

        Raises:
            OSError: The other file cannot be written.
        """
        try:
            replace_files({**self._contents, **last}, before=before)
        except OSError:
            if not self._contents:
                raise
            self._write_each()
            replace_files(last)
        else:
            self._contents = {}

    def _write(self, write: Callable[[Mapping[Path, bytes]], None]) -> None:
        """Write all at once, and where that fails one by one."""
        try:
            write(self._contents)
        except OSError:
            self._write_each()
        else:
            self._contents = {}

    def _write_each(self) -> None:
        """Write what can be written."""
        for path in tuple(self._contents):
            with self._surviving(path):
                replace_file(path, self._contents[path])
                del self._contents[path]
