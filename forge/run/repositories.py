"""The repositories of this process: git is asked again only when something changed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from msgspec import Struct

from forge.records.runfile import Git
from forge.run.footprint import Files, Footprint, files_of
from forge.run.repository import Place, ask, facts_at, place_of


_Answer: TypeAlias = tuple[Git | None, bytes]

_TRACKED: Final = ("ls-files", "--stage", "--full-name", "-z", ":/")
_SETTINGS: Final = ("config", "--list", "--show-origin", "-z")

#: With more files than this, asking git takes less of the processor than looking at
#: each of them.
_MOST_FILES: Final = 1000

#: So many files are looked at in less time than it takes to have a thread do it.
_FEW_FILES: Final = 50

#: Larger differences are not kept, and what is kept of further repositories neither.
_LARGEST: Final = 1 << 20
_MOST_PLACES: Final = 16


class _Known(Struct, frozen=True):
    """What git answered, if it can be told when that is no longer so.

    Attributes:
        place: Where the repository lay.
        files: What the answer depends on.
        footprint: The state of these files when git was asked.
        answer: The answer; None where some file had changed a moment before.
    """

    place: Place
    files: Files
    footprint: Footprint
    answer: _Answer | None


class Repositories:
    """Knows what git has answered, as long as nothing that it depends on has changed.

    A process that starts one run asks git as `git_facts` does. From the second run on
    it notes the state of every file that the answer came from, and as long as the
    system says that none has changed, the answer is given again.

    Args:
        clock: The time in nanoseconds since 1970.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        # None where git was asked once, and what that depends on has not been noted.
        self._known: dict[str, _Known | None] = {}

    def facts(self, root: Path) -> _Answer:
        """Find out the state of a repository.

        Args:
            root: A folder in the repository.

        Returns:
            What `git_facts` returns at this moment.
        """
        place = place_of(root)
        return (None, b"") if place is None else self.facts_at(place)

    def recall(self, place: Place) -> _Answer | None:
        """Give the answer that is known, if it takes no time to see that it holds.

        Args:
            place: Where a repository lies.

        Returns:
            What `git_facts` returns at this moment; None where that takes longer.
        """
        known = self._known.get(place.root)
        if known is None or known.place != place or known.answer is None:
            return None
        if len(known.files.leading) + len(known.files.tracked) > _FEW_FILES:
            return None
        now = known.files.footprint(self._clock())
        return known.answer if now.agrees(known.footprint) else None

    def facts_at(self, place: Place) -> _Answer:
        """Find out the state of a repository that is there.

        Args:
            place: Where it lies.

        Returns:
            As `facts`.
        """
        if place.root not in self._known:
            if len(self._known) < _MOST_PLACES:
                self._known[place.root] = None
            return facts_at(place)
        known = self._known[place.root]
        files: Files | None = None
        if known is not None and known.place == place:
            now = known.files.footprint(self._clock())
            if known.answer is not None and now.agrees(known.footprint):
                return known.answer
            if now.agrees(known.footprint, len(known.files.leading)):
                files = known.files
        return self._ask(place, files)

    def _ask(self, place: Place, files: Files | None) -> _Answer:
        """Ask git, and note what the answer depends on."""
        self._known[place.root] = None
        index = Footprint.of([place.index], self._clock())
        files = files or _files_of(place)
        if files is None:
            return facts_at(place)
        # Before and after: what changes meanwhile may be in the answer or not.
        before = files.footprint(self._clock())
        answer = git, diff = facts_at(place)
        after = files.footprint(self._clock())
        after_index = Footprint.of([place.index], self._clock())
        good = git is not None and git.dirty is not None and len(diff) <= _LARGEST
        if good and after.agrees(before) and index.agrees(after_index):
            noted = answer if before.is_settled() else None
            self._known[place.root] = _Known(place, files, before, noted)
        return answer


def _files_of(place: Place) -> Files | None:
    """List what git's answers depend on, if that can be told and is worth it."""
    if place.commit is None:
        return None
    asked = ask(place.root, _TRACKED), ask(place.root, _SETTINGS)
    tracked, settings = (answer() for answer in asked)
    if tracked is None or settings is None or tracked.count(b"\0") > _MOST_FILES:
        return None
    return files_of(place, tracked, settings)


#: Those of this process.
known_repositories: Final = Repositories()
