"""A script's command line, read into its flags."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from forge.classic.definitions import Definition
from forge.classic.reading import Findings, flags_of
from forge.classic.space import FlagSpace
from forge.classic.words import Given, Words, stray, take_apart, unknown
from forge.errors import ForgeError, together
from forge.references import no_file


class Parsing:
    """Reads a command line, and the files that it and the defaults name.

    Args:
        space: The flags that are defined so far.
        main_file: The script; None in a notebook.
    """

    def __init__(self, space: FlagSpace, main_file: Path | None) -> None:
        self._space = space
        self._main_file = main_file
        self._read: set[str] = set()
        self._computed: list[str] = []
        self._errors: list[ForgeError] = []

    def parse(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Set the flags that are given.

        Args:
            argv: The words after the script's name.

        Returns:
            What stood behind `--`.

        Raises:
            ForgeError: All mistakes at once: unknown flags, wrong types, words that
                belong to no flag, flags that two files define differently.
        """
        words = self.announce(argv)
        values: dict[str, Any] = {}
        strange: list[Given] = []
        for given in words.given:
            if given.name not in self._space:
                strange.append(given)
                continue
            try:
                values[given.name] = self._space.parse(given)
            except ForgeError as error:
                self._errors.append(error)
        self._judge(words, strange)
        if self._errors:
            raise together(self._errors)
        for name, value in values.items():
            self._space.give(name, value)
        self._space.is_parsed = True
        return words.rest

    def announce(self, argv: Sequence[str]) -> Words:
        """Take the words apart, knowing the flags of every file that they name.

        Args:
            argv: The words after the script's name.

        Returns:
            The words taken apart.
        """
        if self._main_file is not None:
            self._read_file(self._main_file)
        while True:
            words = take_apart(argv, self._space.definitions)
            files = [
                f for f in self._files(words) if os.path.realpath(f) not in self._read
            ]
            if not files:
                return words
            for file in files:
                self._read_file(file)

    def _files(self, words: Words) -> Iterable[Path]:
        """List the Python files that the values of flags name, and that exist."""
        given = {one.name: one.text for one in words.given}
        for text in _texts({**self._space.values(), **given}):
            if (path := Path(text).expanduser()).is_file():
                yield path

    def _read_file(self, file: Path) -> None:
        """Make the flags of a file known."""
        self._read.add(os.path.realpath(file))
        found = Findings()
        try:
            found = flags_of(file, self._main_file)
        except ForgeError as error:
            self._errors.append(error)
        self._computed.extend(found.computed)
        self._errors.extend(self._space.announce(found.definitions))

    def _judge(self, words: Words, strange: Sequence[Given]) -> None:
        """Refuse what belongs to no flag, unless a file may still define it."""
        known: dict[str, Definition] = dict(self._space.definitions)
        self._errors.extend(stray(word, known) for word in words.strays)
        if self._computed:
            self._space.wait(strange, self._computed)
            return
        self._errors.extend(unknown(given, known) for given in strange)
        if strange:
            # What a file that is missing defines is unknown for that reason.
            given = {one.name: one.text for one in words.given}
            missing = [
                (name, text)
                for name, value in {**self._space.values(), **given}.items()
                for text in _texts({name: value})
                if not Path(text).expanduser().exists()
            ]
            for name, text in missing:
                error = no_file(text)
                self._errors.append(
                    ForgeError(error.code, f"--{name}={text}: {error.text}")
                )


def _texts(values: dict[str, Any]) -> Iterable[str]:
    """List the values that end like Python files."""
    for value in values.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.endswith(".py"):
                yield text
