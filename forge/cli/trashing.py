"""Verbs that delete runs and bring them back."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from forge._text import plural, visible
from forge.browse import trash
from forge.browse.sizes import size_of
from forge.cli.arguments import chosen, declare_roots, declare_runs, roots
from forge.cli.output import remark, say
from forge.cli.verbs import Command
from forge.errors import ForgeError
from forge.records.question import ask


def rm(options: Namespace) -> int:
    """Move runs to the trash."""
    folders = chosen(options)
    moved = trash.discard(folders, roots(options))
    for folder in folders:
        say(visible(str(folder)))
    remark(f"{plural(len(moved), 'run')} moved to the trash; forge restore brings back")
    return 0


def declare_trashed(parser: ArgumentParser) -> None:
    """Add the arguments of `restore`."""
    parser.add_argument(
        "runs", metavar="RUN", nargs="*", help="train/2; without, the trash is listed"
    )
    parser.add_argument("-a", "--all", action="store_true", help="everything in there")
    declare_roots(parser)


def declare_purge(parser: ArgumentParser) -> None:
    """Add the arguments of `purge`."""
    declare_trashed(parser)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def restore(options: Namespace) -> int:
    """Move runs back, or list what could be."""
    folders = _trashed(options)
    if folders is None:
        return _list(options)
    for folder in trash.restore(folders):
        say(visible(str(folder)))
    return 0


def purge(options: Namespace) -> int:
    """Delete runs for good."""
    folders = _trashed(options)
    if folders is None:
        return _list(options)
    size = sum(map(size_of, folders))
    what = f"{plural(len(folders), 'run')} ({size:,} bytes)"
    if not options.yes:
        answer = ask(f"Delete {what} for good?")
        if answer is None:
            raise ForgeError(
                "bad-option",
                f"{what} would be deleted for good, and there is nobody to ask.\n"
                "  Say --yes if that is meant.",
            )
        if not answer:
            return 1
    trash.purge(folders)
    remark(f"{what} deleted")
    return 0


def _trashed(options: Namespace) -> list[Path] | None:
    """Find what the words name in the trash; nothing if there are no words."""
    found = trash.trashed(roots(options))
    if options.all:
        return [folder for folders in found.values() for folder in folders]
    if not options.runs:
        return None
    missing = [word for word in options.runs if word not in found]
    if missing:
        raise ForgeError(
            "no-run",
            f"the trash has no {', '.join(map(repr, missing))}."
            f" It has: {', '.join(map(visible, found)) or 'nothing'}.",
            options=tuple(found),
        )
    return [folder for word in options.runs for folder in found[word]]


def _list(options: Namespace) -> int:
    """List what is in the trash."""
    found = trash.trashed(roots(options))
    for name in found:
        say(visible(name))
    if not found:
        remark("the trash is empty")
    return 0 if found else 1


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "rm": Command(declare_runs, rm),
        "restore": Command(declare_trashed, restore),
        "purge": Command(declare_purge, purge),
    }
)
