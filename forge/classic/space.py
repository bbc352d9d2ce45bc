"""The flags of one program: what is defined, what was given, and the values."""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from absl import flags as absl

from forge._text import near
from forge.classic.definitions import UNREAD, Definition, conflict
from forge.classic.words import Given, unknown, unknown_flag
from forge.errors import ForgeError, together


class FlagSpace:
    """Flags that know of no others: neither absl's own nor those of another run.

    A flag is *announced* when its file was only read, and *defined* once the file runs.
    What was given for it, on a command line, by a resume or by a program, is kept
    through both.
    """

    def __init__(self) -> None:
        self._flags: Any = absl.FlagValues()  # type: ignore[no-untyped-call]
        self._definitions: dict[str, Definition] = {}
        self._announced: set[str] = set()
        self._given: dict[str, Any] = {}
        # Given for flags whose names only running the files here will tell.
        self._waiting: dict[str, Given] = {}
        self._computed: set[str] = set()
        self._lock = threading.RLock()
        #: Whether a command line was read.
        self.is_parsed = False

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Every flag by name, in the order they became known."""
        return dict(self._definitions)

    @property
    def given(self) -> Mapping[str, Any]:
        """The values that somebody gave, by name."""
        return dict(self._given)

    def __contains__(self, name: object) -> bool:
        return name in self._definitions

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._definitions))

    def __len__(self) -> int:
        return len(self._definitions)

    def define(self, definition: Definition) -> None:
        """Define a flag; what was given for it stays given.

        Args:
            definition: The flag.

        Raises:
            ForgeError: `flag-conflict` when another place defines it differently,
                `bad-flag` for a default that is no value of it.
        """
        with self._lock:
            known = self._definitions.get(definition.name)
            if known is not None and not _replaces(definition, known):
                if not known.agrees(definition):
                    raise conflict(known, definition)
                if known.default is not UNREAD and known.name not in self._announced:
                    return  # the same flag again, as when several configs share it
            self._add(definition)
            self._announced.discard(definition.name)
            waiting = self._waiting.pop(definition.name, None)
            if waiting is not None:
                self.give(definition.name, self.parse(waiting))

    def wait(self, given: Sequence[Given], files: Iterable[str]) -> None:
        """Keep what is given for flags that nobody has defined yet.

        Args:
            given: The flags.
            files: The files that may define them when they run.
        """
        self._waiting |= {one.name: one for one in given}
        self._computed |= set(files)

    def ran(self, file: str) -> None:
        """Note that a file has run, so that it defines no more flags.

        Args:
            file: The file.

        Raises:
            ForgeError: `unknown-flag` for what waited for this file in vain.
        """
        self._computed.discard(file)
        if self._waiting and not self._computed:
            waiting, self._waiting = self._waiting, {}
            raise together(
                [unknown(given, self._definitions) for given in waiting.values()]
            )

    def announce(self, definitions: Iterable[Definition]) -> list[ForgeError]:
        """Make flags known whose files have not run yet.

        Args:
            definitions: What was read in the files.

        Returns:
            What was wrong with them, such as a flag that two files define differently.
        """
        errors = []
        for definition in definitions:
            known = self._definitions.get(definition.name)
            try:
                if known is None:
                    self._add(definition)
                    self._announced.add(definition.name)
                elif not known.agrees(definition) and not _replaces(definition, known):
                    raise conflict(known, definition)
            except ForgeError as error:
                errors.append(error)
        return errors

    def parse(self, given: Given) -> Any:
        """Read what was typed for a flag.

        Args:
            given: The flag and the text.

        Returns:
            The value.

        Raises:
            ForgeError: `unknown-flag` or `bad-flag`.
        """
        definition = self._known(given.name)
        if given.missing:
            raise ForgeError(
                "bad-flag",
                f"--{given.name} needs a value: {definition.wanted} "
                f"({definition.where}).",
                name=given.name,
            )
        return self._parsed(definition, given.text)

    def give(self, name: str, value: Any) -> None:
        """Set a flag, as a command line does.

        Args:
            name: The flag.
            value: The value, or its text.

        Raises:
            ForgeError: `unknown-flag` or `bad-flag`.
        """
        with self._lock:
            definition = self._known(name)
            value = self._parsed(definition, value)
            self._given[name] = value
            self._flags[name].value = value

    def restore(self, name: str, value: Any) -> None:
        """Set a flag to what is on record; a value that is given later wins.

        Args:
            name: The flag.
            value: The value on record.

        Raises:
            ForgeError: `unknown-flag` or `bad-flag`.
        """
        definition = self._known(name)
        self._flags[name].value = self._parsed(definition, value)

    def hold(self, name: str, value: Any) -> None:
        """Hold a value that no flag of a kind can: whatever somebody else supplies.

        Args:
            name: The name to read it by.
            value: The value.
        """
        self._add(Definition(name=name, kind="string", default=UNREAD))
        self._flags[name].value = value

    def replace(self, definition: Definition) -> None:
        """Put a definition in the place of another one, with its default.

        Args:
            definition: The flag.
        """
        with self._lock:
            if definition.name in self._definitions:
                delattr(self._flags, definition.name)
                del self._definitions[definition.name]
            self._given.pop(definition.name, None)
            self._add(definition)

    def value(self, name: str) -> Any:
        """Read a flag.

        Args:
            name: The flag.

        Returns:
            What was given, else its default.

        Raises:
            ForgeError: `unknown-flag`, or `flag-not-loaded` when its default is known
                only once its file has run.
        """
        definition = self._known(name)
        value = self._flags[name].value
        if value is UNREAD:
            raise ForgeError(
                "flag-not-loaded",
                f"--{name} gets its default when {near(definition.file)} is loaded "
                f"({definition.where}), which has not happened yet.",
                name=name,
            )
        return value

    def default(self, name: str) -> Any:
        """Read the default of a flag; `UNREAD` while only its file could tell."""
        return self._flags[self._known(name).name].default

    def values(self) -> dict[str, Any]:
        """Read every flag whose value is known by now."""
        values = {name: self._flags[name].value for name in self}
        return {name: value for name, value in values.items() if value is not UNREAD}

    def _known(self, name: str) -> Definition:
        """Find a flag."""
        definition = self._definitions.get(name)
        if definition is None:
            raise unknown_flag(name, self._definitions)
        return definition

    def _add(self, definition: Definition) -> None:
        """Put a flag in the place of one of its name, if there was one."""
        name = definition.name
        before = self._flags[name].value if name in self._definitions else UNREAD
        flag = _made(definition)
        if name in self._definitions:
            kept = name in self._given or before != self._flags[name].default
            delattr(self._flags, name)
        else:
            kept = False
        absl.DEFINE_flag(flag, self._flags, module_name=definition.file)
        self._definitions[name] = definition
        if kept and before is not UNREAD:
            flag.value = self._parsed(definition, before)
        self._flags.mark_as_parsed()

    def _parsed(self, definition: Definition, value: Any) -> Any:
        """Turn a text or a value into a value of a flag."""
        if value is None:
            return None
        try:
            parser = self._flags[definition.name].parser
            return parser.parse(_plain(value))
        except (ValueError, TypeError):
            raise ForgeError(
                "bad-flag",
                f"--{definition.name}={_typed(value)}: expected {definition.wanted} "
                f"({definition.where}).",
                name=definition.name,
                value=value,
            ) from None


def _replaces(new: Definition, old: Definition) -> bool:
    """Whether a definition is the old one as it reads now.

    A file that is loaded again after it was edited defines its flags anew, and so does
    a cell of a notebook.
    """
    if new.file == old.file:
        return new.line == old.line or old.default is UNREAD
    return _is_typed(new.file) and _is_typed(old.file)


def _is_typed(file: str) -> bool:
    """Whether code was typed in: it names a file that there is not."""
    gone = os.path.isabs(file) and not os.path.isfile(file)  # noqa: PTH113, PTH117
    return gone or file.startswith("<")


def _made(definition: Definition) -> Any:
    """Make the flag of absl."""
    name, text = definition.name, definition.help
    default = None if definition.default is UNREAD else definition.default
    parsers: dict[str, Any] = {
        "string": absl.ArgumentParser,
        "integer": absl.IntegerParser,
        "float": absl.FloatParser,
        "list": absl.ListParser,
    }
    try:
        if definition.kind == "boolean":
            flag: Any = absl.BooleanFlag(name, default, text)
        elif definition.kind == "enum":
            flag = absl.EnumFlag(name, default, text, list(definition.choices))
        else:
            parser = parsers[definition.kind]()
            serializer: Any = absl.ArgumentSerializer()
            flag = absl.Flag(parser, serializer, name, default, text)
    except (absl.Error, TypeError, ValueError) as error:
        raise _bad_definition(definition, error) from None
    if definition.default is UNREAD:
        flag.default = flag.value = UNREAD
    return flag


def _bad_definition(definition: Definition, error: Exception) -> ForgeError:
    """Say which definition makes no sense."""
    text = f"its default {definition.default!r} is not {definition.wanted}"
    if definition.kind == "enum" and not definition.choices:
        text = f"it has no choices: {error}"
    return ForgeError(
        "bad-flag",
        f"--{definition.name}: {text}.\n  {definition.where}: {definition.text}",
        name=definition.name,
    )


def _plain(value: Any) -> Any:
    """Turn scalars of numpy into those of Python, and tuples into lists."""
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, str | Sequence):
        value = item()
    return list(value) if isinstance(value, tuple) else value


def _typed(value: Any) -> str:
    """Spell a value as it would have been typed."""
    return value if isinstance(value, str) else repr(value)
