"""Verbs that say where a run lies."""

from argparse import Namespace
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forge._text import visible
from forge.cli.arguments import chosen, declare_runs
from forge.cli.output import is_terminal, say
from forge.cli.verbs import Command


def path(options: Namespace) -> int:
    """Print the folder of each run, as a path from here."""
    for folder in chosen(options):
        # A program gets the very name; on a terminal it must not do anything.
        say(visible(str(folder)) if is_terminal() else str(folder))
    return 0


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"path": Command(declare_runs, path)}
)
