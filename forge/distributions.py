"""The distributions that this process could import, found by the names of folders."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path


_SUFFIXES = (".dist-info", ".egg-info")


def metadata_folders() -> Iterator[Path]:
    """Find the metadata of everything that is installed as files.

    `importlib.metadata` takes as long to import as a short run to record, and opens
    files for what the names of these folders say.

    Yields:
        Each `name-version.dist-info` and `*.egg-info`, in the order in which imports
        look; the latter may be a file. Archives are passed over.
    """
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - a fifth of the time
        except OSError:
            continue
        if folder.lower().endswith(".egg"):
            names = [name for name in names if name.lower() == "egg-info"]
        else:
            names = [name for name in names if name.endswith(_SUFFIXES)]
        yield from (Path(folder, name) for name in names)
