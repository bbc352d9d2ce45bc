"""Verbs that keep browsing itself in order."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from forge._text import plural, visible
from forge.browse import trash
from forge.browse.cache import cache_file, delete
from forge.browse.index import Row
from forge.browse.source import Source
from forge.cli.arguments import declare_roots, roots
from forge.cli.output import progress, say
from forge.cli.verbs import Command


#: More folders with troubles are counted.
_MOST: Final = 10


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        good: Whether it is as it should be.
        text: What was found.
    """

    good: bool
    text: str


def reindex(options: Namespace) -> int:
    """Read every run anew."""
    where = roots(options)
    delete(cache_file(where))
    source = Source(where, progress)
    say(f"{plural(source.index.count(), 'run')} read: {_place(source)}")
    return 0


def doctor(options: Namespace) -> int:
    """Look for what may be wrong: 1 if anything is."""
    found = list(_look(roots(options)))
    for one in found:
        say(f"{'ok ' if one.good else '!! '} {one.text}")
    return 0 if all(one.good for one in found) else 1


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of both."""
    declare_roots(parser)


def _look(where: tuple[Path, ...]) -> Iterator[Finding]:
    """Look at everything."""
    version = sys.modules["forge"].__version__
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(good=True, text=f"forge {version}, Python {python}")
    for root in where:
        if not root.is_dir():
            yield Finding(good=False, text=f"{visible(str(root))}: there is no folder")
        elif not os.access(root, os.W_OK):
            yield Finding(good=False, text=f"{visible(str(root))}: not writable")
        else:
            yield Finding(good=True, text=f"{visible(str(root))}: writable")
    source = Source(where, progress)
    kept = source.index.path is not None
    yield Finding(good=kept, text=f"index: {_place(source)}")
    rows = source.index.find()
    yield Finding(good=True, text=f"{plural(len(rows), 'run')}: {_statuses(rows)}")
    yield from _troubles(rows)
    waiting = sum(map(len, trash.trashed(where).values()))
    if waiting:
        yield Finding(good=True, text=f"trash: {plural(waiting, 'run')} (forge purge)")


def _statuses(rows: list[Row]) -> str:
    """Count the runs of each status."""
    counts = Counter(row.attributes["status"] or "unreadable" for row in rows)
    return ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or "none"


def _troubles(rows: list[Row]) -> Iterator[Finding]:
    """Say what of runs cannot be read, and which may be dead."""
    bad = [row for row in rows if row.attributes["trouble"]]
    for row in bad[:_MOST]:
        text = f"{row.folder}: {row.attributes['trouble']}"
        yield Finding(good=False, text=visible(text))
    if len(bad) > _MOST:
        more = plural(len(bad) - _MOST, "folder")
        text = f"{more} more; forge ls -q 'trouble is defined' lists them"
        yield Finding(good=False, text=text)
    for row in rows:
        if row.attributes["doubt"]:
            text = f"{row.id} says RUNNING: {row.attributes['doubt']}"
            yield Finding(good=False, text=visible(text))


def _place(source: Source) -> str:
    """Say where the index is."""
    path = source.index.path
    if path is None:
        return "in memory, because no file can be kept: lists take longer"
    return f"{visible(str(path))}, {path.stat().st_size:,} bytes"


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"reindex": Command(declare, reindex), "doctor": Command(declare, doctor)}
)
