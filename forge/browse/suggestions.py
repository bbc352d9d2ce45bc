"""What may be typed next where runs, names or tags are asked for."""

from collections.abc import Iterator

from forge.browse.attributes import ATTRIBUTES
from forge.browse.source import Source


#: Runs that are offered, the newest of them.
MOST_RUNS = 200


def runs(source: Source) -> Iterator[str]:
    """Offer runs.

    Args:
        source: Where they are found.

    Yields:
        The ids of the newest runs, then the names of experiments.
    """
    rows = source.find(limit=MOST_RUNS).rows
    yield from (row.id for row in rows)
    yield from dict.fromkeys(str(row.attributes["name"]) for row in rows)


def names(source: Source) -> Iterator[str]:
    """Offer what filters, orders and columns can name.

    Args:
        source: Where runs are found.

    Yields:
        Parameters, metrics and results that some run has, then attributes.
    """
    known = source.known
    yield from dict.fromkeys((*known.config, *known.summary, *known.result))
    yield from ATTRIBUTES


def metrics(source: Source) -> Iterator[str]:
    """Offer metrics.

    Args:
        source: Where runs are found.

    Yields:
        Those that some run has.
    """
    yield from source.known.summary


def tags(source: Source) -> Iterator[str]:
    """Offer tags.

    Args:
        source: Where runs are found.

    Yields:
        Those of the newest runs.
    """
    rows = source.find(limit=MOST_RUNS).rows
    yield from dict.fromkeys(
        tag for row in rows for tag in row.attributes["tags"] or ()
    )
