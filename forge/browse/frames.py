"""Tables of pandas, which is imported only for them."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from forge.browse.attributes import STORED, Sort
from forge.browse.cells import GREATEST
from forge.browse.index import Documents, Row
from forge.records.metrics import import_pandas


def frame(rows: Sequence[Row], documents: Sequence[Documents]) -> Any:
    """Turn runs into a `pandas.DataFrame`.

    Args:
        rows: The runs.
        documents: Their documents, as many.

    Returns:
        One row for each run, with its id as index.

    Raises:
        ModuleNotFoundError: If pandas is missing.
    """
    pd = import_pandas()
    columns: dict[str, list[Any]] = {}
    for name, attribute in STORED.items():
        if name == "id":
            continue
        values = [row.attributes[name] for row in rows]
        if attribute.sort is Sort.TIME:
            columns[name] = pd.to_datetime(values, unit="s", utc=True, errors="coerce")
        elif attribute.sort is Sort.SWITCH:
            columns[name] = [None if v is None else bool(v) for v in values]
        else:
            columns[name] = values
    readers: tuple[tuple[str, Callable[[Documents], dict[str, Any]]], ...] = (
        ("config", lambda found: found.config),
        ("summary", lambda found: {k: v.get("last") for k, v in found.summary.items()}),
        ("result", lambda found: found.result),
    )
    for section, read in readers:
        _add(columns, section, [read(found) for found in documents])
    return pd.DataFrame(columns, index=pd.Index([row.id for row in rows], name="id"))


def _add(
    columns: dict[str, Any], section: str, mappings: Sequence[dict[str, Any]]
) -> None:
    """Add one column for each key that some run has."""
    for key in dict.fromkeys(key for mapping in mappings for key in mapping):
        title = key or section
        title = f"{section}.{key}" if title in columns else title
        values = [mapping.get(key) for mapping in mappings]
        if section != "config" or any(type(v) is float for v in values):
            values = [_number(value) for value in values]
        columns[title] = values


def _number(value: Any) -> Any:
    """Turn back what stands for a number that JSON lacks."""
    if value == "NaN":
        return math.nan
    if type(value) is float and abs(value) == GREATEST:
        return math.copysign(math.inf, value)
    return value
