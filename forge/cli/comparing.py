"""Verbs that show a run, and that put runs side by side."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from forge._text import plural, visible
from forge.browse.comparison import MOST, of_groups, side_by_side
from forge.browse.contents import shown
from forge.browse.describing import described
from forge.browse.difference import PARTS, Side, difference, side_of, working_tree
from forge.browse.formats import plain_cell
from forge.browse.groups import grouped, shared_by, unshared
from forge.browse.naming import divided
from forge.browse.wording import readable
from forge.cli.arguments import (
    chosen,
    declare_formats,
    declare_runs,
    format_of,
    source_of,
    tell,
)
from forge.cli.output import is_terminal, say
from forge.cli.printing import no_room, print_table
from forge.cli.verbs import Command
from forge.errors import ForgeError


_STYLES: Final = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


def declare_compare(parser: ArgumentParser) -> None:
    """Add the arguments of `compare`."""
    declare_runs(parser)
    parser.add_argument(
        "-g",
        "--group",
        metavar="NAMES",
        nargs="?",
        const="",
        help="one line for runs that share everything but the seed, or these names"
        " (as of columns)",
    )
    parser.add_argument(
        "--all", action="store_true", help="show what is the same as well"
    )
    declare_formats(parser)


def compare(options: Namespace) -> int:
    """Put runs side by side."""
    names = divided(options.group or "")
    if names and not options.runs and options.query is None:
        raise ForgeError(
            "bad-option",
            f"forge compare: which runs? {options.group!r} is what --group goes by.\n"
            f"  To group these runs:  forge compare {options.group} --group",
        )
    source = source_of(options)
    rows = source.rows(chosen(options, source))
    documents = source.index.documents(rows)
    by = shared_by(options.group, documents) if names else None
    for note in unshared(by or (), documents):
        tell(note)
    people = is_terminal() and not options.format
    if options.group is not None:
        groups = list(grouped(rows, documents, by))
        table = of_groups(groups, by, people=people)
    elif len(rows) == 1 and not options.all:
        raise ForgeError(
            "bad-option",
            f"{rows[0].id} is one run, and is compared with none.\n"
            "  Name more of them, or say --all for what it says alone.",
        )
    elif len(rows) > MOST:
        raise ForgeError(
            "bad-option",
            f"{len(rows)} runs do not fit next to each other; {MOST} do.\n"
            "  Group them (--group), or list them (forge ls).",
        )
    else:
        write = readable if people else plain_cell
        table = side_by_side(rows, documents, write, every=options.all)
    without = no_room(print_table(table, format_of(options)))
    if without:
        say(f"{without}; --tsv, --csv, --md and --json show all")
    return 0 if table.rows else 1


def declare_diff(parser: ArgumentParser) -> None:
    """Add the arguments of `diff`."""
    declare_runs(parser)
    for part, what in {
        "config": "parameters",
        "code": "the stored sources",
        "env": "machine, versions, packages, commit",
        "output": "what they printed",
        "files": "which files there are, and how large",
    }.items():
        parser.add_argument(
            f"--{part}", dest="parts", action="append_const", const=part, help=what
        )
    parser.add_argument(
        "-w",
        "--working-tree",
        action="store_true",
        help="compare the code of a run with the project as it is now",
    )


def diff(options: Namespace) -> int:
    """Say what differs between two runs: 1 if anything does, as diff does."""
    one, other = _sides(options)
    parts = options.parts or (
        ["code"] if options.working_tree else ["config", "code", "env"]
    )
    different = False
    for part in (part for part in PARTS if part in parts):
        for line in difference(part, one, other):
            different = True
            _say(line)
    return 1 if different else 0


def _sides(options: Namespace) -> tuple[Side, Side]:
    """Find the two that are compared."""
    found = [side_of(folder) for folder in chosen(options)]
    if len(found) == 1 and len(options.runs) > 1:
        # One run under two names, which differs from itself in nothing.
        found *= 2
    if len(found) == 1 and options.working_tree:
        return found[0], working_tree(found[0].folder)
    if len(found) != 2 or options.working_tree:  # noqa: PLR2004 - as diff has them
        raise ForgeError(
            "bad-option",
            "forge diff: two runs are compared, or one with the working tree (-w);"
            f" {plural(len(found), 'run')} given.",
        )
    return found[0], found[1]


def _say(line: str) -> None:
    """Print a line of a diff; in full for programs, harmless on a terminal."""
    if not is_terminal():
        say(line)
        return
    from forge.cli.screen import console  # noqa: PLC0415 - programs need none

    screen = console()
    coloured = screen.color_system is not None and not screen.no_color
    style = _STYLES.get(line[:1], "") if coloured else ""
    for clean in shown(line, colours=coloured):
        say(f"{style}{clean}\x1b[0m" if style else clean)


def declare_show(parser: ArgumentParser) -> None:
    """Add the arguments of `show`."""
    declare_runs(parser)
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def show(options: Namespace) -> int:
    """Show everything about runs."""
    source = source_of(options)
    rows = source.rows(chosen(options, source))
    documents = source.index.documents(rows)
    if options.json:
        from forge.cli.printing import print_whole  # noqa: PLC0415 - one of two forms

        print_whole(rows, documents)
        return 0
    for number, (row, found) in enumerate(zip(rows, documents, strict=True)):
        if number:
            say()
        _show(described(row, found, people=is_terminal()))
    return 0


def _show(facts: Iterable[tuple[str, str]]) -> None:
    """Print facts."""
    pairs = [(visible(name), visible(text)) for name, text in facts]
    if is_terminal():
        from forge.cli.screen import show_pairs  # noqa: PLC0415 - programs need none

        show_pairs(pairs)
        return
    for name, text in pairs:
        say(f"{name}\t{text}")


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "show": Command(declare_show, show),
        "compare": Command(declare_compare, compare),
        "diff": Command(declare_diff, diff),
    }
)
