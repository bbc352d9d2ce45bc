"""Verbs that write on runs: tags, notes, stars, the archive."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from forge._text import visible
from forge.cli.arguments import (
    behind,
    chosen,
    chosen_one,
    declare_run,
    declare_runs,
)
from forge.cli.output import remark, say
from forge.cli.verbs import Command
from forge.errors import ForgeError
from forge.records.annotations import (
    Annotations,
    change_annotations,
    read_annotations,
    tags_in,
)
from forge.records.layout import RunLayout
from forge.records.runfile import unreadable


def declare_tag(parser: ArgumentParser) -> None:
    """Add the arguments of `tag`."""
    parser.add_argument(
        "tags", metavar="TAG", help="one word, or several with commas between them"
    )
    _declare_remove(parser)


def declare_note(parser: ArgumentParser) -> None:
    """Add the arguments of `note`."""
    declare_run(parser)
    parser.add_argument(
        "text", metavar="TEXT", nargs="?", help="the note; without, it is printed"
    )
    parser.add_argument(
        "-a", "--add", action="store_true", help="put it below the note there is"
    )


def tag(options: Namespace) -> int:
    """Tag runs."""
    tags = tags_in([options.tags])
    if not tags:
        raise ForgeError("bad-option", "forge tag: a tag is a word, such as best.")

    def change(before: Annotations) -> Annotations:
        kept = [one for one in before.tags if one not in tags]
        return before._replace(tags=tuple(kept if options.remove else [*kept, *tags]))

    return _each(options, change)


def note(options: Namespace) -> int:
    """Print a note, or write one."""
    written = behind(options, options.text)
    folder = chosen_one(options)
    if written is None:
        text = _read(folder).note
        for line in text.splitlines():
            say(visible(line))
        if not text:
            remark(f"forge: {visible(str(folder))} has no note.")
        return 0 if text else 1

    def change(before: Annotations) -> Annotations:
        lines = [before.note, written] if options.add else [written]
        return before._replace(note="\n".join(filter(None, lines)))

    _change(folder, change)
    return 0


def star(options: Namespace) -> int:
    """Star runs."""
    return _each(options, lambda before: before._replace(star=not options.remove))


def archive(options: Namespace) -> int:
    """Archive runs."""
    return _each(options, lambda before: before._replace(archived=not options.remove))


def _declare_remove(parser: ArgumentParser) -> None:
    """Add the arguments of verbs that set something or take it back."""
    declare_runs(parser)
    parser.add_argument("-d", "--remove", action="store_true", help="take it back")


def _each(options: Namespace, change: Callable[[Annotations], Annotations]) -> int:
    """Change the annotations of each run that was chosen."""
    for folder in chosen(options):
        _change(folder, change)
        say(visible(str(folder)))
    return 0


def _change(folder: Path, change: Callable[[Annotations], Annotations]) -> None:
    """Change the annotations of a run."""
    path = RunLayout(folder).annotations
    try:
        change_annotations(path, change)
    except ValueError as error:
        raise unreadable(path, error) from error
    except OSError as error:
        raise ForgeError(
            "not-written",
            f"{visible(str(path))} cannot be written: {error.strerror or error}.",
            path=path,
        ) from error


def _read(folder: Path) -> Annotations:
    """Read the annotations of a run."""
    path = RunLayout(folder).annotations
    try:
        return read_annotations(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "tag": Command(declare_tag, tag),
        "note": Command(declare_note, note),
        "star": Command(_declare_remove, star),
        "archive": Command(_declare_remove, archive),
    }
)
