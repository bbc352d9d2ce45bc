"""What the `forge` command prints."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final


#: What a person reads on a terminal that has no such signs.
_PLAINER: Final[Mapping[str, str]] = MappingProxyType(
    dict(zip("✓●○✗■✂†·\N{EN DASH}", "+*ox#%!--", strict=True)) | {"…": "...", "±": "+-"}
)


def say(line: str = "") -> None:
    """Print a line for whoever reads the answer, a person or a program.

    Args:
        line: Its text, in which nothing moves the cursor; see `forge._text.visible`.
    """
    sys.stdout.write(f"{encodable(line)}\n")


def say_all(lines: Iterable[str]) -> None:
    """Print lines.

    Args:
        lines: Their texts.
    """
    for line in lines:
        say(line)


def remark(line: str) -> None:
    """Print a line beside the answer, so that a program does not take it for that.

    Args:
        line: Its text.
    """
    sys.stderr.write(f"{line}\n")


def progress(done: int, total: int) -> None:
    """Show how far the first look at many runs has come.

    Args:
        done: How many were read.
        total: How many have to be.
    """
    if not sys.stderr.isatty() or total < 1_000:  # noqa: PLR2004 - a second's work
        return
    sys.stderr.write(f"\rreading {total:,} runs for the first time: {done:,} ")
    if total - done <= 500:  # noqa: PLR2004 - the last batch
        sys.stderr.write("\r\033[K")
    sys.stderr.flush()


def is_terminal() -> bool:
    """Tell whether a person sees the answer as it comes."""
    return sys.stdout.isatty()


def declare_colour(parser: ArgumentParser) -> None:
    """Add the option that says whether colours are wanted."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="whether to print the colours of the output; by default on a terminal,"
        " unless NO_COLOR is set",
    )


def in_colour(wish: str = "auto") -> bool:
    """Tell whether to print colours.

    Args:
        wish: `always`, `never`, or `auto` for what suits who reads the answer.

    Returns:
        Whether to do so.
    """
    if wish == "auto":
        return is_terminal() and not os.environ.get("NO_COLOR")
    return wish == "always"


def encodable(text: str) -> str:
    r"""Replace what the encoding of the output has no bytes for.

    Args:
        text: Any text.

    Returns:
        The same with escapes such as `\u2713` in the places of such characters; on a
        terminal with plainer signs instead of our own.
    """
    encoding = sys.stdout.encoding or "utf-8"
    errors = getattr(sys.stdout, "errors", None) or "strict"
    if _fits(text, encoding, errors):
        return text
    if is_terminal():
        text = "".join(c if _fits(c, encoding) else _PLAINER.get(c, c) for c in text)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _fits(text: str, encoding: str, errors: str = "strict") -> bool:
    """Tell whether an encoding has bytes for a text."""
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError:
        return False
    return True
