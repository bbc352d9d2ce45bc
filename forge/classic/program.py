"""The flags of a program from outside: defined, parsed, listed."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

from forge.classic.definitions import Definition
from forge.classic.space import FlagSpace
from forge.classic.spaces import caller, is_own, main_file, space_here, space_of
from forge.classic.view import Flags


_HELP: Final = ("--help", "-help", "-h")


def define(
    kind: str,
    name: str,
    default: Any,
    help: str | None,  # noqa: A002 - as absl calls it
    *,
    choices: Iterable[str] = (),
) -> None:
    """Define a flag for the code that calls.

    Args:
        kind: Its kind.
        name: Its name.
        default: Its default.
        help: What it is for.
        choices: The values of an enum.

    Raises:
        ForgeError: `flag-conflict` or `bad-flag`.
    """
    frame = caller()
    space_of(frame.f_globals).define(
        Definition(
            name=name,
            kind=kind,
            default=default,
            help=help or "",
            choices=tuple(choices),
            file=frame.f_code.co_filename,
            line=frame.f_lineno,
        )
    )


def config(argv: Sequence[str] | None = None) -> Flags:
    """Read the command line into flags, and return them.

    The flags are those that the program has defined, and those that the files define
    which a flag names by path. In a notebook there is no command line.

    Args:
        argv: The words to read instead of those of the process.

    Returns:
        The flags, which are read as `config.lr` or `config["lr"]`.

    Raises:
        ForgeError: All mistakes at once. In a script it shows as a text, not as a
            traceback, and the exit status is 2.
        SystemExit: After `--help`.
    """
    space = space_here()
    if is_own(space) and (argv is not None or not space.is_parsed):
        _parse(space, argv)
    return Flags(lambda: space)


def set_flags(**values: Any) -> None:
    """Set flags from a program.

    Args:
        **values: The values by name.

    Raises:
        ForgeError: `unknown-flag` or `bad-flag`.
    """
    space = space_here()
    for name, value in values.items():
        space.give(name, value)


def print_flags() -> None:
    """Print every flag with its value."""
    from forge.classic.pages import flags_table  # noqa: PLC0415 - such scripts only

    print(flags_table(space_here()))  # noqa: T201 - what it is for


def flags_here() -> FlagSpace:
    """Return the flags of the code that calls.

    A script that defines flags and has not called `config` has its command line read
    now. Nobody else's is: it may be that of a test runner.
    """
    space = space_here()
    if is_own(space) and not space.is_parsed and _is_ours(space):
        _parse(space, None)
    return space


def _is_ours(space: FlagSpace) -> bool:
    """Whether the script itself defines flags, so that its command line sets them."""
    script = main_file()
    if script is None:
        return False
    files = {os.path.realpath(one.file) for one in space.definitions.values()}
    return os.path.realpath(script) in files


def _parse(space: FlagSpace, argv: Sequence[str] | None) -> None:
    """Read a command line."""
    from forge.classic.parsing import Parsing  # noqa: PLC0415 - scripts only

    script = main_file()
    if argv is None:
        from forge.classic.exits import EXITS  # noqa: PLC0415 - scripts only

        EXITS.install()
        argv = sys.argv[1:] if script is not None else []
    ahead = argv[: argv.index("--")] if "--" in argv else argv
    parsing = Parsing(space, script)
    asked = [word for word in ahead if word in _HELP]
    if asked and asked[0].lstrip("-") not in space:
        parsing.announce([word for word in ahead if word not in _HELP])
        _show_help(space)
    parsing.parse(argv)


def _show_help(space: FlagSpace) -> NoReturn:
    """Show what can be set, and end the process."""
    from forge.classic.pages import help_page  # noqa: PLC0415 - this option only

    name = sys.argv[0] if sys.argv else ""
    print(help_page(space, name))  # noqa: T201 - the command line's answer
    sys.exit(0)


#: The flags of whichever code uses it: the script's, or those of a run that is rebuilt.
FLAGS: Final = Flags(flags_here)
