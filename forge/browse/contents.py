"""What stands in the files of a run, found safely and shown safely."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forge._text import visible
from forge.errors import ForgeError
from forge.records.durable import read_bounded
from forge.records.files import files_of
from forge.records.layout import RunLayout


#: Larger files are shown from their end.
LARGEST: Final = 64 << 20

#: Longer lines are cut where people look at them.
_LONGEST_LINE: Final = 100_000

#: Colours, which do nothing but colour.
_COLOUR: Final = re.compile(r"(\x1b\[[0-9;:]*m)")

#: Short names of the files that people ask for.
_NAMES: Final = {
    "output": "output",
    "error": "error",
    "config": "flags",
    "flags": "flags",
    "run": "run",
    "summary": "summary",
    "metrics": "metrics",
    "diff": "git_diff",
    "requirements": "requirements",
    "info": "info",
}


def file_of(folder: Path, name: str) -> Path:
    """Find a file of a run.

    Args:
        folder: The run folder.
        name: `output`, `error`, `config`, …, or a path below the folder.

    Returns:
        The file, which is certainly in the folder.

    Raises:
        ForgeError: `no-file` if there is none, or it leads out of the folder.
    """
    layout = RunLayout(folder)
    known = _NAMES.get(name)
    path: Path = getattr(layout, known) if known else folder / name
    try:
        root, place = os.path.realpath(folder), os.path.realpath(path)
        inside = os.path.commonpath([root, place]) == root
        if inside and os.path.isfile(place):  # noqa: PTH113 - odd names
            return Path(place)
    except ValueError:
        pass  # A name that no file can have.
    there = ", ".join(visible(one) for one in files_of(folder)[:20])
    raise ForgeError(
        "no-file",
        f"{visible(str(folder))} has no file {name!r}."
        f"\n  It has: {there or 'nothing'}.",
        path=path,
    )


def text_of(path: Path) -> str:
    """Read a file as text.

    Args:
        path: A file of a run; of a very large one the end is read.

    Returns:
        The text; bytes that are none are replaced.

    Raises:
        ForgeError: `no-file` if it cannot be read.
    """
    try:
        return read_bounded(path, LARGEST, tail=True).decode(errors="replace")
    except OSError as error:
        text = f"{visible(str(path))} cannot be read: {error.strerror or error}."
        raise ForgeError("no-file", text, path=path) from error


def shown(text: str, *, colours: bool = True) -> Iterator[str]:
    """Show a text as a terminal would have, without obeying it.

    Args:
        text: What a run printed, or any other text.
        colours: Whether to keep them, for whoever can see them.

    Yields:
        The lines. Of one that was overwritten, as progress bars are, the last state;
        every control that is no colour is shown as an escape.
    """
    for line in text.split("\n"):
        # A line ended by \r\n was not overwritten.
        last = line.rstrip("\r").rpartition("\r")[2]
        if len(last) > _LONGEST_LINE:
            last = f"{last[:_LONGEST_LINE]}… ({len(last):,} characters)"
        last = last if colours else _COLOUR.sub("", last)
        parts = _COLOUR.split(last.expandtabs(8))
        clean = "".join(
            part if at % 2 else visible(part) for at, part in enumerate(parts)
        )
        yield f"{clean}\x1b[0m" if len(parts) > 1 else clean
