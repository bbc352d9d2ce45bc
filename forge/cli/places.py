"""Verbs that lead to where a run lies."""

import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forge._text import visible
from forge.cli.arguments import chosen, chosen_one, declare_run, declare_runs
from forge.cli.output import is_terminal, say
from forge.cli.verbs import Command
from forge.errors import ForgeError


def path(options: Namespace) -> int:
    """Print the folder of each run, as a path from here."""
    for folder in chosen(options):
        # A program gets the very name; on a terminal it must not do anything.
        say(visible(str(folder)) if is_terminal() else str(folder))
    return 0


def open_folder(options: Namespace) -> int:
    """Open the folder of a run."""
    folder = chosen_one(options)
    program = "open" if sys.platform == "darwin" else "xdg-open"
    found = shutil.which(program)
    if found is None:
        raise ForgeError(
            "no-program",
            f"there is no {program} to open {visible(str(folder))} with.",
            path=folder,
        )
    return subprocess.run([found, str(folder)], check=False).returncode  # noqa: S603 - the user's own


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "path": Command(declare_runs, path),
        "open": Command(declare_run, open_folder),
    }
)
