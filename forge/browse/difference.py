"""What differs between two runs: config, code, environment, output, files."""

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge.errors import ForgeError
from forge.records.durable import read_bounded
from forge.records.files import files_of
from forge.records.layout import RunLayout
from forge.records.record import Record
from forge.records.sessions import config_at
from forge.records.showing import readable


#: Larger files are only said to differ.
_LARGEST: Final = 2 << 20

#: What can be compared, in the order in which it is shown.
PARTS: Final = ("config", "code", "env", "output", "files")


class Side(NamedTuple):
    """One of the two that are compared.

    Attributes:
        name: How it is called.
        folder: The run folder.
        code: Where the sources lie; those of the working tree for a comparison with it.
    """

    name: str
    folder: Path
    code: Path


def side_of(folder: Path) -> Side:
    """Make the side of a run.

    Args:
        folder: The run folder.

    Returns:
        The side.
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - keeps links
    name = f"{place.parent.name}/{place.name}"
    return Side(name, folder, RunLayout(folder).sources)


def working_tree(folder: Path) -> Side:
    """Make the side of the project as it is now.

    Args:
        folder: A run of it.

    Returns:
        The side, whose sources are those of the project.

    Raises:
        ForgeError: `no-file` if the project is not where it was.
    """
    record = Record.read(folder)
    cwd = Path(record.run.cwd or ".")
    stored = record.sources
    for root in (cwd, *cwd.parents):
        if stored and all((root / path).is_file() for path in stored[:1]):
            return Side("working tree", folder, root)
    raise ForgeError(
        "no-file",
        f"the project of {side_of(folder).name} is not below {cwd} any more.",
        path=cwd,
    )


def difference(part: str, one: Side, other: Side) -> Iterator[str]:
    """Compare one thing.

    Args:
        part: One of `PARTS`.
        one: The one side.
        other: The other side.

    Yields:
        The lines of a unified diff; none if nothing differs.

    Raises:
        ForgeError: `run-unreadable`.
    """
    match part:
        case "config":
            yield from _pairs("config", one, other, _config)
        case "env":
            yield from _pairs("env", one, other, _environment)
        case "code":
            yield from _code(one, other)
        case "output":
            files = [RunLayout(side.folder).output for side in (one, other)]
            yield from _files("output.txt", files, (one, other))
        case "files":
            yield from _pairs("files", one, other, _sizes)


def _pairs(what: str, one: Side, other: Side, read: Any) -> Iterator[str]:
    """Compare mappings, key by key."""
    before, after = read(one.folder), read(other.folder)
    keys = [*before, *(key for key in after if key not in before)]
    lines = []
    for key in keys:
        if (
            repr(before.get(key)) == repr(after.get(key))
            and key in before
            and key in after
        ):
            continue
        if key in before:
            lines.append(f"-{key} = {before[key]!r}")
        if key in after:
            lines.append(f"+{key} = {after[key]!r}")
    if lines:
        yield from (f"--- {one.name} {what}", f"+++ {other.name} {what}", *lines)


def _config(folder: Path) -> Mapping[str, Any]:
    """Read the parameters."""
    values = config_at(Record.read(folder))
    return {key: readable(value) for key, value in values.items()}


def _environment(folder: Path) -> Mapping[str, Any]:
    """Read what the run ran in: machine, versions, packages, variables of git."""
    record = Record.read(folder)
    run, host, git = record.run, record.host, record.git
    facts: dict[str, Any] = {"python": run.python, "platform": run.platform}
    if host is not None:
        facts |= {"host": host.name, "system": host.system, "cpu": host.cpu}
        facts |= {"gpus": list(host.gpus)}
    if git is not None:
        facts |= {"commit": git.commit, "branch": git.branch, "dirty": git.dirty}
    text = _text(RunLayout(folder).requirements) or ""
    for line in text.splitlines():
        name, sign, version = line.partition("==")
        if sign:
            facts[name] = version
    return facts


def _sizes(folder: Path) -> Mapping[str, Any]:
    """Read how large each file is."""
    sizes = {}
    for name in files_of(folder):
        try:
            sizes[name] = f"{os.lstat(folder / name).st_size:,} bytes"
        except OSError:
            continue
    return sizes


def _code(one: Side, other: Side) -> Iterator[str]:
    """Compare the stored sources, file by file, and what was not committed."""
    manifest = RunLayout(one.folder).manifest.name
    names: set[str] = set()
    for side in (one, other):
        # The working tree has much that is none of the run, and a link leads anywhere.
        if side.code == RunLayout(side.folder).sources and not side.code.is_symlink():
            names |= {name for name in files_of(side.code) if name != manifest}
    for name in sorted(names):
        yield from _files(name, [one.code / name, other.code / name], (one, other))


def _files(name: str, paths: Sequence[Path], sides: tuple[Side, Side]) -> Iterator[str]:
    """Compare two files line by line."""
    before, after = (_text(path) for path in paths)
    if before == after:
        if before is None and any(path.exists() for path in paths):
            yield f"{name}: too large to compare, or unreadable"
        return
    left, right = (
        f"{side.name}/{name}" if text is not None else "/dev/null"
        for side, text in zip(sides, (before, after), strict=True)
    )
    old, new = (before or "").splitlines(), (after or "").splitlines()
    yield from difflib.unified_diff(old, new, left, right, lineterm="")


def _text(path: Path) -> str | None:
    """Read a file; nothing if there is none, or it is too large."""
    try:
        return read_bounded(path, _LARGEST).decode(errors="replace")
    except (OSError, ValueError):
        return None
