"""Numbers, times and states as people read them."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from forge._text import visible
from forge.browse.cells import GREATEST, spelled


_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400

#: Longer texts are cut where they stand in a table.
_LONGEST: Final = 40

#: So much of a commit tells it from others.
_HASH: Final = 9

#: Stands where there is nothing.
NOTHING: Final = "\N{EN DASH}"

#: How lists show a status.
MARKS: Final = {
    "COMPLETED": "✓",
    "RUNNING": "●",
    "QUEUED": "○",
    "FAILED": "✗",
    "INTERRUPTED": "■ stopped",
    "PRUNED": "✂ pruned",
    "DEAD": "† dead",
}


class Look(Enum):
    """How people read a value."""

    VALUE = "value"
    #: A status, and the doubt about it.
    STATUS = "status"
    TIME = "time"
    SPAN = "span"
    SIZE = "size"
    #: A commit, and whether there was more than it.
    COMMIT = "commit"
    #: A value that was best, and the step where it was.
    BEST = "best"


def readable(look: Look, value: Any) -> str:
    """Write a value for people.

    Args:
        look: How they read it.
        value: The value, as tables have it.

    Returns:
        One line of text.
    """
    write = _WRITERS.get(look)
    if write is not None and (value is not None or look is Look.STATUS):
        return write(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return short(" ".join(value))
    return short(value)


def mark(status: str | None, doubt: str | None = None) -> str:
    """Show a status in little room.

    Args:
        status: The status; nothing for a folder that cannot be read.
        doubt: Why a run that says RUNNING may be dead.

    Returns:
        A mark, with a word where it does not speak for itself.
    """
    if doubt:
        return "● dead?"
    return MARKS.get(status or "", "? unreadable")


def ago(when: float | None, now: float) -> str:
    """Say how long ago something was.

    Args:
        when: Seconds since 1970.
        now: The same, of now.

    Returns:
        Such as `now`, `5 min ago`, `3 h ago`, `2 d ago`, and the date if it is long.
    """
    if when is None:
        return NOTHING
    seconds = now - when
    if abs(seconds) < _MINUTE:
        return "now"
    if seconds < 0 or seconds >= 30 * _DAY:
        return date(when)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name} ago"
    raise AssertionError(seconds)  # pragma: no cover


def date(when: float) -> str:
    """Write the day of a time, by the local clock."""
    try:
        return f"{datetime.fromtimestamp(when, UTC).astimezone():%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return "?"


def moment(when: float | None) -> str:
    """Write a time in full, ISO 8601 in UTC; nothing for none."""
    if when is None:
        return ""
    try:
        return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return spelled(when)


def dated(when: float | None) -> str:
    """Write a time for people who read it long after; nothing for none.

    Args:
        when: Seconds since 1970.

    Returns:
        Such as `2026-11-20 18:30:05 UTC`.
    """
    date, t, time_of_day = moment(when).partition("T")
    return f"{date} {time_of_day[:8]} UTC" if t else date


def took(seconds: float | None) -> str:
    """Write a span: `0.4s`, `41s`, `12m`, `3h05`, `2d04h`."""
    if seconds is None or seconds < 0:
        return NOTHING
    if seconds < 10:  # noqa: PLR2004 - one digit more for what is short
        return f"{seconds:.1f}s"
    if seconds < _MINUTE:
        return f"{seconds:.0f}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f}m{seconds % _MINUTE:02.0f}"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f}h{seconds % _HOUR // _MINUTE:02.0f}"
    return f"{seconds // _DAY:.0f}d{seconds % _DAY // _HOUR:02.0f}h"


def amount(count: float) -> str:
    """Write a number of bytes: `12.3 kB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:  # noqa: PLR2004 - as disks are sold
            return f"{count:.3g} {unit}"
        count /= 1_000
    return f"{count:.3g} GB"


def short(value: Any) -> str:
    """Write a value out of a run folder so that it fits into a table.

    Args:
        value: A value of the index.

    Returns:
        Numbers with four digits, long texts cut, nothing that moves a cursor; a dash
        where there is nothing.
    """
    if value is None:
        return NOTHING
    if isinstance(value, float) and abs(value) != GREATEST:
        return f"{value:.4g}"
    if value == "NaN":
        return "nan"
    text = visible(spelled(value))
    return f"{text[: _LONGEST - 1]}…" if len(text) > _LONGEST else text


def _best(best: tuple[Any, Any]) -> str:
    """Write a value that was best, and its step."""
    value, step = best
    return short(value) if step is None else f"{short(value)} @ {short(step)}"


def _commit(commit: tuple[Any, Any]) -> str:
    """Write a commit; a plus says that there was more than it."""
    name, dirty = commit
    return f"{short(name)[:_HASH]}{'+' if dirty else ''}"


_WRITERS: Final[Mapping[Look, Callable[[Any], str]]] = MappingProxyType(
    {
        Look.STATUS: lambda value: mark(*value),
        Look.TIME: lambda value: ago(value, time.time()),
        Look.SPAN: took,
        Look.SIZE: amount,
        Look.COMMIT: _commit,
        Look.BEST: _best,
    }
)
