"""The words of a command line that sets flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forge._text import did_you_mean
from forge.classic.definitions import Definition
from forge.errors import ForgeError


@dataclass(frozen=True, slots=True)
class Given:
    """A flag as it was given.

    Attributes:
        name: The flag's name, whether there is one or not.
        text: Its value as typed.
        word: The word that gave it, for messages.
        missing: Whether a value should have followed and did not.
    """

    name: str
    text: str
    word: str
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A command line taken apart.

    Attributes:
        given: The flags in the order given.
        strays: Words that belong to no flag.
        rest: What stood behind `--`, for the script itself.
    """

    given: tuple[Given, ...]
    strays: tuple[str, ...]
    rest: tuple[str, ...]


def take_apart(argv: Sequence[str], known: Mapping[str, Definition]) -> Words:
    """Take a command line apart.

    `--name=value`, `--name value`, and for booleans `--name` and `--noname`; one dash
    does as well. The value of a flag may begin with a dash.

    Args:
        argv: The words after the script's name.
        known: The flags there are.

    Returns:
        The flags that are given, known or not. A word behind an unknown one is taken
        for its value unless it looks like a flag.
    """
    given: list[Given] = []
    strays: list[str] = []
    todo = list(argv)
    while todo:
        word = todo.pop(0)
        if word == "--":
            return Words(tuple(given), tuple(strays), tuple(todo))
        if not _is_flag(word):
            strays.append(word)
            continue
        name, equals, text = word.lstrip("-").partition("=")
        definition = known.get(name)
        positive = name.removeprefix("no")
        negative = known.get(positive) if positive != name else None
        if equals:
            given.append(Given(name, text, word))
        elif definition is not None and definition.kind == "boolean":
            given.append(Given(name, "true", word))
        elif definition is None and negative and negative.kind == "boolean":
            given.append(Given(positive, "false", word))
        elif definition is not None:
            given.append(
                Given(name, todo.pop(0), word)
                if todo
                else Given(name, "", word, missing=True)
            )
        else:
            follows = todo and not _is_flag(todo[0])
            given.append(Given(name, todo.pop(0) if follows else "", word))
    return Words(tuple(given), tuple(strays), ())


def unknown(given: Given, known: Mapping[str, Definition]) -> ForgeError:
    """Make the error for a flag that nobody defines.

    Args:
        given: The flag.
        known: The flags there are.

    Returns:
        The error `unknown-flag`, with what was probably meant.
    """
    return unknown_flag(given.name, known, given.word)


def unknown_flag(
    name: str, known: Mapping[str, Definition], word: str = ""
) -> ForgeError:
    """Make the error for a name that is no flag.

    Args:
        name: The name.
        known: The flags there are.
        word: How it was given, if not as `--name`.

    Returns:
        The error `unknown-flag`.
    """
    flag = word.partition("=")[0] or f"--{name}"
    booleans = [f"no{n}" for n, d in known.items() if d.kind == "boolean"]
    meant = did_you_mean(name, [*known, *booleans], "--{}")
    listed = ", ".join(f"--{n}" for n in sorted(known))
    return ForgeError(
        "unknown-flag",
        f"no flag is called {flag}.{meant}\n  flags: {listed or 'none are defined'}",
        name=name,
        options=sorted(known),
    )


def stray(word: str, known: Mapping[str, Definition]) -> ForgeError:
    """Make the error for a word that belongs to no flag.

    Args:
        word: The word.
        known: The flags there are.

    Returns:
        The error `stray-word`.
    """
    name = word.partition("=")[0]
    hint = (
        f" Did you mean --{word}?"
        if name in known
        else did_you_mean(name, known, "--{}")
    )
    return ForgeError(
        "stray-word",
        f"'{word}' belongs to no flag.{hint}\n"
        f"  A flag begins with dashes, and a boolean takes its value with =:  "
        f"--name=value  --switch=false\n"
        f"  Words of the script's own stand behind --",
        word=word,
    )


def _is_flag(word: str) -> bool:
    """Tell a flag from a value, such as a negative number."""
    name = word.removeprefix("-").removeprefix("-")
    return name != word and (name[:1].isalpha() or name[:1] == "_")
