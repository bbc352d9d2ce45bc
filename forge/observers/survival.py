"""Files of a run folder that a run can do without."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from forge._text import near
from forge.observers.warning import cause_of


_UNWRITTEN: Final = """\
{path} cannot be written: {cause}
  The run goes on, and this file is left as it was."""


class Survival:
    """Survives that files cannot be written, or read, and says so once for each.

    Args:
        warn: Told about them.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._told: set[Path] = set()

    def of(self, path: Path, text: str = _UNWRITTEN) -> "Surviving":
        """Survive what goes wrong with one file, while the context lasts.

        Args:
            path: The file.
            text: What to say, with `{path}` and `{cause}` in it.

        Returns:
            The context.
        """
        return Surviving(self, path, text)

    def tell(self, path: Path, text: str) -> None:
        """Say what is wrong with a file, unless something was said of it before.

        Args:
            path: The file.
            text: What is wrong.
        """
        if path not in self._told:
            self._told.add(path)
            self._warn(text)


# A function with `contextmanager` takes three times as long, and events enter some.
class Surviving:
    """The context in which one file may fail."""

    __slots__ = ("_path", "_survival", "_text")

    def __init__(self, survival: Survival, path: Path, text: str) -> None:
        self._survival = survival
        self._path = path
        self._text = text

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        # Recording never breaks training; Ctrl-C is none of its failures.
        if not isinstance(error, Exception):
            return False
        where, cause = near(self._path), cause_of(error)
        self._survival.tell(self._path, self._text.format(path=where, cause=cause))
        return True
