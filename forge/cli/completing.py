"""`forge completion`: what the shell offers while a command is typed."""

import itertools
from argparse import REMAINDER, Action, ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from forge._text import visible
from forge.browse import suggestions
from forge.browse.roots import roots_of
from forge.browse.source import Source
from forge.cli.arguments import Parser, leading_roots
from forge.cli.output import say, say_all
from forge.cli.verbs import VERBS, Command, Verb
from forge.errors import ForgeError


# Each asks this module about the words so far, and takes files where it has no answer.
_BASH: Final = """\
# eval "$(forge completion bash)"
_forge() {
    local IFS=$'\\n'
    COMPREPLY=($(forge completion --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _forge forge"""

_ZSH: Final = """\
# eval "$(forge completion zsh)"
_forge() {
    local -a found
    found=(${(f)"$(forge completion --words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( $#found )); then compadd -a found; else _files; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _forge forge"""

_FISH: Final = """\
# forge completion fish | source
complete -c forge -a '(forge completion --words (commandline -opc)[2..] \
(commandline -ct) 2>/dev/null)'"""

_SHELLS: Final = MappingProxyType({"bash": _BASH, "zsh": _ZSH, "fish": _FISH})

_Suggest = Callable[[Source], Iterable[str]]

#: What is offered for an argument, by what help calls it.
_OFFERS: Final[Mapping[str, _Suggest]] = MappingProxyType(
    {
        "RUN": suggestions.runs,
        "FILTER": suggestions.names,
        "NAMES": suggestions.names,
        "NAME": suggestions.metrics,
        "TAG": suggestions.tags,
    }
)


def declare(parser: ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    parser.add_argument("shell", metavar="SHELL", nargs="?", help="bash, zsh or fish")
    parser.add_argument(
        "--words",
        metavar="WORD",
        nargs=REMAINDER,
        help="print what may stand in place of the last word; for shells",
    )


def completion(options: Namespace) -> int:
    """Print the script of a shell, or answer one."""
    if options.words is not None:
        found = offered(options.words)
        # A name that a shell would take for two is of no use.
        say_all(word for word in found if visible(word) == word and " " not in word)
        return 0
    script = _SHELLS.get(options.shell)
    if script is None:
        raise ForgeError(
            "bad-option",
            "forge completion: for which shell? bash, zsh or fish.\n"
            '  For example in ~/.bashrc:  eval "$(forge completion bash)"',
        )
    say(script)
    return 0


def offered(words: Sequence[str]) -> list[str]:
    """Find what may stand in place of the last word.

    Args:
        words: What was typed after `forge`; the last word may be empty.

    Returns:
        Words that begin as it does; none where files are asked for, or nothing.
    """
    where, words = leading_roots(words)
    *before, last = words or [""]
    if not before:
        return [name for name in (*VERBS, "help") if name.startswith(last)]
    if before == ["help"]:
        return [name for name in VERBS if name.startswith(last)]
    verb = VERBS.get(before[0])
    if verb is None:
        return []
    # Of a list with commas the last part is typed, and of an order without its sign.
    head, comma, part = last.rpartition(",")
    sign = "-" if part.startswith("-") and before[-1] in ("-s", "--sort") else ""
    found = _of_verb(verb, [*where, *before[1:]], last)
    rest = part.removeprefix(sign)
    return [f"{head}{comma}{sign}{word}" for word in found if word.startswith(rest)]


def _of_verb(verb: Verb, before: Sequence[str], last: str) -> Iterator[str]:
    """Offer what a verb takes."""
    parser = Parser(prog=f"forge {verb.name}")
    verb.command().declare(parser)
    actions = parser._actions  # noqa: SLF001 - nothing public lists them
    options = {word: a for a in actions for word in a.option_strings}
    previous = options.get(before[-1]) if before else None
    if previous is not None and previous.nargs != 0:
        yield from _values(previous, before)
    elif last.startswith("-"):
        yield from options
    else:
        for action in actions:
            if not action.option_strings:
                yield from _values(action, before)


def _values(action: Action, before: Sequence[str]) -> Iterator[str]:
    """Offer the values of an argument."""
    yield from action.choices or ()
    offers = _OFFERS.get(str(action.metavar))
    if offers is None:
        return
    try:
        yield from offers(Source(roots_of(_roots(before))))
    except ForgeError:
        # In the middle of a word is no place for a mistake.
        return


def _roots(before: Sequence[str]) -> list[str]:
    """Read where runs lie, as far as that was typed."""
    pairs = itertools.pairwise(before)
    return [value for word, value in pairs if word in ("-R", "--results-dir")]


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {"completion": Command(declare, completion)}
)
