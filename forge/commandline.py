"""The words of a script's command line: a command, options, and what comes after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from forge._text import did_you_mean
from forge.errors import ForgeError


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a script.

    Attributes:
        name: Its long form without dashes.
        letter: Its short form, or nothing.
        value: What its value is called; nothing for a switch.
        help: What it does, in a few words.
        choices: The values it takes, if they are few.
        many: Whether it may be given several times.
        optional: Whether its value may be left out.
    """

    name: str
    letter: str = ""
    value: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False

    @property
    def spelled(self) -> str:
        """How help shows it."""
        value = f" [{self.value}]" if self.optional else f" {self.value}"
        short = f"-{self.letter}, " if self.letter else "    "
        return f"{short}--{self.name}{value if self.value else ''}"


OPTIONS: Final = (
    Option(
        "resume", "", "RUN", "go on with a run, by default the newest", optional=True
    ),
    Option(
        "code",
        "",
        "stored|current",
        "which sources a resumed run uses when they differ",
        ("stored", "current"),
    ),
    Option("from", "", "RUN", "take components and weights from a recorded run"),
    Option("results-dir", "R", "DIR", "where run folders go, by default results"),
    Option("label", "", "TEXT", "a short name for the run"),
    Option("tag", "", "TEXT", "a tag for the run; may be repeated", many=True),
    Option("note", "", "TEXT", "a remark to keep with the run"),
    Option("no-record", "u", "", "run without writing anything"),
    Option("debug", "d", "", "show full tracebacks, Forge's own frames included"),
    Option("pdb", "D", "", "open the debugger where the run failed"),
    Option("loglevel", "l", "LEVEL", "level of the run's logger: debug, info, ..."),
    Option("capture", "C", "no|sys|fd", "how output is captured", ("no", "sys", "fd")),
    Option("quiet", "q", "", "no report on the console"),
    Option("enforce-clean", "e", "", "refuse to run from uncommitted code"),
    Option("dry-run", "", "", "build everything, but do not call the experiment"),
    Option("json", "", "", "with print_config: as JSON"),
    Option("version", "", "", "show the version of Forge"),
    Option("help", "h", "", "show parameters, components, commands and options"),
)
_BY_NAME: Final = {option.name: option for option in OPTIONS}
_BY_LETTER: Final = {option.letter: option for option in OPTIONS if option.letter}


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command line asks for.

    Attributes:
        command: The bare word before `with`, or None for the experiment itself.
        arguments: Bare words after the command, such as a file to write.
        words: Presets, files and updates.
        options: Value by option name: True for a switch, a tuple for one that may be
            repeated, `""` for one whose value was left out.
        errors: What was wrong with the options.
    """

    command: str | None = None
    arguments: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    errors: tuple[ForgeError, ...] = ()

    def has(self, name: str) -> bool:
        """Tell whether an option was given."""
        return name in self.options

    def get(self, name: str, default: Any = None) -> Any:
        """Read the value of an option."""
        return self.options.get(name, default)


def read(argv: Sequence[str], script: str = "train.py") -> Invocation:
    """Read a command line.

    Args:
        argv: The words after the script's name.
        script: The script as the user calls it, for examples in messages.

    Returns:
        What it asks for; wrong options are among its errors, the rest is read all
        the same, so that every mistake is reported at once.
    """
    return _Reader(argv, script).invocation()


class _Reader:
    """Takes the words one by one, options wherever they stand."""

    def __init__(self, argv: Sequence[str], script: str) -> None:
        self._argv = list(argv)
        self._script = script
        self._options: dict[str, Any] = {}
        self._errors: list[ForgeError] = []

    def invocation(self) -> Invocation:
        """Tell the command, its arguments and what comes after from each other."""
        words = list(self._without_options())
        before, after = words, []
        if "with" in words:
            at = words.index("with")
            before, after = words[:at], [w for w in words[at + 1 :] if w != "with"]
        bare = list(takewhile(_is_bare, before))
        return Invocation(
            bare[0] if bare else None,
            tuple(bare[1:]),
            (*before[len(bare) :], *after),
            self._options,
            tuple(self._errors),
        )

    def _without_options(self) -> Iterator[str]:
        """The words that are no options; those are taken on the way."""
        todo = self._argv
        while todo:
            word = todo.pop(0)
            if word == "--":
                yield from todo
                return
            if word.startswith("--"):
                self._long(word[2:])
            elif len(word) > 1 and word[0] == "-" and word[1].isalpha():
                self._letters(word[1:])
            else:
                yield word

    def _long(self, text: str) -> None:
        """Take an option with two dashes."""
        name, sign, value = text.partition("=")
        option = _BY_NAME.get(name)
        if option is None:
            self._unknown(name, value if sign else self._next_value())
        else:
            self._take(option, value if sign else None)

    def _letters(self, letters: str) -> None:
        """Short options; several switches may share a dash, a value may follow."""
        for i, letter in enumerate(letters):
            option = _BY_LETTER.get(letter)
            if option is None:
                self._errors.append(_unknown_letter(letter))
                return
            if option.value:
                self._take(option, letters[i + 1 :].removeprefix("=") or None)
                return
            self._take(option, None)

    def _take(self, option: Option, value: str | None) -> None:
        """Take an option with its value."""
        if not option.value:
            if value is not None:
                self._errors.append(
                    _wrong(option, f"--{option.name} takes no value, got '{value}'.")
                )
            self._options[option.name] = True
            return
        if value is None:
            value = self._next_run() if option.optional else self._next_value()
        if value is None and not option.optional:
            self._errors.append(
                _wrong(option, f"--{option.name} needs a value: {option.value}.")
            )
            return
        if option.choices and value not in option.choices:
            hint = did_you_mean(value or "", option.choices)
            self._errors.append(
                _wrong(
                    option,
                    f"--{option.name} {value}: expected one of "
                    f"{', '.join(option.choices)}.{hint}",
                )
            )
        if option.many:
            value_list = (*self._options.get(option.name, ()), value)
            self._options[option.name] = value_list
        else:
            self._options[option.name] = value or ""

    def _next_value(self) -> str | None:
        """The next word if it can be a value."""
        following = self._argv[:1]
        if not following or following[0] == "with" or _is_option(following[0]):
            return None
        return self._argv.pop(0)

    def _next_run(self) -> str | None:
        """The next word if it can be a run: a number, or a path with a slash."""
        following = self._argv[0] if self._argv else ""
        is_run = following.isdigit() or "/" in following or "@" in following
        return self._argv.pop(0) if is_run and "=" not in following else None

    def _unknown(self, name: str, value: str | None) -> None:
        """Note an option that does not exist."""
        hint = did_you_mean(name, _BY_NAME, "--{}")
        example = "..." if value is None else value
        self._errors.append(
            ForgeError(
                "unknown-option",
                f"no option is called '--{name}'.{hint} Parameters are set without "
                f"dashes:  {self._script} with {name}={example}",
                name=name,
            )
        )


def _is_option(word: str) -> bool:
    """Whether a word is an option rather than the value of one."""
    if word.startswith("--"):
        return True
    return len(word) > 1 and word[0] == "-" and set(word[1:]) <= set(_BY_LETTER)


def _is_bare(word: str) -> bool:
    """Whether a word sets nothing."""
    return "=" not in word


def _unknown_letter(letter: str) -> ForgeError:
    """Say that a short option does not exist."""
    return ForgeError(
        "unknown-option",
        f"no option is called '-{letter}'. Options: "
        f"{', '.join(f'-{known}' for known in sorted(_BY_LETTER))}; the rest are long.",
        name=letter,
    )


def _wrong(option: Option, text: str) -> ForgeError:
    """Say that an option was given wrongly."""
    return ForgeError("bad-option", text, name=option.name)
