"""`forge ls`: runs in a table."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from forge._text import visible
from forge.browse.index import Documents, Row
from forge.browse.naming import divided
from forge.browse.source import Found, Source
from forge.browse.tables import default_columns, named_columns, tabulate
from forge.cli.arguments import (
    declare_filter,
    declare_formats,
    format_of,
    number,
    source_of,
    tell,
)
from forge.cli.output import is_terminal, remark, say
from forge.cli.printing import no_room, print_table, print_whole
from forge.cli.verbs import Command


#: So many runs a list shows unless it is asked for more.
_SHOWN: Final = 20

#: Seconds after which a look at the folders is worth a word.
_LONG: Final = 3.0

_FIRST_RUN: Final = """\
There are no runs in {root} yet. A run is recorded by a script such as

    import forge

    @forge.experiment
    def train(lr=0.1, *, _run: forge.Run): _run.log(loss=lr)

    train.main()"""


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `ls`."""
    declare_filter(parser, words=True)
    parser.add_argument(
        "-s", "--sort", metavar="NAMES", help="order by these: -accuracy,started"
    )
    parser.add_argument(
        "-c", "--cols", metavar="NAMES", help="show these columns: id,lr,loss.min"
    )
    parser.add_argument(
        "-n",
        metavar="N",
        type=number,
        help=f"show so many at most ({_SHOWN}); 0: no limit",
    )
    parser.add_argument(
        "-a", "--all", action="store_true", help="show every run, archived ones too"
    )
    declare_formats(parser)


def ls(options: Namespace) -> int:
    """List runs."""
    source = source_of(options)
    found = source.find(
        _filter(options), sort=options.sort, limit=_limit(options), archived=options.all
    )
    for note in found.notes:
        tell(note)
    if source.waited > _LONG:
        tell(
            f"looking at all run folders took {source.waited:.1f} s;"
            " --no-scan answers from the last time."
        )
    documents = source.index.documents(found.rows)
    if not found.total:
        _teach(visible(str(source.roots[0])))
    if options.format == "json" and not options.cols:
        print_whole(found.rows, documents)
    else:
        _print(options, source, found, documents)
    return 0 if found.rows else 1


def _filter(options: Namespace) -> str | None:
    """Join what was typed to one filter: bare words are a filter too."""
    if options.words and options.query:
        return f"({' '.join(options.words)}) and ({options.query})"
    return " ".join(options.words) if options.words else options.query


def _limit(options: Namespace) -> int | None:
    """Tell how many runs are wanted; what is exported is whole."""
    if options.n is not None:
        return options.n or None
    return None if options.all or options.format else _SHOWN


def _print(
    options: Namespace, source: Source, found: Found, documents: Sequence[Documents]
) -> None:
    """Print the table in the form that was asked for."""
    rows: Sequence[Row] = found.rows
    if options.cols:
        words = divided(options.cols)
        columns = named_columns(words, source.known)
        for note in source.unheard(words) if rows else ():
            tell(note)
    else:
        columns = default_columns(rows, documents)
    table = tabulate(columns, rows, documents)
    left_out = print_table(table, format_of(options)) if rows else []
    if found.total and is_terminal() and not options.format:
        without = no_room(left_out, "; -c shows them")
        say(f"{_counted(found)} · {without}" if without else _counted(found))
    elif len(rows) < found.matching:
        remark(f"forge: note: {_counted(found)}; -a shows all, -n N shows N.")


def _teach(root: str) -> None:
    """Say what to do where there are no runs."""
    if is_terminal():
        say(_FIRST_RUN.format(root=root))
    else:
        remark(f"forge: note: there are no runs in {root}.")


def _counted(found: Found) -> str:
    """Say how many runs are shown, of how many."""
    shown, matching, total = len(found.rows), found.matching, found.total
    if shown < matching < total:
        return f"{shown:,} of {matching:,} that match, of {total:,} runs"
    if shown < total:
        return f"{shown:,} of {total:,} runs"
    return "1 run" if total == 1 else f"{total:,} runs"


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({"ls": Command(declare, ls)})
