"""The verb that runs the code of a run again: `forge run`."""

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NoReturn

from forge.cli.arguments import roots
from forge.cli.verbs import Command
from forge.records.store import find_run


_RUN: Final = """\
call the script of a run again, from the sources the run has kept.

forge run train/3                        a new run with the same values
forge run train/3 with lr=0.1            a new run with another value
forge run train/3 evaluate               a command, on what the run has trained
forge run train/3@best evaluate          the same with the best checkpoint
forge run train/3 --resume               the run goes on
forge run train/3 print_config           its values

The script itself may have changed or be gone. What follows RUN is what would follow
the script: its options are those of the script"""


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `forge run`.

    Args:
        parser: The parser of the verb.
    """
    parser.description = f"{_RUN[0].upper()}{_RUN[1:]}."
    parser.add_argument("run", metavar="RUN", help="train/2, train/2@best, or a path")
    parser.add_argument(
        "words",
        metavar="...",
        nargs=argparse.REMAINDER,
        help="a command, options of the script, with ...",
    )
    parser.set_defaults(results_dir=[])


def run(options: Namespace) -> NoReturn:
    """Become the process that runs the sources; this one never imports them.

    Args:
        options: What the words said.

    Raises:
        ForgeError: `no-run`.
    """
    folder, step = find_run(options.run, roots(options)[0])
    reference = f"{folder.resolve()}@{step}" if step else str(folder.resolve())
    program = [sys.executable, "-m", "forge.experiments.again"]
    words = [*program, reference, f"forge run {options.run}", *options.words]
    sys.stdout.flush()
    os.execv(sys.executable, words)  # noqa: S606 - no shell is wanted


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"run": Command(declare, run)}
)
