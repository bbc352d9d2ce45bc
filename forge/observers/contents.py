"""The contents of files in the run folder, made of what events carry."""

from collections.abc import Mapping, Sequence
from typing import Any

from forge.observers.base import Failed
from forge.records.codec import pretty_json, rich


def steady_json(value: Any) -> bytes:
    """Encode a dict that another thread may be changing.

    Args:
        value: The user's dict.

    Returns:
        What it held at some moment.
    """
    for _ in range(100):
        try:
            return pretty_json(rich(value))
        except RuntimeError:
            # It grew or shrank while it was walked through.
            continue
    return pretty_json(rich(dict(value)))


def flags_json(flags: Mapping[str, Any]) -> bytes:
    """Encode flags, sorted so that two runs can be compared line by line.

    Args:
        flags: JSON-ready values by full key.

    Returns:
        The content of the file.
    """
    return pretty_json(dict(flags), sort_keys=True)


def lines_of(texts: Sequence[str]) -> bytes:
    """Encode lines.

    Args:
        texts: The lines, without their ends.

    Returns:
        The content of the file.
    """
    return "".join(f"{text}\n" for text in texts).encode(errors="backslashreplace")


def error_text(event: Failed) -> bytes:
    """Encode the traceback of a failed run, or what is known without one.

    Args:
        event: How the run ended.

    Returns:
        The content of the file.
    """
    text = event.traceback or f"{event.error.type}: {event.error.message}\n"
    return text.encode(errors="backslashreplace")
