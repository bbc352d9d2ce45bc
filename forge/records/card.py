"""A record as a card in a notebook: facts, config and small curves, without script."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from forge._html import table, text
from forge._text import visible
from forge.errors import ForgeError
from forge.records.curves import svg
from forge.records.showing import readable


if TYPE_CHECKING:
    from forge.records.record import Record


#: More parameters or metrics are counted instead of shown.
_MOST: Final = 50

#: Bytes of one picture that a card carries along, and of all of them: notebooks are
#: files too.
_PICTURE: Final = 256 << 10
_PICTURES: Final = 1 << 20

#: Longer values are cut.
_LONGEST: Final = 200


def card(record: "Record") -> str:
    """Write a record as HTML.

    Args:
        record: The record.

    Returns:
        HTML in which every text is escaped. A file of the run that cannot be read is
        said to be so in its place.
    """
    title = f"{record.name}/{record.number} {record.status}"
    parts = [_attempt(read, record) for read in (_facts, _config, _metrics, _pictures)]
    return f"<div><b>{text(title)}</b>{''.join(parts)}</div>"


def _attempt(read: Callable[["Record"], str], record: "Record") -> str:
    """Write a part, or why it cannot be read."""
    try:
        return read(record)
    except ForgeError as error:
        return f"<p>{text(str(error))}</p>"


def _facts(record: "Record") -> str:
    """Write what happened, when and where."""
    run = record.run
    facts = {
        "label": run.label,
        "started": run.started,
        "duration": None if run.duration is None else f"{run.duration:.1f} s",
        "host": run.host.name if run.host else None,
        "commit": run.git.commit if run.git else None,
        "error": f"{run.error.type}: {run.error.message}" if run.error else None,
        "result": None if record.result is None else _short(record.result),
        "tags": ", ".join(record.tags) or None,
        "folder": str(record.dir),
    }
    rows = [(text(k), text(v)) for k, v in facts.items() if v is not None]
    return table((), rows)


def _config(record: "Record") -> str:
    """Write the parameters."""
    config = {k: v for k, v in record.config.items() if k != "git_commit"}
    shown = ((key, _short(readable(value))) for key, value in config.items())
    rows = [(text(key), text(value)) for key, value in shown]
    return table(("config", ""), _some(rows)) if rows else ""


def _metrics(record: "Record") -> str:
    """Write the metrics, each with its curve."""
    rows = [
        (text(name), text(f"{one.last:.6g}"), str(len(one)), svg(one.steps, one.values))
        for name, one in list(record.metrics.items())[: _MOST + 1]
    ]
    return table(("metric", "last", "points", ""), _some(rows)) if rows else ""


def _pictures(record: "Record") -> str:
    """Show the pictures among the artifacts; of large ones the names."""
    from forge.records.pictures import images_of  # noqa: PLC0415 - few runs have any

    shown = []
    for image in images_of(record.layout, largest=_PICTURE, every=_PICTURES):
        name = text(image.name)
        # An address is base64, in which nothing can be obeyed.
        drawn = f'<img src="{image.uri}" alt="{name}" width="320"><br>'
        shown.append(f"<div>{drawn if image.uri else ''}{name}</div>")
    return "".join(shown[:_MOST])


def _some(rows: list[Any]) -> Iterator[tuple[str, ...]]:
    """Leave out what is too much for a card."""
    yield from rows[:_MOST]
    if len(rows) > _MOST:
        yield ("…",)


def _short(value: Any) -> str:
    """Write a value, or its beginning."""
    words = visible(value if isinstance(value, str) else repr(value))
    return f"{words[: _LONGEST - 1]}…" if len(words) > _LONGEST else words
