"""The verbs of the `forge` command, each with the module that does it.

Only the module of the verb that was typed is imported: `forge ls` pays for no other.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, NamedTuple


class Command(NamedTuple):
    """What the module of a verb says about it, under its name in `COMMANDS`.

    Attributes:
        declare: Adds the arguments to a parser, and a description if one is needed.
        run: Does it, and returns the exit status: 0, or 1 for nothing found and for
            differences. A mistake is raised as a `ForgeError`.
    """

    declare: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


class Verb(NamedTuple):
    """One verb, as help shows it.

    Attributes:
        name: The word that is typed.
        module: The module below `forge.cli` whose `COMMANDS` has it.
        help: What it does, in a few words.
        aliases: Other words for it.
    """

    name: str
    module: str
    help: str
    aliases: tuple[str, ...] = ()

    def command(self) -> Command:
        """Import what does it."""
        commands: Mapping[str, Command] = import_module(
            f"forge.cli.{self.module}"
        ).COMMANDS
        return commands[self.name]


#: Every verb, under the heading that help shows it below.
GROUPS: Final[Mapping[str, tuple[Verb, ...]]] = MappingProxyType(
    {
        "find runs": (
            Verb("ls", "listing", "list runs, newest first", ("list", "runs")),
            Verb("path", "places", "print the folders of runs"),
            Verb("open", "places", "open the folder of a run in the file manager"),
        ),
        "look at runs": (
            Verb("show", "comparing", "show everything about runs", ("info",)),
            Verb("compare", "comparing", "put runs side by side: what differs"),
            Verb("diff", "comparing", "compare config, code, environment of two runs"),
            Verb("cat", "reading", "print a file of a run, by default its output"),
            Verb("tail", "reading", "print the end of the output, and follow it"),
            Verb("metrics", "reading", "list the metrics of a run, or print one"),
            Verb("tensorboard", "tensorboard", "show runs in TensorBoard"),
            Verb("export", "exporting", "write runs into one file: a page, or a zip"),
        ),
        "write on runs": (
            Verb("tag", "marking", "tag runs"),
            Verb("note", "marking", "print or write the note of a run"),
            Verb("star", "marking", "mark runs as remarkable"),
            Verb("archive", "marking", "leave runs out of lists"),
        ),
        "use runs": (
            Verb("run", "calling", "call the script of a run again, from its sources"),
        ),
        "keep runs": (
            Verb("verify", "safety", "check that nothing of a run was damaged"),
            Verb("trust", "safety", "let the code of runs in a folder run"),
            Verb("rm", "trashing", "move runs to the trash"),
            Verb("restore", "trashing", "bring runs back from the trash"),
            Verb("purge", "trashing", "delete runs in the trash for good"),
            Verb("reindex", "upkeep", "read every run anew"),
            Verb("doctor", "upkeep", "look for what may be wrong"),
            Verb("completion", "completing", "let the shell complete what is typed"),
        ),
    }
)

#: Every verb by each of its words.
VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        word: verb
        for group in GROUPS.values()
        for verb in group
        for word in (verb.name, *verb.aliases)
    }
)
