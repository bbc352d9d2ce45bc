"""The sources of a recorded run, as the copies for another one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forge.observers.base import SourceCopy
from forge.run.sources import Sources


def sources_of(folder: Path, manifest: Mapping[str, Any]) -> Sources:
    """Take a run's stored sources for a run that is made from them.

    Args:
        folder: The folder of the stored sources.
        manifest: What its `MANIFEST.json` holds.

    Returns:
        The same copies.
    """
    main = manifest.get("main") or {}
    copies = tuple(
        SourceCopy(path, (folder / path).read_bytes(), digest)
        for path, digest in manifest["files"].items()
    )
    return Sources(
        root=folder.resolve(),
        files=copies,
        roots=tuple(manifest.get("roots", (".",))),
        main=main.get("module"),
        main_path=main.get("path"),
        python=manifest.get("python", ""),
        packages=manifest.get("packages", {}),
        externals=manifest.get("externals", {}),
    )
