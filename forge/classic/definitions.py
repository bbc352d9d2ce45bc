"""Flags as config files define them."""

from dataclasses import dataclass
from typing import Any, Final

from forge._text import near
from forge.errors import ForgeError


#: What a kind of flag is called in messages, and what it is in Python.
KINDS: Final = {
    "string": "a text",
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "enum": "one of its choices",
    "list": "a list with commas",
}
#: Two names of one kind, as in absl.
ALIASES: Final = {"bool": "boolean"}


class _Unread:
    """Stands for a default that only running the file can tell."""

    def __repr__(self) -> str:
        return "(known when the file is loaded)"


UNREAD: Final = _Unread()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One flag, as a `DEFINE_…` says.

    Attributes:
        name: Its name.
        kind: One of `KINDS`.
        default: Its default; `UNREAD` where it was read without running the file and
            is computed there.
        help: What it is for.
        choices: The values that an enum may have.
        file: The file that defines it; what was typed in has none that exists.
        line: The line of the definition.
    """

    name: str
    kind: str
    default: Any
    help: str = ""
    choices: tuple[str, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{near(self.file)}:{self.line}"

    @property
    def wanted(self) -> str:
        """What its values are, for messages."""
        return f"one of {', '.join(self.choices)}" if self.choices else KINDS[self.kind]

    def agrees(self, other: "Definition") -> bool:
        """Tell whether two definitions mean one flag, whatever their help says.

        Args:
            other: A definition of the same name.

        Returns:
            Whether kind, default and choices are the same; a default that nobody has
            read yet agrees with any.
        """
        if self.kind != other.kind or self.choices != other.choices:
            return False
        if self.default is UNREAD or other.default is UNREAD:
            return True
        return bool(self.default == other.default)

    @property
    def text(self) -> str:
        """How the definition reads, for messages."""
        choices = f", {list(self.choices)!r}" if self.choices else ""
        return f"DEFINE_{self.kind}({self.name!r}, {self.default!r}{choices})"


def conflict(one: Definition, other: Definition) -> ForgeError:
    """Make the error for a flag that two places define differently.

    Args:
        one: The definition that was there first.
        other: The one that does not agree.

    Returns:
        The error `flag-conflict`, which names both.
    """
    return ForgeError(
        "flag-conflict",
        f"--{one.name} is defined twice, and differently.\n"
        f"  {one.where}: {one.text}\n"
        f"  {other.where}: {other.text}\n"
        f"  Give one of them another name, or both the same default.",
        name=one.name,
        files=[one.file, other.file],
    )
