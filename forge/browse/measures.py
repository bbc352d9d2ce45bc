"""What attributes are compared with: numbers, spans, sizes, times and statuses."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from forge._text import did_you_mean
from forge.browse.attributes import ATTRIBUTES, Attribute, Sort
from forge.browse.expression import Kind, Value, value_of
from forge.browse.moments import period_of
from forge.errors import ForgeError
from forge.records.status import Status


class _Need(NamedTuple):
    """What a value has to look like, and what to say if it does not."""

    kinds: frozenset[Kind]
    lack: str
    examples: str


_NUMBERS: Final = frozenset({Kind.NUMBER})
_SIZE: Final = _Need(
    _NUMBERS, "no size to compare with", "5000 for bytes, 10kB, 1.5MB or 2GiB"
)
_NEEDS: Final[Mapping[Sort, _Need]] = MappingProxyType(
    {
        Sort.SWITCH: _Need(
            frozenset({Kind.BOOL}), "neither true nor false", "true or false"
        ),
        Sort.WHOLE: _Need(_NUMBERS, "no number to compare with", "10 or 1e3"),
        # The duration is the only one that is not a count.
        Sort.NUMBER: _Need(
            frozenset({Kind.NUMBER, Kind.SPAN}),
            "no span to compare with",
            "90 for seconds, 15min, 3h, 1h30m or 2d",
        ),
    }
)
_TIMES: Final = (
    "2026-11-20, 2026-11-20T18:30, today, yesterday, or 3h for three hours ago"
)

_BYTES: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kmgt]?i?b)", re.IGNORECASE)

#: Bytes, as disks are sold, and as memory is.
_UNITS: Final[Mapping[str, int]] = MappingProxyType(
    {"b": 1}
    | {f"{letter}b": 1_000**at for at, letter in enumerate("kmgt", 1)}
    | {f"{letter}ib": 1_024**at for at, letter in enumerate("kmgt", 1)}
)


def measured(attribute: Attribute, value: Value) -> Value:
    """Understand what an attribute is compared with.

    Args:
        attribute: The attribute.
        value: What was typed.

    Returns:
        The value in the units of the attribute; a text, a time, and what is said to be
        none stay as they are.

    Raises:
        ForgeError: `bad-filter` if no value of the attribute is of that kind.
    """
    if value.kind is Kind.NONE:
        return value
    if attribute is ATTRIBUTES["status"]:
        return _status(value.text)
    need = _SIZE if attribute is ATTRIBUTES["size"] else _NEEDS.get(attribute.sort)
    if need is None:
        return value
    # Quotes make no difference.
    found = (_size(value.text) if need is _SIZE else None) or value_of(value.text)
    if found.kind not in need.kinds:
        raise _refused(value.text, need.lack, need.examples)
    return found


def period(value: Value, now: float) -> tuple[float, float]:
    """Understand a time.

    Args:
        value: What was typed.
        now: Seconds since 1970.

    Returns:
        When it begins and when it is over.

    Raises:
        ForgeError: `bad-filter` if it is none.
    """
    found = period_of(value.text, now)
    if found is None:
        raise _refused(value.text, "no time to compare with", _TIMES)
    return found


def _status(text: str) -> Value:
    """Understand a status, whatever its case."""
    # As lists show it.
    status = "INTERRUPTED" if text.upper() == "STOPPED" else text.upper()
    if status not in Status.__members__:
        names = [name.lower() for name in Status.__members__]
        hint = did_you_mean(text.lower(), names)
        raise _refused(text, "no status of a run", ", ".join(names), hint)
    return Value(Kind.TEXT, status)


def _size(text: str) -> Value | None:
    """Understand a number of bytes with a unit."""
    match = _BYTES.fullmatch(text)
    unit = _UNITS.get(match[2].lower()) if match is not None else None
    if match is None or unit is None:
        return None
    return Value(Kind.NUMBER, repr(float(match[1]) * unit))


def _refused(text: str, what: str, remedy: str, hint: str = "") -> ForgeError:
    """Make the error for a value that an attribute cannot be compared with."""
    return ForgeError(
        "bad-filter",
        f"{text!r} is {what}.{hint}\n  It would be: {remedy}.",
        value=text,
    )
