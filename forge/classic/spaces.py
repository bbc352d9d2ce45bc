"""Whose flags are meant: those of the program, or of a run that is rebuilt in it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from forge.classic.space import FlagSpace


# The loader takes longer to import than all else here, and most programs load nothing.
if TYPE_CHECKING:
    from forge.rebuild.isolated import StoredSources

#: What a stored module calls the stored sources that it belongs to, as in the loader.
RUN_NAME: Final = "__forge_run__"
_FORGE: Final = f"{__name__.partition('.')[0]}."


def own_space() -> FlagSpace:
    """Return the flags of the program itself."""
    meant = _meant.get()
    return _own if meant is None else meant


def is_own(space: FlagSpace) -> bool:
    """Tell whether flags are those of the program, which its command line sets."""
    return space is _own


def space_of(scope: Mapping[str, Any]) -> FlagSpace:
    """Find the flags that a module uses.

    Args:
        scope: The module's globals.

    Returns:
        Those of the run whose stored sources it belongs to, else the program's.
    """
    run = scope.get(RUN_NAME)
    if run is None:
        return own_space()
    return _stored.setdefault(run, FlagSpace())


def space_of_run(sources: "StoredSources") -> FlagSpace:
    """Return the flags of a run that is rebuilt from its stored sources."""
    return _stored.setdefault(sources, FlagSpace())


@contextmanager
def meaning(space: FlagSpace) -> Iterator[None]:
    """Let files of the program define and read the flags of a recorded run.

    Args:
        space: Its flags.
    """
    token = _meant.set(space)
    try:
        yield
    finally:
        _meant.reset(token)


def space_here() -> FlagSpace:
    """Find the flags of the code that calls Forge."""
    return space_of(caller().f_globals)


def caller() -> FrameType:
    """Find the innermost frame that is not of Forge."""
    frame = sys._getframe(1)  # noqa: SLF001 - whose code it is, is the question
    while frame.f_back is not None and _is_forge(frame):
        frame = frame.f_back
    return frame


def main_file() -> Path | None:
    """Find the script of the program; None in a notebook or at a prompt."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    path = Path(file) if file else None
    return path if path is not None and path.is_file() else None


def main_code() -> CodeType | None:
    """Find the code of the script that is under way; None once it has ended."""
    found: CodeType | None = None
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - it is at the far end
    while frame is not None:
        if frame.f_globals.get("__name__") == "__main__":
            found = frame.f_code
        frame = frame.f_back
    return found


def _is_forge(frame: FrameType) -> bool:
    """Whether code is part of Forge, or of what it calls on its way."""
    name = str(frame.f_globals.get("__name__", ""))
    inside = name.startswith(_FORGE) and RUN_NAME not in frame.f_globals
    return inside or name in ("collections.abc", "_collections_abc", "wrapt.wrappers")


_own: Final = FlagSpace()
_meant: Final[ContextVar[FlagSpace | None]] = ContextVar("meant", default=None)
_stored: Final["WeakKeyDictionary[StoredSources, FlagSpace]"] = WeakKeyDictionary()
