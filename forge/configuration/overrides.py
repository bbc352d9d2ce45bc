"""The words after `with`: updates, presets and config files."""

import os.path
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from forge._text import did_you_mean
from forge.errors import ForgeError


FILE_ENDINGS: Final = (".json", ".toml", ".yaml", ".yml")
_MISSING: Final = "..."


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a command line, sorted by what they are.

    Attributes:
        updates: Key and text of every `key=value`, in order.
        layers: Presets and files in the order written, each with its sort.
        before: For each layer the update that stands before it, or nothing: a value
            with a space in it comes as two words.
        errors: What is no word of this grammar, with the form that would be right.
    """

    updates: tuple[tuple[str, str], ...] = ()
    layers: tuple[tuple[Literal["preset", "file"], str], ...] = ()
    before: tuple[str, ...] = ()
    errors: tuple[ForgeError, ...] = ()

    @property
    def presets(self) -> tuple[str, ...]:
        """The names of presets, in order."""
        return tuple(name for sort, name in self.layers if sort == "preset")

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of config files, in order."""
        return tuple(name for sort, name in self.layers if sort == "file")


def parse_words(
    words: Sequence[str], presets: Collection[str] = (), *, program: str | None = None
) -> Words:
    """Sort the words that stand after `with`.

    Args:
        words: The words, as the shell separates them.
        presets: The names of presets that exist: any other bare word after `tag=` is
            taken for the value that a space has torn off.
        program: What the user typed before `with`, for messages; the script's name
            when it is left out.

    Returns:
        What the words are, and the mistakes among them.
    """
    parser = _Parser(words, frozenset(presets), program)
    while parser.has_more():
        parser.take()
    return parser.result()


def format_word(key: str, text: str) -> str:
    """Write an update as one types it in a shell.

    Args:
        key: A key, which may contain `*`.
        text: The value's text.

    Returns:
        The word; quoted where the shell would change it: `tag='my run'`.
    """
    # Imported on use: only messages and reports print words.
    from shlex import quote  # noqa: PLC0415

    if quote(key) != key:
        return quote(f"{key}={text}")
    return f"{key}={quote(text) if text else ''}"


def unknown_preset(name: str, presets: Collection[str], before: str = "") -> ForgeError:
    """Say that a bare word names no preset.

    Args:
        name: The word.
        presets: The names of presets that exist.
        before: The update that stands before it, which the word may belong to.

    Returns:
        The error `unknown-preset`.
    """
    text = f"no preset is called '{name}'."
    guess = did_you_mean(name, presets)
    key, is_update, value = before.partition("=")
    if guess:
        text += guess
    elif is_update:
        form = format_word(key, f"{value} {name}")
        text += f" If it belongs to the value before it, quote both:  with {form}"
    if guess or not is_update:
        text += f"\n  presets: {', '.join(sorted(presets)) or 'none'}"
    return ForgeError("unknown-preset", text, name=name, options=sorted(presets))


def is_file(word: str) -> bool:
    """Tell whether a bare word names a config file.

    Args:
        word: A word without `=`.

    Returns:
        Whether it ends like one.
    """
    return word.lower().endswith(FILE_ENDINGS)


class _Parser:
    """Reads the words from left to right; a mistake takes the words it is made of."""

    def __init__(
        self, words: Sequence[str], presets: frozenset[str], program: str | None
    ) -> None:
        self._words = words
        self._presets = presets
        self._program = program
        self._at = 0
        self._updates: list[tuple[str, str]] = []
        self._layers: list[tuple[Literal["preset", "file"], str]] = []
        self._before: list[str] = []
        self._errors: list[ForgeError] = []
        self._last = ""

    def has_more(self) -> bool:
        """Whether words are left."""
        return self._at < len(self._words)

    def result(self) -> Words:
        """What the words were."""
        return Words(
            tuple(self._updates),
            tuple(self._layers),
            tuple(self._before),
            tuple(self._errors),
        )

    def take(self) -> None:
        """Read the next word, with those that belong to it."""
        word = self._words[self._at]
        following = self._following()
        if _is_option(word):
            self._take_option(word)
        elif word.startswith("="):
            self._no_key(word, "name", self._value(word[1:]))
        elif following is not None and "=" not in word and following.startswith("="):
            self._at += 1
            self._no_key(following, word, self._value(following[1:]))
        elif word.endswith("=") and self._is_torn_off(following):
            key, _, start = word.partition("=")
            self._no_key(word, key, start + self._value(""))
        elif "=" in word:
            self._take_update(word)
        else:
            self._take_layer(word)

    def _following(self) -> str | None:
        """The word after the present one."""
        following = self._at + 1
        return self._words[following] if following < len(self._words) else None

    def _value(self, text: str) -> str:
        """The value of a mistake: what is in its word, else the next bare word."""
        following = self._following()
        if text or following is None or "=" in following or _is_option(following):
            return text or _MISSING
        self._at += 1
        return following

    def _is_torn_off(self, following: str | None) -> bool:
        """Whether the word after `name=` is the value, torn off by a space."""
        return (
            following is not None
            and "=" not in following
            and following not in self._presets
            and not _is_option(following)
        )

    def _take_update(self, word: str) -> None:
        """Take `key=value`."""
        key, _, text = word.partition("=")
        self._updates.append((key, text))
        self._last = word
        self._at += 1

    def _take_layer(self, word: str) -> None:
        """Take the name of a preset or file."""
        self._layers.append(("file" if is_file(word) else "preset", word))
        self._before.append(self._last)
        self._at += 1

    def _no_key(self, word: str, key: str, value: str) -> None:
        """Note spaces around `=`, with the form that would be right."""
        form = f"{key}=..." if value == _MISSING else format_word(key, value)
        self._errors.append(
            ForgeError(
                "no-key",
                f"'{word}': write name=value without spaces around '=':  with {form}",
                word=word,
            )
        )
        self._at += 1

    def _take_option(self, word: str) -> None:
        """Note an option of another program's kind."""
        option, is_whole, text = word.partition("=")
        key = option.lstrip("-").replace("-", "_")
        following = self._following()
        if not is_whole:
            loose = self._is_torn_off(following) and not is_file(following or "")
            text = self._value("") if loose else _MISSING
        form = f"{key or 'name'}=..." if text == _MISSING else format_word(key, text)
        self._errors.append(
            ForgeError(
                "unknown-option",
                f"no option is called '{option}'. Parameters are set without dashes:  "
                f"{self._typed()}with {form}",
                option=option,
            )
        )
        self._at += 1

    def _typed(self) -> str:
        """The program's name, for examples in messages."""
        program = self._program
        if program is None:
            program = os.path.basename(sys.argv[0])  # noqa: PTH119 - a word, not a file
        return f"{program} " if program else ""


def _is_option(word: str) -> bool:
    """Whether a word looks like an option of other programs; `-5` is a number."""
    return word.startswith("-") and not word[1:2].isdigit() and word[1:2] != "."
