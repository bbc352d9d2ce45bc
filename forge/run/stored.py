"""The sources of a recorded run, as the copies for another one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from forge.observers.base import SourceCopy
from forge.run.sources import Sources, collect


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


def with_components(sources: Sources, files: Iterable[str]) -> Sources:
    """Add the files of components that a run's own sources do not have.

    Args:
        sources: The stored copies.
        files: The files that define the components of the run that is made from them.

    Returns:
        The same with copies of what lies elsewhere; what such a file imports of the
        project is the run's own when it is loaded.
    """
    paths = (Path(file).resolve() for file in files)
    elsewhere = [path for path in paths if not path.is_relative_to(sources.root)]
    if not elsewhere:
        return sources
    found = collect(sources.root, None, components=elsewhere)
    added = [copy for copy in found.files if copy.path in found.outside]
    return replace(sources, files=(*sources.files, *added), outside=dict(found.outside))
