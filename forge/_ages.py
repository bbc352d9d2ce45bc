"""Whether a change of a file shows in the time that the file has."""

from typing import Final


#: Nanoseconds after which a change has a time of its own: on file systems that know
#: fractions of a second, and on others.
_FINE: Final = 50_000_000
_COARSE: Final = 2_000_000_000
_SECOND: Final = 1_000_000_000


def is_settled(changed: int, now: int) -> bool:
    """Tell whether another change would give a file another time than it has.

    Two changes within one tick of the clock of a file system have the same time.

    Args:
        changed: The time of the last change, in nanoseconds since 1970.
        now: The time now.

    Returns:
        Whether the last change lies that long in the past.
    """
    return changed < now - (_FINE if changed % _SECOND else _COARSE)
