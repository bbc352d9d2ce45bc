"""What says which run or checkpoint is best."""

from typing import Final, Literal, NamedTuple


#: Parts of the names of metrics that are better when they are smaller.
_SMALLER: Final = ("loss", "error", "mse", "mae", "perplexity")


class Goal(NamedTuple):
    """A metric, and which end of it is best."""

    metric: str
    mode: Literal["max", "min"]


def goal_of(text: str | None) -> Goal | None:
    """Read a goal.

    Args:
        text: `max accuracy`, `min loss`, or the metric alone: what is called a loss or
            an error is best when it is smallest.

    Returns:
        The goal; None where no metric is named.
    """
    text = (text or "").strip()
    first, _, rest = text.partition(" ")
    if first in ("max", "min"):
        metric, smaller = rest.strip(), first == "min"
    else:
        metric, smaller = text, any(part in text.lower() for part in _SMALLER)
    return Goal(metric, "min" if smaller else "max") if metric else None
