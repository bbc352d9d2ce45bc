"""Where a run comes from: the machine, the packages, and probes for all of it."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any, Final, TypeAlias

from forge._crew import Work, beside
from forge.distributions import Places, metadata_folders, places
from forge.records.processes import this_process
from forge.records.runfile import Git, Host
from forge.run.graphics import graphics
from forge.run.repositories import known_repositories
from forge.run.repository import located


#: The name of a fact, its value and what goes into a file beside it.
Fact: TypeAlias = tuple[str, Any, bytes]

#: Whether everything was found out once in this process.
_done: Final = Event()


def packages(among: Places | None = None) -> list[str]:
    """List the distributions that this process could import.

    Args:
        among: Where to look; None for where imports look now.

    Returns:
        `name==version`, sorted; of two with one name the one that imports find.
    """
    return [*_packages(places() if among is None else among)]


def host() -> Host:
    """Describe the machine.

    Returns:
        What can be read without waiting for anything but, on machines with a driver
        that has no files, `nvidia-smi`.
    """
    system = os.uname()
    return Host(
        name=system.nodename,
        system=f"{system.sysname} {system.release}",
        cpu=_processor() or system.machine,
        cpus=_usable_processors(),
        memory=_memory(),
        gpus=_graphics(),
    )


def process_started() -> float | None:
    """Read when this process started.

    Returns:
        Seconds since 1970, exact to about 0.01 s; None where the system does not say.
    """
    started = this_process().started
    try:
        if started is None:
            return None
        seconds = started / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - seconds
    except (OSError, AttributeError, ValueError):
        return None
    return time.time() - age


class Probes:
    """Finds out about a run beside whatever goes on.

    It begins at once. A fact that cannot be found out stays as it was made; no
    probe raises or is waited for longer than asked. What an earlier run of the process
    has found out, and what has not changed since, is known at once.

    Args:
        root: A folder in the user's repository.
        among: Where packages are installed; None for where imports look now.
    """

    def __init__(self, root: Path, among: Places | None = None) -> None:
        self._among = among
        self._place = located(root)
        #: The commit that is checked out, as the repository's own files tell it.
        self.commit = self._place.commit if self._place else None
        #: The state of the repository, if there is one.
        self.git: Git | None = None
        #: The differences to the commit, in git's own form.
        self.diff = b""
        #: The machine.
        self.host: Host | None = None
        #: Installed distributions as `name==version`.
        self.requirements: list[str] = []
        self._facts: SimpleQueue[Fact | None] = SimpleQueue()
        self._work: Work | None = None
        # A thread would take longer to begin than what there is to do.
        self._known = self._recall()
        if self._known is None:
            with suppress(RuntimeError):  # too many, or the interpreter is about to end
                self._work = beside(self._find_out)
        if self._work is None:
            self._find_out()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything is known.

        Args:
            timeout: How many seconds at most; None for as long as it takes.

        Returns:
            Whether it is.
        """
        return self._work is None or self._work.wait(timeout)

    def facts(self) -> Iterator[Fact]:
        """Take each fact as it is known; once, whoever takes it.

        Yields:
            The name, the value and what goes into a file beside it: `git` with the
            differences to the commit, `requirements`, `host`.
        """
        while (fact := self._facts.get()) is not None:
            yield fact

    def _recall(self) -> tuple[Git | None, bytes] | None:
        """Give what is known of the repository if everything is."""
        if not _done.is_set():
            return None
        if self._place is None:
            return None, b""
        return known_repositories.recall(self._place)

    def _find_out(self) -> None:
        """Find out everything, one after the other."""
        # The repository first: it is what changes while a run goes on.
        for probe in (self._ask_git, self._ask_packages, self._ask_host):
            try:
                probe()
            except Exception:  # noqa: BLE001, S112 - what is not known is not recorded
                continue
        self._facts.put(None)
        _done.set()

    def _ask_git(self) -> None:
        """Describe the repository."""
        if self._known is not None:
            self.git, self.diff = self._known
        elif self._place is not None:
            self.git, self.diff = known_repositories.facts_at(self._place)
        if self.git is not None:
            self._facts.put(("git", self.git, self.diff))

    def _ask_host(self) -> None:
        """Describe the machine."""
        self.host = host()
        self._facts.put(("host", self.host, b""))

    def _ask_packages(self) -> None:
        """List what is installed."""
        self.requirements = packages(self._among)
        self._facts.put(("requirements", self.requirements, b""))


# A process that starts many runs lists them once, unless something is installed.
@lru_cache(maxsize=1)
def _packages(among: Places) -> tuple[str, ...]:
    """List the distributions in places that have not changed."""
    found: dict[str, str] = {}
    for folder in metadata_folders(among):
        key, line = _named(folder) or _described(folder)
        if line:
            found.setdefault(key, line)
    return tuple(found[key] for key in sorted(found))


@lru_cache(maxsize=1 << 12)
def _named(folder: Path) -> tuple[str, str] | None:
    """Read name and version off the folder, which is 50 times as fast as opening it."""
    stem, _, suffix = folder.name.rpartition(".")
    if suffix != "dist-info" or stem.count("-") != 1:
        return None
    return _entry(*stem.split("-"))


def _described(folder: Path) -> tuple[str, str]:
    """Read name and version in the metadata."""
    lines = dict(_header(folder))
    return _entry(lines.get("Name", ""), lines.get("Version", ""))


def _entry(name: str, version: str) -> tuple[str, str]:
    """Tell what a distribution is sorted by, and its line, if it has one."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    return key, f"{name}=={version}" if key and version else ""


def _header(folder: Path) -> Iterator[tuple[str, str]]:
    """Read the first lines of metadata; with importlib that takes 15 ms."""
    for file in (folder / "METADATA", folder / "PKG-INFO", folder):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for line in text.splitlines():
            if not line:
                return
            name, _, value = line.partition(":")
            yield name, value.strip()
        return


@cache
def _graphics() -> tuple[str, ...]:
    """Name the graphics processors, which do not change while a process lasts."""
    return graphics()


@cache
def _processor() -> str:
    """Read the name of the processor."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    match = re.search(
        r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", text, re.MULTILINE
    )
    return match[1].strip() if match else ""


def _usable_processors() -> int | None:
    """Count the processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        return os.cpu_count()


def _memory() -> int | None:
    """Read how much memory there is."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
