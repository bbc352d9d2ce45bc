"""Pages about flags: the help of a script, and a table of values."""

from pathlib import PurePath
from typing import Any

from forge._text import aligned, near
from forge.classic.definitions import UNREAD, Definition
from forge.classic.space import FlagSpace


def help_page(space: FlagSpace, script: str) -> str:
    """List every flag under the file that defines it.

    Args:
        space: The flags.
        script: What the script is called.

    Returns:
        The page.
    """
    by_file: dict[str, list[Definition]] = {}
    for definition in space.definitions.values():
        by_file.setdefault(definition.file, []).append(definition)
    lines = [
        f"usage: {PurePath(script).name} [--flag=value | --switch | --noswitch]..."
    ]
    for file, definitions in by_file.items():
        rows = [
            [f"  {_spelled(d, space)}", d.wanted, " ".join(d.help.split())]
            for d in definitions
        ]
        lines += ["", near(file), *aligned(rows)]
    return "\n".join(lines)


def flags_table(space: FlagSpace) -> str:
    """List every flag with its value; those that were given are marked.

    Args:
        space: The flags.

    Returns:
        The lines; `*` marks what was given.
    """
    values = space.values()
    rows = []
    for name in sorted(space):
        mark = "*" if name in space.given else " "
        rows.append([f"{mark} {name}", _text(values.get(name, UNREAD))])
    return "\n".join(aligned(rows))


def _spelled(definition: Definition, space: FlagSpace) -> str:
    """Write a flag with its default, as one would type it."""
    default = space.default(definition.name)
    if definition.kind == "boolean":
        name = f"--[no]{definition.name}"
        return name if default is None else f"{name}={_text(default)}"
    if default is None:
        return f"--{definition.name}"
    return f"--{definition.name}={_text(default)}"


def _text(value: Any) -> str:
    """Write a value as one types it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value == "" else str(value)
