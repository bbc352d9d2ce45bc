"""Flags of scripts and of config files, apart from all others of the process."""

from collections.abc import Iterable
from typing import Any

from forge.classic.program import FLAGS as FLAGS
from forge.classic.program import define as _define


__all__ = [
    "FLAGS",
    "DEFINE_bool",
    "DEFINE_boolean",
    "DEFINE_enum",
    "DEFINE_float",
    "DEFINE_integer",
    "DEFINE_list",
    "DEFINE_string",
]


def DEFINE_string(name: str, default: Any, help: str | None = None) -> None:  # noqa: A002, N802 - as absl calls it
    """Define a flag that holds a text.

    Args:
        name: Its name.
        default: Its default; None for none.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("string", name, default, help)


def DEFINE_integer(name: str, default: Any, help: str | None = None) -> None:  # noqa: A002, N802 - as absl calls it
    """Define a flag that holds a whole number.

    Args:
        name: Its name.
        default: Its default; None for none.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("integer", name, default, help)


def DEFINE_float(name: str, default: Any, help: str | None = None) -> None:  # noqa: A002, N802 - as absl calls it
    """Define a flag that holds a number.

    Args:
        name: Its name.
        default: Its default; None for none.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("float", name, default, help)


def DEFINE_boolean(name: str, default: Any, help: str | None = None) -> None:  # noqa: A002, N802 - as absl calls it
    """Define a flag that is on or off: `--name`, `--noname`, `--name=false`.

    Args:
        name: Its name.
        default: Its default; None for none.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("boolean", name, default, help)


DEFINE_bool = DEFINE_boolean


def DEFINE_enum(  # noqa: N802 - as absl calls it
    name: str,
    default: str | None,
    enum_values: Iterable[str],
    help: str | None = None,  # noqa: A002 - as absl calls it
) -> None:
    """Define a flag that holds one of several texts.

    Args:
        name: Its name.
        default: Its default; None for none.
        enum_values: The texts.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("enum", name, default, help, choices=enum_values)


def DEFINE_list(name: str, default: Any, help: str | None = None) -> None:  # noqa: A002, N802 - as absl calls it
    """Define a flag that holds several texts: `--name=a,b`.

    Args:
        name: Its name.
        default: Its default, a list or a text with commas; None for none.
        help: What it is for.

    Raises:
        ForgeError: `flag-conflict` when another place defines it differently.
    """
    _define("list", name, default, help)
