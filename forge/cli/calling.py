"""The verb that runs the code of a run again: `forge run`."""

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import Final, NoReturn

from forge.cli.arguments import declare_roots, roots, source_of
from forge.cli.verbs import Command
from forge.errors import ForgeError
from forge.records.store import find_run


_USAGE: Final = "usage: forge run [-R DIR] RUN [COMMAND] [OPTION]... [with UPDATE...]"

_EXAMPLES: Final = """\
forge run train/3                        a new run with the same values
forge run train/3 with lr=0.1            a new run with another value
forge run train/3 evaluate               a command, on what the run has trained
forge run train/3@best evaluate          the same with the best checkpoint
forge run train/3 --resume               the run goes on
forge run train/3 print_config           its values"""

_DESCRIPTION: Final = f"""\
Call the script of a run again, from the sources the run has kept.

{_EXAMPLES}

The script itself may have changed or be gone. What follows RUN is what would follow
the script: its options are those of the script."""


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `forge run`.

    Args:
        parser: The parser of the verb.
    """
    parser.usage = _USAGE.removeprefix("usage: ")
    parser.description = _DESCRIPTION
    declare_roots(parser)
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help="train/2, train/2@best, or a path"
    )
    parser.add_argument(
        "words",
        metavar="...",
        nargs=argparse.REMAINDER,
        help="a command, options of the script, with ...",
    )


def run(options: Namespace) -> NoReturn:
    """Become the process that runs the sources; this one never imports them.

    Args:
        options: What the words said.

    Raises:
        ForgeError: `no-run`; `bad-option` if no word names one.
    """
    if options.run is None:
        shown = indent(f"{_USAGE}\n\n{_EXAMPLES}", "  ")
        raise ForgeError("bad-option", f"which run is to be called again?\n{shown}")
    folder, step = _found(options)
    reference = f"{folder.resolve()}@{step}" if step else str(folder.resolve())
    program = [sys.executable, "-m", "forge.experiments.again"]
    words = [*program, reference, f"forge run {options.run}", *options.words]
    sys.stdout.flush()
    os.execv(sys.executable, words)  # noqa: S606 - no shell is wanted


def _found(options: Namespace) -> tuple[Path, str | None]:
    """Find the run, and the step after `@`: by its name, else as other verbs do."""
    try:
        return find_run(options.run, roots(options)[0])
    except ForgeError as error:
        if error.code != "no-run":
            raise
        from forge.browse.selection import select  # noqa: PLC0415 - needed seldom

        found = select([options.run], source_of(options))
        if len(found) > 1:
            text = f"{options.run!r} names {len(found)} runs; one is called again."
            raise ForgeError("ambiguous-run", text, options=found) from None
        return found[0], None


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"run": Command(declare, run)}
)
