"""What the index keeps of one run: its record boiled down to plain columns."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from forge.browse.attributes import STORED
from forge.browse.cells import BETWEEN, dumps, plain, text
from forge.errors import ForgeError
from forge.records.annotations import Annotations
from forge.records.layout import RunLayout
from forge.records.liveness import Life, is_aborted, life_of
from forge.records.processes import Process
from forge.records.record import Record
from forge.records.sessions import config_at
from forge.records.showing import readable
from forge.records.status import Status
from forge.records.tally import MetricSummary


_T = TypeVar("_T")

#: Flags that are no parameter.
_NO_PARAMETERS: Final = frozenset({"git_commit"})

#: Why a folder has nothing to read yet, or never will.
STARTING: Final = "it is starting, or was not started by Forge"
ABORTED: Final = "it was aborted before its start"


class Facts(NamedTuple):
    """What the index keeps of a run.

    Attributes:
        columns: The value of each attribute, in the order of `STORED`.
        words: The text that is looked through for words.
        config: The parameters, as JSON.
        summary: The summary of each metric, as JSON.
        result: What the run returned, by key, as JSON.
        names: The names in each of the three, as JSON.
        live: What is needed to judge again whether it runs, as JSON; empty for a
            run that has ended.
    """

    columns: tuple[Any, ...]
    words: str
    config: str
    summary: str
    result: str
    names: str
    live: str


def facts_of(folder: str, name: str, number: int) -> Facts:
    """Read what the index keeps of a run.

    Args:
        folder: The run folder.
        name: The experiment, as the folder lies.
        number: The number of the run.

    Returns:
        The facts. Nothing that stands in the folder makes this fail: what cannot be
        read is said in the attribute `trouble`.
    """
    troubles: list[str] = []
    attributes: dict[str, Any] = {"id": f"{name}/{number}", "name": name}
    attributes["number"] = number
    try:
        record = Record.read(folder)
    except ForgeError as error:
        return _without_record(RunLayout(Path(folder)), attributes, error)
    life = _live(record)
    # Judged before the metrics are read: who dies meanwhile is read once more.
    status = judged(folder, life) if life else {}
    config: Mapping[str, Any] = _attempt(lambda: _config(record), {}, troubles)
    metrics: Mapping[str, MetricSummary] = _attempt(
        lambda: record.summary, {}, troubles
    )
    notes = _attempt(lambda: record.annotations, Annotations(), troubles)
    attributes |= _attributes(record, notes, config)
    attributes |= {"steps": max((m.step for m in metrics.values()), default=None)}
    attributes |= {"trouble": "; ".join(troubles) or None}
    attributes |= status
    result: Mapping[str, Any] = _attempt(
        lambda: dict(_flat(_result(record))), {}, troubles
    )
    return _facts(attributes, (config, metrics, result), life)


def judged(folder: str, live: str) -> dict[str, Any]:
    """Judge a run that has not ended, without reading its record again.

    Args:
        folder: The run folder.
        live: What `Facts.live` said.

    Returns:
        The attributes that may have changed.
    """
    layout = RunLayout(Path(folder))
    process = json.loads(live)
    if not process:
        aborted = is_aborted(layout)
        return {"trouble": ABORTED if aborted else STARTING}
    life: Life = life_of(layout, Process(**process))
    status = Status.RUNNING if life.alive else Status.DEAD
    return {"status": str(status), "doubt": life.doubt or None}


def _without_record(
    layout: RunLayout, attributes: dict[str, Any], error: ForgeError
) -> Facts:
    """Make the facts of a folder whose record cannot be read."""
    live = ""
    if error.code == "no-run":
        live = "{}"
        attributes |= judged(str(layout.folder), live)
    else:
        attributes |= {"trouble": _trouble(error)}
    return _facts(attributes, ({}, {}, {}), live)


def _facts(
    attributes: Mapping[str, Any], documents: tuple[Any, Any, Any], live: str
) -> Facts:
    """Put attributes and documents into the form of the index."""
    values = {key: plain(value) for key, value in attributes.items()}
    words = [values.get(key) for key in ("id", "label", "note")]
    tags = values.get("tags") or ()
    searched = BETWEEN.join([*filter(None, words), *tags]).casefold()
    columns = [values.get(key) for key in STORED]
    at = list(STORED).index("tags")
    columns[at] = dumps(list(tags))
    config, metrics, result = documents
    names = dumps([sorted(config), sorted(map(text, metrics)), sorted(result)])
    found = (dumps(config), _summary(metrics), dumps(result))
    return Facts(tuple(columns), searched, *found, names, live)


def _attributes(
    record: Record, notes: Annotations, config: Mapping[str, Any]
) -> dict[str, Any]:
    """Read the attributes of a run."""
    run, git, host, parent = record.run, record.git, record.host, record.run.parent
    commit = git.commit if git else None
    return {
        "status": str(run.status),
        "label": run.label,
        "started": _time(run.started),
        "ended": _time(run.ended),
        "duration": run.duration,
        "tags": notes.tags,
        "note": notes.note or None,
        "star": int(notes.star),
        "archived": int(notes.archived),
        "host": host.name if host else None,
        "user": run.user,
        "gpu": ", ".join(host.gpus) or None if host else None,
        "commit": commit or _legacy_commit(record),
        "branch": git.branch if git else None,
        "dirty": None if git is None or git.dirty is None else int(git.dirty),
        "command": run.command,
        "reason": run.reason or None,
        "error": f"{run.error.type}: {run.error.message}" if run.error else None,
        "goal": run.goal,
        "parent": parent.run if parent else None,
        "sweep": parent.run if parent and parent.kind == "sweep" else None,
        "python": run.python or None,
    }


def _legacy_commit(record: Record) -> str | None:
    """Read the commit from the flags, where Forge of 2018 put it."""
    try:
        commit = record.config.get("git_commit")
    except ForgeError:
        return None
    return commit if isinstance(commit, str) else None


def _config(record: Record) -> Mapping[str, Any]:
    """Read the parameters of a run: what a resume gave anew is what it has now."""
    return {
        text(key): plain(value if type(value) in _SIMPLE else readable(value))
        for key, value in config_at(record).items()
        if key not in _NO_PARAMETERS
    }


_SIMPLE: Final = frozenset({str, int, float, bool, type(None)})


def _summary(metrics: Mapping[str, MetricSummary]) -> str:
    """Write the summaries of the metrics."""
    try:
        written = msgspec.json.encode(dict(metrics)).decode()
    except UnicodeEncodeError:
        written = "null"
    # Looking for what SQLite does not take costs less than looking at each number.
    if "null" in written or "\\u0000" in written:
        every = {text(k): msgspec.structs.asdict(one) for k, one in metrics.items()}
        return dumps(plain(every))
    return written


def _result(record: Record) -> Any:
    """Read the result of a run; that of an earlier session by the name `earlier`."""
    if record.result is None:
        for session in reversed(record.run.sessions):
            if session.result is not None:
                return {"earlier": readable(session.result)}
    return record.result


def _flat(result: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Name the parts of a result; a result that is no mapping has an empty name."""
    if isinstance(result, dict) and result:
        for key, value in result.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    elif result is not None or prefix:
        yield text(prefix), plain(result)


def _live(record: Record) -> str:
    """Keep what judging the run again needs; nothing if it has ended."""
    if record.run.status is not Status.RUNNING:
        return ""
    process = record.process
    names = ("pid", "started", "boot", "namespace", "host")
    return json.dumps({name: getattr(process, name) for name in names})


def _attempt(read: Callable[[], _T], otherwise: _T, troubles: list[str]) -> _T:
    """Read something; where that fails, note why."""
    try:
        return read()
    except ForgeError as error:
        troubles.append(_trouble(error))
    except RecursionError:
        troubles.append("a value is nested too deeply")
    return otherwise


def _trouble(error: ForgeError) -> str:
    """Say which file cannot be read and why."""
    path, reason = error.facts.get("path"), error.facts.get("reason")
    if path is None or reason is None:
        return f"unreadable: {error}"
    return f"{Path(path).name} is unreadable: {reason}"


def _time(when: str | None) -> float | None:
    """Read a time; nothing where it makes no sense."""
    try:
        time = datetime.fromisoformat(when or "")
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
