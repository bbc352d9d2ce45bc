"""The files in a folder and in those below it."""

import os
from pathlib import Path


def files_of(folder: Path) -> list[str]:
    """List files.

    Args:
        folder: Any folder, such as that of a run.

    Returns:
        Their paths below it, in order; links to folders are not followed.
    """
    return sorted(
        os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118
        for parent, _, names in os.walk(folder)
        for name in names
    )
