"""Run folders in one archive, to be handed on."""

import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from forge.browse.index import Row
from forge.errors import ForgeError
from forge.records.layout import RunLayout


def archive(rows: Sequence[Row], target: Path, *, checkpoints: bool = True) -> int:
    """Pack runs into a zip file.

    Args:
        rows: The runs.
        target: The file, which appears when it is whole.
        checkpoints: Whether to take checkpoints along.

    Returns:
        How many files were packed. Links, and what shows that a run is alive, are not.

    Raises:
        OSError: The archive cannot be written.
        ForgeError: `twice` if two of the runs have one id.
    """
    ids = [row.id for row in rows]
    twice = sorted({run for run in ids if ids.count(run) > 1})
    if twice:
        raise ForgeError(
            "twice",
            f"{', '.join(twice)} would be in the archive twice, from two folders.\n"
            "  Export them one after the other.",
        )
    partial = target.with_name(f".{target.name}.tmp-{os.getpid()}")
    n = 0
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as pack:
            for row in rows:
                for file in _files(
                    RunLayout(Path(row.folder)), checkpoints=checkpoints
                ):
                    inside = file.relative_to(row.folder).as_posix()
                    pack.write(file, f"{row.id}/{inside}")
                    n += 1
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return n


def _files(layout: RunLayout, *, checkpoints: bool) -> Iterator[Path]:
    """Find the regular files of a run."""
    apart = set() if checkpoints else {layout.checkpoints}
    for folder, inner, names in os.walk(layout.folder):
        inner[:] = sorted(n for n in inner if Path(folder, n) not in apart)
        for name in sorted(names):
            path = Path(folder, name)
            # Unfinished files, and the lock: opening that would tell a falsehood.
            if path == layout.lock or name.startswith(".tmp-"):
                continue
            if stat.S_ISREG(path.lstat().st_mode):
                yield path
