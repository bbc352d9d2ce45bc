"""Stored sources that are not those of today."""

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from forge.records.durable import read_bounded
from forge.run.project import Script, is_library


#: Larger files differ from any that was stored.
_LARGEST_READ: Final = 64 << 20


def stale(
    manifest: Mapping[str, Any], root: Path, script: Script | None = None
) -> list[str]:
    """Find stored files that differ from those of today.

    Args:
        manifest: What `manifest` returned when the run was made.
        root: Today's project root.
        script: What was typed in today, if that is where the main script comes from.

    Returns:
        The paths whose content differs or that are missing, sorted.
    """
    outside = manifest.get("outside", {})
    main = (manifest.get("main") or {}).get("path") if script else None
    found = []
    for path, digest in manifest.get("files", {}).items():
        file = Path(outside[path]) if path in outside else root / path
        data = script.data if script and path == main else _read_today(file)
        same = data is not None and sha256(data).hexdigest() == digest
        if not same:
            found.append(path)
    return sorted(found)


def unstored(
    manifest: Mapping[str, Any], root: Path, files: Iterable[str]
) -> list[str]:
    """Find files of the project that are not among those that were stored.

    Args:
        manifest: What `manifest` returned when the run was made.
        root: Today's project root.
        files: The files that are wanted.

    Returns:
        Those of them that are missing.
    """
    places = manifest.get("files", {})
    outside = manifest.get("outside", {})
    stored = {os.path.realpath(outside.get(path, root / path)) for path in places}
    return [
        file
        for file in files
        if not is_library(real := os.path.realpath(file)) and real not in stored
    ]


def _read_today(file: Path) -> bytes | None:
    """Read a file that a manifest names, whoever wrote that; None if it cannot be."""
    try:
        return read_bounded(file, _LARGEST_READ)
    except (OSError, ValueError):
        return None
