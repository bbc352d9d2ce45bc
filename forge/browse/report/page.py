"""The page: a table of the runs, their curves, and everything about each."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from forge import _html
from forge.browse.contents import shown
from forge.browse.describing import described
from forge.browse.index import Documents, Row
from forge.browse.markup import html
from forge.browse.report.chart import POINTS, Line, chart
from forge.browse.report.palette import Stroke, strokes
from forge.browse.tables import default_columns, tabulate, varying
from forge.browse.wording import dated, short
from forge.errors import ForgeError
from forge.records.pictures import images_of
from forge.records.record import Record


#: Curves of so many runs fit into one chart.
MOST_DRAWN: Final = 10

#: Metrics that get a chart, and lines of output, errors and differences.
_MOST_CHARTS: Final = 60
_MOST_LINES: Final = 200

_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")

#: Nothing is fetched and nothing runs, whatever a run is called.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_STYLE: Final = """\
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:14px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto}
body{padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0}
th,td{border-bottom:1px solid var(--line);padding:.2rem .7rem;text-align:left}
td{font-variant-numeric:tabular-nums;overflow-wrap:break-word;max-width:40rem}
.wide{overflow-x:auto}.wide td{white-space:nowrap}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(26rem,1fr));gap:1rem}
figure{margin:0}svg{width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:currentColor}
.grid{stroke:var(--line)}
pre{background:var(--soft);padding:.7rem;overflow-x:auto}
summary{cursor:pointer;font-weight:600;margin:.4rem 0}
svg.key{display:inline-block;width:2rem;height:.6rem;margin-left:.6rem;vertical-align:middle}
.differs{font-weight:600}img{max-width:100%}small{opacity:.7}"""


def page(rows: Sequence[Row], documents: Sequence[Documents], *, made: str) -> str:
    """Write runs as one page.

    Args:
        rows: The runs.
        documents: Their documents, as many.
        made: When and by what, to be said at the end.

    Returns:
        HTML in which every text is escaped. It fetches nothing and holds no script.
        Folders that cannot be read are listed with the reason.
    """
    records = [_read(row) for row in rows]
    ids = [row.id for row in rows]
    looks = strokes(ids)
    title = ids[0] if len(ids) == 1 else f"{len(ids)} runs"
    keys = varying(documents) if len(ids) > 1 else []
    columns = default_columns(rows, documents)
    table = html(tabulate(columns, rows, documents), dated=True)
    sections = (
        _section(row, found, record, keys)
        for row, found, record in zip(rows, documents, records, strict=True)
    )
    charts = _charts(ids, records, looks)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_html.text(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{_html.text(title)}</h1><div class="wide">{table}</div>'
        f"{charts}{''.join(sections)}<p><small>{_html.text(made)}</small></p>"
        "</body></html>\n"
    )


def _read(row: Row) -> Record | None:
    """Read a run, if it can be read."""
    try:
        return Record.read(row.folder)
    except (ForgeError, OSError):
        return None


def _charts(
    ids: Sequence[str], records: Sequence[Record | None], looks: Sequence[Stroke]
) -> str:
    """Draw each metric of the first runs."""
    drawn = [
        (run, look, _attempt(lambda record=record: dict(record.metrics)))  # type: ignore[misc]
        for run, record, look in zip(ids, records, looks, strict=True)
        if record is not None
    ][:MOST_DRAWN]
    names = dict.fromkeys(name for _, _, metrics in drawn for name in metrics)
    figures = []
    for name in islice(names, _MOST_CHARTS):
        lines = [
            Line(run, look, metrics[name].steps, metrics[name].values)
            for run, look, metrics in drawn
            if name in metrics
        ]
        figures.append(_figure(name, lines))
    if not figures:
        return ""
    keys = " ".join(_key(run, look) for run, look, _ in drawn) if len(ids) > 1 else ""
    left = _left(len(ids) - len(drawn), "run") + _left(
        len(names) - len(figures), "metric"
    )
    grid = f'<div class="charts">{"".join(figures)}</div>'
    return f"<h2>Metrics</h2><p>{keys}{left}</p>{grid}"


def _figure(name: str, lines: Sequence[Line]) -> str:
    """Draw one metric, and say how much of it is seen."""
    points = sum(len(line.xs) for line in lines)
    seen = sum(min(len(line.xs), POINTS) for line in lines)
    less = f" <small>{seen:,} of {points:,} points, with every extreme</small>"
    caption = f"{_html.text(name)}{less if points > seen else ''}"
    return f"<figure><figcaption>{caption}</figcaption>{chart(lines)}</figure>"


def _key(run: str, look: Stroke) -> str:
    """Say which line is which run."""
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    line = f'<path d="M0 5h32" stroke="{look.colour}" stroke-width="2"{dash}/>'
    sample = f'<svg class="key" width="32" height="10">{line}</svg>'
    return f"<span>{sample} {_html.text(run)}</span>"


def _left(count: int, what: str) -> str:
    """Say what is not drawn."""
    more = f"{count:,} {what}{'s' if count > 1 else ''}"
    return f" <small>{more} not drawn.</small>" if count > 0 else ""


def _section(
    row: Row, found: Documents, record: Record | None, keys: Sequence[str]
) -> str:
    """Write everything about one run."""
    facts = [
        # Times as dates: a page is read long after.
        (_html.text(name), _html.text(_date(row, name) or words))
        for name, words in described(row, found, people=True)
        if not name.startswith(("config.", "summary."))
    ]
    parts = [_html.table((), facts), _config(found.config, keys), _summary(found)]
    if record is not None:
        parts += _files(record)
    return f"<h2>{_html.text(row.id)}</h2>{''.join(parts)}"


def _date(row: Row, name: str) -> str:
    """Write a time in full; nothing for other attributes."""
    return dated(row.attributes[name]) if name in ("started", "ended") else ""


def _config(config: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Write the parameters, those that differ between the runs in bold."""
    rows = [
        (
            f'<span class="differs">{_html.text(key)}</span>'
            if key in keys
            else _html.text(key),
            _html.text(short(value)),
        )
        for key, value in config.items()
    ]
    return _folded("Config", _html.table((), rows), opened=True) if rows else ""


def _summary(found: Documents) -> str:
    """Write what the metrics reached."""
    heads = ("last", "min", "max", "mean", "n")
    rows = [
        (_html.text(name), *(_html.text(short(facts.get(head))) for head in heads))
        for name, facts in found.summary.items()
    ]
    table = _html.table(("metric", *heads), rows)
    return _folded("Summary", table, opened=True) if rows else ""


def _files(record: Record) -> Iterator[str]:
    """Write what stands in the files of a run."""
    for title, read in (
        ("Traceback", lambda: record.traceback),
        ("Output", lambda: record.output),
    ):
        words = _attempt(read)
        if isinstance(words, str) and words.strip():
            yield _folded(title, _lines(words), opened=title == "Traceback")
    pictures = [
        f'<figure><img src="{image.uri}" alt=""><figcaption>{_html.text(image.name)}'
        "</figcaption></figure>"
        if image.uri
        else f"<p>{_html.text(image.name)} is too large for this page.</p>"
        for image in images_of(record.layout)
    ]
    if pictures:
        yield _folded("Artifacts", f'<div class="charts">{"".join(pictures)}</div>')


def _lines(words: str) -> str:
    """Write the end of a text, as a terminal would have shown it."""
    lines = [*shown(words.rstrip("\n"), colours=False)]
    cut = lines[-_MOST_LINES:]
    more = len(lines) - len(cut)
    head = f"<p><small>{more:,} lines before these.</small></p>" if more else ""
    return f"{head}<pre>{chr(10).join(map(_html.text, cut))}</pre>"


def _folded(title: str, content: str, *, opened: bool = False) -> str:
    """Write a part that can be folded away."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{title}</summary>{content}</details>"


def _attempt(read: Callable[[], Any]) -> Any:
    """Read something of a run; what cannot be read is not shown."""
    try:
        return read()
    except (ForgeError, OSError):
        return {}
