"""Mistakes in the words of a verb, as Forge says them and not as argparse does."""

import re
from collections.abc import Callable
from typing import Final


#: What argparse says, and the same in the words of Forge.
_SAID: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (
        r"argument (?P<option>\S+): invalid \S+ value: '(?P<value>.*)'",
        lambda m: f"{_one(m)} {m['value']}: expected a whole number, 0 or more",
    ),
    (
        r"argument (?P<option>\S+): expected one argument",
        lambda m: f"{_one(m)} needs a value",
    ),
    (
        r"argument (?P<option>\S+): ignored explicit argument .*",
        lambda m: f"{_one(m)} takes no value",
    ),
    (
        r"argument (?P<option>\S+): not allowed with argument (?P<other>\S+)",
        lambda m: f"{m['other']} and {_one(m)} exclude each other",
    ),
    (
        r"the following arguments are required: (?P<names>.*)",
        lambda m: f"{_listed(m['names'].split(', '), 'and')} must be given",
    ),
    (
        r"one of the arguments (?P<names>.*) is required",
        lambda m: f"{_listed(m['names'].split(), 'or')} must be given",
    ),
    (
        r"unrecognized arguments: (?P<words>.*)",
        lambda m: f"it takes no {m['words']}",
    ),
)


def said(message: str) -> str:
    """Say what is wrong with the words of a verb.

    Args:
        message: What argparse says.

    Returns:
        The same as Forge says it; unchanged where it is something else.
    """
    for pattern, say in _SAID:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match is not None:
            return say(match)
    return message


def _one(match: re.Match[str]) -> str:
    """Name an option by its longest spelling."""
    return match["option"].rpartition("/")[2]


def _listed(names: list[str], word: str) -> str:
    """List names."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
