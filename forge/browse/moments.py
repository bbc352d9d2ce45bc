"""Times and spans as people write them: `2026-11-20`, `yesterday`, `3h`."""

import re
from datetime import datetime, timedelta
from typing import Final


_SECONDS: Final = {
    "s": 1,
    "m": 60,
    "min": 60,
    "h": 3_600,
    "d": 86_400,
    "w": 7 * 86_400,
}

_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|min|m|h|d|w)")
_SPAN: Final = re.compile(rf"(?:{_PART.pattern})+")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: What ends up far outside of every calendar.
_ENDLESS: Final = 1e15


def seconds_of(text: str) -> float | None:
    """Read a span.

    Args:
        text: Such as `3h` or `1h30m`.

    Returns:
        Seconds; nothing if it is no span.
    """
    if _SPAN.fullmatch(text) is None:
        return None
    parts = ((float(count), unit) for count, unit in _PART.findall(text))
    return min(sum(count * _SECONDS[unit] for count, unit in parts), _ENDLESS)


def period_of(text: str, now: float) -> tuple[float, float] | None:
    """Read a time.

    Args:
        text: A date, a date with a time, `today`, `yesterday`, `now`, or a span, which
            means so long ago. Without an offset it is local time.
        now: Seconds since 1970.

    Returns:
        When it begins and when it is over, in seconds since 1970: a date is a whole
        day. Nothing if it is no time.
    """
    span = seconds_of(text)
    if span is not None:
        return now - span, now - span
    try:
        return _named(text.lower(), now) or _dated(text)
    except (ValueError, OverflowError, OSError):
        return None


def _named(word: str, now: float) -> tuple[float, float] | None:
    """Read a word that stands for a time."""
    if word == "now":
        return now, now
    if word not in ("today", "yesterday"):
        return None
    midnight = (
        datetime.fromtimestamp(now)
        .astimezone()
        .replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    )
    return _day(midnight - timedelta(days=word == "yesterday"))


def _dated(text: str) -> tuple[float, float]:
    """Read a date, or a date with a time."""
    when = datetime.fromisoformat(text)
    if _DAY.fullmatch(text):
        return _day(when)
    return when.timestamp(), when.timestamp()


def _day(midnight: datetime) -> tuple[float, float]:
    """Find the ends of a day of local time, which need not have 24 hours."""
    return midnight.timestamp(), (midnight + timedelta(days=1)).timestamp()
