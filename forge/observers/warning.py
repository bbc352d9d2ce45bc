"""A warning to the person who watches the run."""

import sys
from typing import TextIO

from forge.errors import ForgeError


def warn(text: str, stream: TextIO | None = None) -> None:
    """Write a warning, whatever has become of the stream.

    Args:
        text: What happened, and below it, indented, what follows from it.
        stream: Where to; by default `sys.stderr` of the moment.
    """
    stream = stream or sys.stderr
    try:
        stream.write(f"forge: warning: {text}\n")
        stream.flush()
    except (OSError, ValueError, AttributeError):
        # No stderr, or a closed one: there is nobody left to tell.
        return


def cause_of(error: Exception) -> str:
    """Say in a few words why a file could not be written.

    Args:
        error: What was raised.

    Returns:
        The cause, without the path.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, ForgeError):
        return str(error)
    return f"{type(error).__name__}: {error}"
