"""Runs opened in a process as in the one that started it."""

from pathlib import Path
from typing import cast

from forge.errors import ForgeError
from forge.rebuild.form import NAME, digest_of, read_manifest
from forge.rebuild.guard import Leaks
from forge.rebuild.importer import FINDER
from forge.rebuild.inheritance import told
from forge.rebuild.isolated import LOCK, StoredSources


def reopen(identity: str) -> StoredSources | None:
    """Open, in a process that was started from another one, what that had opened.

    Args:
        identity: The id of the run in that process.

    Returns:
        The stored sources, or None when that process had no such run open.

    Raises:
        ForgeError: The files are not those that it had opened.
    """
    with LOCK:
        already = FINDER.get(identity)
        facts = told(identity)
        if facts is None or already is not None:
            return cast("StoredSources | None", already)
        folder = Path(facts["folder"])
        data = read_manifest(folder)
        if digest_of(data) != facts["manifest"]:
            raise ForgeError(
                "source-altered",
                f"{folder / NAME} was changed after the process that started this one "
                f"had opened it.\n  Load the run again there.",
                folder=str(folder),
            )
        leaks = cast("Leaks", facts["leaks"])
        return StoredSources(folder, data, leaks=leaks, identity=identity)
