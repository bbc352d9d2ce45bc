"""When folders changed last: one stat for each, many at once where that is slow."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final


#: So many folders are asked before it is known how long one takes.
_PROBED: Final = 128

#: Seconds that a folder in memory takes at most. A disk that sleeps and a file system
#: of the network take far longer, and answer many questions at a time.
_SLOW: Final = 5e-5

_THREADS: Final = 32


def stamps_of(folders: Sequence[os.DirEntry[str]]) -> set[tuple[int, int, int]]:
    """Ask when run folders changed.

    Args:
        folders: The folders, named by numbers, as the system listed them.

    Returns:
        Number, inode and time of each; what has gone meanwhile is left out.
    """
    begin = time.perf_counter()
    found = set(_stamps(folders[:_PROBED]))
    rest = folders[_PROBED:]
    if rest and time.perf_counter() - begin > _PROBED * _SLOW:
        # Imported on use: lists need threads only here.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        parts = [rest[at::_THREADS] for at in range(_THREADS)]
        with ThreadPoolExecutor(_THREADS) as pool:
            found.update(*pool.map(lambda part: list(_stamps(part)), parts))
    else:
        found.update(_stamps(rest))
    return found


def _stamps(folders: Iterable[os.DirEntry[str]]) -> Iterator[tuple[int, int, int]]:
    """Ask one after the other."""
    for entry in folders:
        try:
            facts = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield int(entry.name), facts.st_ino, facts.st_mtime_ns
