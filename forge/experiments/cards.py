"""A loaded experiment as a card in a notebook, without script."""

from collections.abc import Collection, Mapping

from forge._html import table, text
from forge.experiments.predecessor import run_id
from forge.records.record import Record


def card(
    record: Record,
    step: int | None,
    components: Mapping[str, str],
    restored: Collection[str],
) -> str:
    """Write a loaded experiment as HTML; nothing is built by it.

    Args:
        record: The run.
        step: The checkpoint that is loaded; nothing if there is none.
        components: The name of the component in each slot.
        restored: The slots whose components were built, and restored.

    Returns:
        HTML in which every text is escaped: the components, then the record.
    """
    what = "no checkpoint" if step is None else f"step {step}"
    rows = [
        (text(path), text(name), "built" if path in restored else "built on first use")
        for path, name in components.items()
    ]
    parts = table(("component", "", ""), rows) if rows else ""
    title = text(f"Experiment {run_id(record)}, {what}")
    return f"<div><b>{title}</b>{parts}</div>{record._repr_html_()}"
