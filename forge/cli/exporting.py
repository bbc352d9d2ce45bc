"""`forge export`: runs as one file."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from forge._text import plural, visible
from forge.browse.wording import amount, dated
from forge.cli.arguments import chosen, declare_runs, source_of
from forge.cli.output import say
from forge.cli.verbs import Command
from forge.errors import ForgeError


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `export`."""
    declare_runs(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--html", metavar="FILE", help="a page that needs no network and no script"
    )
    what.add_argument("--zip", metavar="FILE", help="the run folders, packed")
    parser.add_argument(
        "--no-checkpoints", action="store_true", help="leave checkpoints out of --zip"
    )


def export(options: Namespace) -> int:
    """Write runs into one file."""
    target = Path(options.html or options.zip)
    source = source_of(options)
    rows = source.rows(chosen(options, source))
    try:
        if options.html:
            from forge.browse.report.page import page  # noqa: PLC0415 - one of two

            made = f"Made by forge export at {dated(time.time())}."
            text = page(rows, source.index.documents(rows), made=made)
            target.write_text(text, encoding="utf-8", errors="replace")
        else:
            from forge.browse.archive import archive  # noqa: PLC0415 - one of two

            archive(rows, target, checkpoints=not options.no_checkpoints)
        size = target.stat().st_size
    except OSError as error:
        raise ForgeError(
            "file-unwritable",
            f"{visible(str(target))} cannot be written: {error.strerror or error}.",
            path=target,
        ) from error
    say(f"{plural(len(rows), 'run')} in {visible(str(target))} ({amount(size)})")
    return 0


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"export": Command(declare, export)}
)
