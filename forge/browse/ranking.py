"""What runs are ranked by: which number of them, and which end of it is best."""

from collections.abc import Sequence
from typing import NamedTuple

from forge.browse.expression import Name
from forge.browse.index import Documents, Row
from forge.browse.sql import Known
from forge.browse.tables import column_of, named_columns
from forge.errors import ForgeError
from forge.records.goals import Goal, goal_of


class Ranking(NamedTuple):
    """What runs are ranked by.

    Attributes:
        word: What was asked for, or what the goal names; empty if there is no goal.
        name: What that stands for; nothing without a goal.
        mode: `max` or `min`.
    """

    word: str
    name: Name | None
    mode: str


def ranking_of(
    rows: Sequence[Row],
    documents: Sequence[Documents],
    known: Known,
    *,
    word: str | None = None,
    mode: str | None = None,
) -> Ranking:
    """Find out what runs are ranked by.

    Args:
        rows: The runs, the newest first.
        documents: Their documents, as many.
        known: The names that runs have.
        word: What was asked for; by default the goal of the first run that has one.
        mode: Which end is best; by default what the goal, or else the name, says.

    Returns:
        The ranking. What runs reached goes before a parameter of the same name.

    Raises:
        ForgeError: `bad-option` for another mode than `max` and `min`.
    """
    name = None if word is None else _ranked(word, documents, known)
    goals = filter(None, (goal_of(row.attributes["goal"]) for row in rows))
    goal = next((goal for goal in goals if name is None or _is_of(goal, name)), None)
    if name is None and goal is not None:
        word = goal.metric
        name = _reached(word, documents) or Name("summary", word)
    mode = mode or (goal.mode if goal else _end_of(name))
    if mode not in ("max", "min"):
        text = f"a best run is the 'max' or the 'min' of something, not {mode!r}."
        raise ForgeError("bad-option", text, mode=mode)
    return Ranking(word or "", name, mode)


def best_of(
    ranking: Ranking, rows: Sequence[Row], documents: Sequence[Documents]
) -> int | None:
    """Find the run that is best.

    Args:
        ranking: What they are ranked by. Of a metric its best value counts.
        rows: The runs.
        documents: Their documents, as many.

    Returns:
        The place of the first that is best; nothing if none of them has a number.
    """
    name, mode = ranking.name, ranking.mode
    if name is None:
        return None
    if name.section == "summary" and not name.statistic:
        name = name._replace(statistic=mode)
    column = column_of(name)
    pairs = zip(rows, documents, strict=True)
    read = enumerate(column.read(row, found) for row, found in pairs)
    sign = 1 if mode == "max" else -1
    values = {at: sign * value for at, value in read if type(value) in (int, float)}
    return max(values, key=values.__getitem__, default=None)


def _ranked(word: str, documents: Sequence[Documents], known: Known) -> Name:
    """Find what a word stands for: what runs reached, or else what they are."""
    reached = _reached(word, documents)
    if reached is not None:
        return reached
    (column,) = named_columns([word], known)
    return column.name


def _reached(word: str, documents: Sequence[Documents]) -> Name | None:
    """Find a metric, or a result, that one of the runs has."""
    for section in ("summary", "result"):
        if any(word in getattr(found, section) for found in documents):
            return Name(section, word)
    return None


def _is_of(goal: Goal, name: Name) -> bool:
    """Tell whether a goal is about what a name stands for."""
    return name in (Name("summary", goal.metric), Name("result", goal.metric))


def _end_of(name: Name | None) -> str:
    """Tell which end of something is best where no goal says it."""
    found = goal_of(name.name) if name is not None else None
    return found.mode if found and name and _is_of(found, name) else "max"
