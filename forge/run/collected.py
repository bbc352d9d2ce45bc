"""The sources of this process: collected again only when something has changed."""

# Plain text is 20 times as fast as Path, and each start of a run waits for it.
# ruff: noqa: PTH109

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from forge.run.footprint import Footprint, look_at
from forge.run.modules import imported_files
from forge.run.sources import Sources, collect


#: More than this is not kept in memory from one run to the next.
_LARGEST: Final = 10_000_000


class _Known(Struct, frozen=True):
    """What was collected, with all that it depends on.

    Attributes:
        asked: What was asked for, and where.
        sources: The answer.
        footprint: The state of the files and folders that decided it.
    """

    asked: tuple[Any, ...]
    sources: Sources
    footprint: Footprint


class Collected:
    """Knows the sources of the last run, as long as nothing that decides them changes.

    That is what is imported, where imports look, and every file and folder that was
    looked at. A process that starts many runs reads, hashes and parses its sources
    once.

    Args:
        clock: The time in nanoseconds since 1970.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._known: _Known | None = None

    def collect(
        self,
        root: Path,
        main_file: Path,
        *,
        components: Sequence[Path] = (),
        exclude: Sequence[Path] = (),
    ) -> Sources:
        """Copy every project file that a run needs.

        Args:
            root: The project root.
            main_file: The main script.
            components: Files that components are defined in.
            exclude: Folders to take nothing from.

        Returns:
            What `collect` returns at this moment.
        """
        where = os.getcwd(), *sys.path
        asked = (root, main_file, tuple(components), tuple(exclude), where)
        known = self._known
        if (
            known is not None
            and known.asked == asked
            and known.sources.imported is imported_files()
            and known.footprint.facts == look_at(known.sources.looked_at)
        ):
            return known.sources
        began = self._clock()
        sources = collect(root, main_file, components=components, exclude=exclude)
        self._known = None
        if _is_plain(sources):
            # What had not changed for some time before is what has been read.
            footprint = Footprint.of(sources.looked_at, began)
            if footprint.is_settled():
                self._known = _Known(asked, sources, footprint)
        return sources


def _is_plain(sources: Sources) -> bool:
    """Tell whether a change of what was looked at would show, and memory allows it."""
    if sum(len(copy.data) for copy in sources.files) > _LARGEST:
        return False
    # The state of a link is not that of what it leads to.
    return all(os.path.realpath(path) == path for path in sources.looked_at)


#: Those of this process.
collected: Final = Collected()
