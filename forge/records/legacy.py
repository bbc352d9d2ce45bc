"""Run folders that the Forge of 2018 wrote: no run.json, but flags and copies."""

import hashlib
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from forge.records.durable import read_bounded
from forge.records.layout import RunLayout
from forge.records.numbers import is_number
from forge.records.plain import from_json
from forge.records.runfile import KIND_SCRIPT, ComponentFact, Git, RunFile, Session
from forge.records.status import Status


#: The flags that name the config files, and what these build.
ROLES: Final = {"data_config": "dataset", "model_config": "model"}

_LARGEST: Final = 64 << 20
_LARGEST_COPY: Final = 2_000_000
_REASON: Final = "written by the Forge of 2018, which recorded no end"


def is_legacy(layout: RunLayout) -> bool:
    """Tell whether the Forge of 2018 wrote a folder.

    Args:
        layout: The names in the folder.

    Returns:
        Whether it has flags, and nothing that only later versions write; a run of
        theirs that was killed while it began is none.
    """
    later = (layout.run, layout.lock, layout.sources, layout.trust)
    return os.path.isfile(layout.flags) and not any(map(os.path.exists, later))  # noqa: PTH113 - odd names


def legacy_runfile(layout: RunLayout) -> RunFile:
    """Say of such a folder what run.json would say, as far as it is known.

    Args:
        layout: The names in the folder.

    Returns:
        The facts.

    Raises:
        OSError: Its flags cannot be read.
        ValueError: They make no sense.
    """
    data = read_bounded(layout.flags, _LARGEST)
    flags = from_json(data)
    if not isinstance(flags, dict):
        raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data
    folder = Path(os.path.realpath(layout.folder))
    is_run = is_number(folder.name)
    name = (folder.parent if is_run else folder).name
    commit = flags.get("git_commit")
    started = datetime.fromtimestamp(layout.flags.stat().st_mtime, UTC).isoformat()
    return RunFile(
        uid=hashlib.sha256(os.fsencode(folder) + data).hexdigest()[:32],
        name=name,
        number=int(folder.name) if is_run else 1,
        status=Status.COMPLETED,
        reason=_REASON,
        started=started,
        git=Git(commit=commit) if isinstance(commit, str) and commit else None,
        components=(
            ComponentFact(path="", kind=KIND_SCRIPT, name=name, module="", qualname=""),
            *_configs(layout, flags),
        ),
        rebuildable=bool(copies(layout)),
        sessions=(Session(started=started, status=Status.COMPLETED),),
    )


def copies(layout: RunLayout) -> list[Path]:
    """List the copies of config files in such a folder; none of them is read.

    Args:
        layout: The names in the folder.

    Returns:
        The files, without links and what is too large for a source.
    """
    try:
        paths = sorted(layout.folder.glob("*.py"))
        return [path for path in paths if _is_copy(path)]
    except OSError:
        return []


def _configs(layout: RunLayout, flags: Mapping[str, Any]) -> list[ComponentFact]:
    """Describe the config files that the flags name, where there are copies."""
    there = {path.name for path in copies(layout)}
    found = []
    for flag, role in ROLES.items():
        text = flags.get(flag)
        copy = PurePosixPath(text).name if isinstance(text, str) else ""
        if copy in there:
            found.append(
                ComponentFact(
                    path=role,
                    kind=role,
                    name=PurePosixPath(copy).stem,
                    module=PurePosixPath(copy).stem,
                    qualname="load",
                    file=copy,
                )
            )
    return found


def _is_copy(path: Path) -> bool:
    """Whether a file may be the copy of a config file."""
    facts = path.lstat()
    return stat.S_ISREG(facts.st_mode) and facts.st_size <= _LARGEST_COPY
