"""What Sacred says of a run, in the words of Forge."""

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from forge.masking import is_secret_file, masked, masked_values, masked_words
from forge.observers.base import Logged, SourceCopy
from forge.records.codec import rich
from forge.records.processes import this_process
from forge.records.runfile import (
    ComponentFact,
    ErrorFact,
    Git,
    Host,
    RunFile,
    Session,
)
from forge.records.status import Status


#: What a run of Sacred's cannot be, and why; told to those who try to load it.
HINDRANCE: Final = "Sacred ran it, so it has no components that Forge could build"

_MANIFEST_FORMAT: Final = 1


def iso(moment: datetime) -> str:
    """Write a moment of Sacred's, which is in UTC and does not say so.

    Args:
        moment: The moment.

    Returns:
        ISO text with the offset.
    """
    return moment.replace(tzinfo=UTC).isoformat(timespec="milliseconds")


def flags_of(config: Mapping[str, Any], commit: str | None) -> dict[str, Any]:
    """Flatten a config.

    Args:
        config: Sacred's, nested.
        commit: The commit of the repository.

    Returns:
        JSON-ready values by dotted key, secrets left out.
    """
    flat = {key: rich(value) for key, value in _flat(config, "")}
    return {**masked_values(flat), "git_commit": commit}


def facts_of(
    name: str,
    number: int,
    ex_info: Mapping[str, Any],
    *,
    command: str,
    host_info: Mapping[str, Any],
    meta_info: Mapping[str, Any],
    started: datetime,
) -> RunFile:
    """Collect what is known of a run that begins.

    Args:
        name: The name of the experiment.
        number: The number of the run.
        ex_info: What Sacred says of the experiment.
        command: The function that is run.
        host_info: What Sacred says of the machine.
        meta_info: What Sacred says of the command line.
        started: When it began.

    Returns:
        The first state of run.json.
    """
    process = this_process()
    when = iso(started)
    argv = masked_words(tuple(sys.argv))
    mainfile = ex_info.get("mainfile")
    return RunFile(
        uid=uuid4().hex,
        name=name,
        number=number,
        status=Status.RUNNING,
        # Sacred does not tell which function is the main one; who types, does.
        command=command if command in sys.argv[1:] else None,
        argv=argv,
        cwd=os.getcwd(),  # noqa: PTH109 - as the user sees it, links not resolved
        main=Path(mainfile).stem if mainfile else None,
        started=when,
        host=_host(host_info),
        pid=process.pid,
        pid_started=process.started,
        boot=process.boot,
        pid_namespace=process.namespace,
        python=platform.python_version(),
        platform=f"{sys.platform} {platform.machine()}",
        git=git_of(ex_info),
        components=(
            ComponentFact(
                path="",
                kind="experiment",
                name=name,
                module="__main__",
                qualname=command,
                file=mainfile,
            ),
        ),
        presets=tuple(map(str, meta_info.get("named_configs", ()))),
        rebuildable=False,
        sessions=(
            Session(started=when, host=process.host, pid=process.pid, argv=argv),
        ),
    )


def git_of(ex_info: Mapping[str, Any]) -> Git | None:
    """Read the state of the repository.

    Args:
        ex_info: What Sacred says of the experiment.

    Returns:
        The first repository's, None if there is none.
    """
    for repository in ex_info.get("repositories", ()):
        return Git(
            commit=repository.get("commit"),
            dirty=repository.get("dirty"),
            remote=masked("url", repository.get("url")),
        )
    return None


def sources_of(ex_info: Mapping[str, Any]) -> tuple[SourceCopy, ...]:
    """Copy the sources that Sacred found.

    Args:
        ex_info: What Sacred says of the experiment.

    Returns:
        Those below its base folder that can be read, keys and passwords apart.
    """
    base = Path(ex_info["base_dir"])
    found = {}
    for name, *_ in ex_info.get("sources", ()):
        file = base / name
        if not file.is_relative_to(base) or ".." in file.parts or is_secret_file(name):
            continue
        path = file.relative_to(base).as_posix()
        try:
            data = file.read_bytes()
        except OSError:
            continue
        found[path] = SourceCopy(path, data, hashlib.sha256(data).hexdigest())
    return tuple(found[path] for path in sorted(found))


def manifest_of(
    sources: Sequence[SourceCopy], ex_info: Mapping[str, Any]
) -> dict[str, Any]:
    """Say what `MANIFEST.json` says about copied sources.

    Args:
        sources: The copies.
        ex_info: What Sacred says of the experiment.

    Returns:
        A mapping of plain values.
    """
    mainfile = ex_info.get("mainfile")
    packages = (d.partition("==") for d in ex_info.get("dependencies", ()))
    return {
        "format": _MANIFEST_FORMAT,
        "main": {"module": Path(mainfile).stem, "path": mainfile} if mainfile else None,
        "roots": ["."],
        "files": {copy.path: copy.sha256 for copy in sources},
        "python": platform.python_version(),
        "packages": {name: version for name, _, version in packages},
        "externals": {},
        "rebuildable": False,
        "hindrance": HINDRANCE,
    }


def logged(
    metrics: Mapping[str, Mapping[str, Any]], started: datetime
) -> tuple[list[Logged], list[str]]:
    """Turn the metrics since the last heartbeat into events.

    Args:
        metrics: Sacred's, columns by name.
        started: When the run began.

    Returns:
        One event for each measurement, in the order in which they were made; and the
        names of metrics with values that are no numbers.
    """
    points: list[tuple[datetime, Logged]] = []
    odd = {}
    for name, columns in metrics.items():
        rows = zip(
            columns["steps"], columns["values"], columns["timestamps"], strict=True
        )
        for step, value, moment in rows:
            try:
                number = value if type(value) is int else float(value)
            except (TypeError, ValueError):
                odd[name] = True
                continue
            seconds = (moment - started).total_seconds()
            points.append((moment, Logged(int(step), seconds, {name: number})))
    points.sort(key=lambda point: point[0])
    return [event for _, event in points], list(odd)


def error_of(trace: Sequence[str], error: BaseException | None) -> ErrorFact:
    """Name what ended a run that failed.

    Args:
        trace: Sacred's traceback.
        error: The exception, where it can still be seen.

    Returns:
        Its class and text.
    """
    if error is not None:
        return ErrorFact(type=type(error).__name__, message=str(error))
    kind, _, message = trace[-1].strip().partition(": ") if trace else ("", "", "")
    return ErrorFact(type=kind.rpartition(".")[2] or "Exception", message=message)


def _host(host_info: Mapping[str, Any]) -> Host:
    """Describe the machine."""
    gpus = (host_info.get("gpus") or {}).get("gpus", ())
    return Host(
        name=host_info.get("hostname") or platform.node(),
        system=" ".join(map(str, host_info.get("os") or ())),
        cpu=str(host_info.get("cpu") or ""),
        cpus=os.cpu_count(),
        gpus=tuple(str(gpu.get("model", "")) for gpu in gpus),
    )


def _flat(config: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Values by dotted key; an empty group is a value."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
