"""What the answers of git depend on: files, known by what the system says of them."""

# Plain text is 20 times as fast as Path, and there may be a thousand files.
# ruff: noqa: PTH111, PTH118, PTH120

import os
from collections.abc import Iterable, Iterator
from typing import Final, Self

from msgspec import Struct

from forge._ages import is_settled
from forge.run.repository import Place


#: Where the time of the last change of any kind stands among the facts about a file.
_CHANGED: Final = 0

#: Variables that git and its configuration are found by.
_VARIABLES: Final = ("HOME", "PATH", "XDG_CONFIG_HOME")

#: The files in the folder of a repository that say what it holds.
_STATE: Final = (
    "HEAD",
    "index",
    "config",
    "config.worktree",
    "commondir",
    "info/attributes",
)
_SHARED: Final = (
    "config",
    "packed-refs",
    "refs/replace",
    "info/attributes",
    "info/sparse-checkout",
)

#: Configuration that need not be there, and tells git nothing as long as it is not.
_SETTINGS: Final = (
    "$GIT_CONFIG_GLOBAL",
    "$GIT_CONFIG_SYSTEM",
    "~/.gitconfig",
    "$XDG_CONFIG_HOME/git/config",
    "$XDG_CONFIG_HOME/git/attributes",
    "~/.config/git/config",
    "~/.config/git/attributes",
    "/etc/gitconfig",
    "/etc/gitattributes",
)

_MODE_OF_SUBMODULES: Final = b"160000"


class Footprint(Struct, frozen=True):
    """The state of some files at one moment.

    The time of a file's last change of any kind cannot be set by programs: content that
    is exchanged for another of the same size and age is noticed as well.

    Attributes:
        facts: Times, size, mode and identity of each file; None for what is missing.
        environment: The variables that git looks at.
        taken: When, in nanoseconds since 1970.
    """

    facts: tuple[tuple[int, ...] | None, ...]
    environment: tuple[tuple[str, str], ...]
    taken: int

    @classmethod
    def of(cls, files: Iterable[str], taken: int) -> Self:
        """Look at files.

        Args:
            files: Full paths.
            taken: The time now, in nanoseconds since 1970.

        Returns:
            Their state.
        """
        return cls(look_at(files), _environment(), taken)

    def agrees(self, other: "Footprint", count: int | None = None) -> bool:
        """Tell whether nothing has changed between two moments.

        Args:
            other: The state at the other moment.
            count: How many files to compare; None for all.

        Returns:
            Whether all of these are the same, and so are the variables.
        """
        same = self.facts[:count] == other.facts[:count]
        return same and self.environment == other.environment

    def is_settled(self) -> bool:
        """Tell whether any later change gives a file another time than it has."""
        times = (fact[_CHANGED] for fact in self.facts if fact)
        return all(is_settled(changed, self.taken) for changed in times)


class Files(Struct, frozen=True):
    """The files that git's answers about a repository depend on, by their full paths.

    Attributes:
        leading: Those that say which others there are, and how they are compared.
        tracked: The others.
    """

    leading: tuple[str, ...]
    tracked: tuple[str, ...]

    def footprint(self, taken: int) -> Footprint:
        """Look at all of them, the leading ones first.

        Args:
            taken: The time now, in nanoseconds since 1970.

        Returns:
            Their state.
        """
        return Footprint.of((*self.leading, *self.tracked), taken)


def files_of(place: Place, tracked: bytes, settings: bytes) -> Files | None:
    """List the files that git's answers about a repository depend on.

    Args:
        place: Where the repository lies.
        tracked: What `git ls-files --stage --full-name -z :/` answers.
        settings: What `git config --list --show-origin -z` answers.

    Returns:
        Files that are missing among them; None for a repository whose files are not
        all below its top or in its index.
    """
    top, root = place.top, place.root
    names = [entry.partition(b"\t")[::2] for entry in tracked.split(b"\0") if entry]
    submodules = any(facts.startswith(_MODE_OF_SUBMODULES) for facts, _ in names)
    if submodules or b"\0core.worktree\n" in settings:
        return None
    found = [os.path.join(place.folder, name) for name in _STATE]
    found += [os.path.join(place.shared, name) for name in _SHARED]
    for name in place.references:
        found += [os.path.join(place.folder, name), os.path.join(place.shared, name)]
    found += _settings(root, settings)
    # One that comes between would be the repository from then on.
    found += [os.path.join(inner, ".git") for inner in _upwards(root, top)][:-1]
    files = [os.path.join(top, os.fsdecode(name)) for _, name in names]
    parents = {os.path.dirname(file) for file in files}
    folders = {inner for folder in parents for inner in _upwards(folder, top)}
    found += [os.path.join(inner, ".gitattributes") for inner in folders]
    return Files(tuple(dict.fromkeys(found)), tuple(files))


def _upwards(path: str, top: str) -> Iterator[str]:
    """Go through the folders from a path up to the top."""
    while len(path) > len(top):
        yield path
        path = os.path.dirname(path)
    yield top


def _settings(root: str, answer: bytes) -> Iterator[str]:
    """Find the files of configuration: those that are read, and those that could be."""
    # What names a variable that is not set leads to no file.
    expanded = [(place, os.path.expandvars(place)) for place in _SETTINGS]
    named = [to for place, to in expanded if to != place or "$" not in place]
    entries = os.fsdecode(answer).split("\0")
    for origin, entry in zip(entries[::2], entries[1::2], strict=False):
        kind, _, place = origin.partition(":")
        key, _, value = entry.partition("\n")
        named += [place] if kind == "file" else []
        named += [value] if key == "core.attributesfile" else []
    for place in dict.fromkeys(named):
        file = os.path.join(root, os.path.expanduser(place))
        yield file
        yield os.path.realpath(file)


def look_at(files: Iterable[str]) -> tuple[tuple[int, ...] | None, ...]:
    """Ask the system about files.

    Args:
        files: Full paths.

    Returns:
        The facts of each, those of a `Footprint`.
    """
    return tuple(map(_facts, files))


def _facts(file: str) -> tuple[int, ...] | None:
    """Ask the system about one file; links are not followed, as git does not."""
    try:
        found = os.lstat(file)
    except OSError:
        return None
    return (
        found.st_ctime_ns,
        found.st_mtime_ns,
        found.st_size,
        found.st_mode,
        found.st_ino,
        found.st_dev,
    )


def _environment() -> tuple[tuple[str, str], ...]:
    """List the variables that git looks at."""
    names = (name for name in os.environ if name.startswith("GIT_"))
    return tuple((name, os.environ.get(name, "")) for name in (*_VARIABLES, *names))
