"""The `forge` command: finds the verb, and says by the exit status how it went."""

import os
import sys
from collections.abc import Sequence
from itertools import islice
from typing import Final

from forge._text import aligned, did_you_mean, visible
from forge.cli.arguments import Parser, leading_roots
from forge.cli.output import remark, say, say_all
from forge.cli.verbs import GROUPS, VERBS, Verb
from forge.errors import ForgeError, block


#: Mistakes that are no wrong use: what was asked for is not there.
_NOT_FOUND: Final = frozenset({"no-run", "no-file", "no-metric", "run-unreadable"})

_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the `forge` command.

    Args:
        argv: The words after `forge`; by default those of the process.

    Returns:
        The exit status: 0 if all is well, 1 for differences and for nothing found,
        2 for a mistake in the words.
    """
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        status = _run(words)
        sys.stdout.flush()
    except ForgeError as error:
        remark(block(error, typed=True))
        return 1 if all(e.code in _NOT_FOUND for e in error.errors) else 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # As when `forge ls | head` has seen enough. What is left in the buffer must not
        # be tried once more at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as error:
        remark(block(_refused(error)))
        return 2
    return status


def _refused(error: OSError) -> ForgeError:
    """Say what the system refused to do, and with which file."""
    path = error.filename if error.filename2 is None else error.filename2
    where = "" if path is None else f"{visible(str(path))}: "
    return ForgeError("file-refused", f"{where}{error.strerror or error}.", path=path)


def _run(words: Sequence[str]) -> int:
    """Do what the words say."""
    where, words = leading_roots(words)
    first = words[0] if words else "help"
    if first in ("help", "-h", "--help"):
        return _help(words[1:])
    if first == "--version":
        # The one place that says it; the facade is loaded already.
        say(f"forge {sys.modules['forge'].__version__}")
        return 0
    verb = VERBS.get(first)
    if verb is None:
        is_option = first.startswith("-")
        hint = " Options stand behind the verb." if is_option else ""
        raise ForgeError(
            "unknown-verb",
            f"forge has no verb {first!r}.{hint or did_you_mean(first, VERBS)}\n"
            f"  There are: {', '.join(v.name for v in _verbs())}.",
            verb=first,
            options=tuple(VERBS),
        )
    command = verb.command()
    parser = Parser(prog=f"forge {verb.name}", description=verb.help)
    parser.set_defaults(verb=verb.name)
    command.declare(parser)
    try:
        options = parser.read([*where, *words[1:]])
    except SystemExit:
        # It has shown its help.
        return 0
    return command.run(options)


def _help(words: Sequence[str]) -> int:
    """Show every verb, or one of them."""
    if words:
        return _run([words[0], "--help"])
    lines = iter(aligned([(f"  {v.name}", v.help) for v in _verbs()]))
    say("usage: forge VERB [WORD]...\n\nWhat runs left behind, listed and compared.")
    for heading, verbs in GROUPS.items():
        say(f"\n{heading}:")
        say_all(islice(lines, len(verbs)))
    say("\n'forge VERB --help' says what a verb takes.")
    return 0


def _verbs() -> list[Verb]:
    """List the verbs in the order of help."""
    return [verb for group in GROUPS.values() for verb in group]
