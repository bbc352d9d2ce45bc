"""A warning to the person who watches the run."""

import sys
from typing import TextIO


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
