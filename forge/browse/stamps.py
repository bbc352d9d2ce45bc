"""When folders changed last: one stat for each."""

import os
from collections.abc import Sequence
from typing import Final

from forge.browse.spreading import spread


#: So many questions a slow file system is asked at a time.
_THREADS: Final = 32


def stamps_of(folders: Sequence[os.DirEntry[str]]) -> set[tuple[int, int, int]]:
    """Ask when run folders changed.

    Args:
        folders: The folders, named by numbers, as the system listed them.

    Returns:
        Number, inode and time of each; what has gone meanwhile is left out.
    """
    found = set(spread(_stamp, folders, threads=_THREADS))
    found.discard(_GONE)
    return found


_GONE: Final = (0, 0, 0)


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int, int]:
    """Ask about one folder."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return _GONE
    return int(entry.name), facts.st_ino, facts.st_mtime_ns
