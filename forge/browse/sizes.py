"""The room that a folder takes on the disk."""

import os
from pathlib import Path


def size_of(folder: Path | str) -> int:
    """Add up the bytes of everything in a folder.

    Args:
        folder: Any folder; links in it are not followed.

    Returns:
        The bytes; what cannot be asked counts as none.
    """
    total = 0
    folders = [os.fspath(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
