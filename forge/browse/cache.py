"""The file that the index is kept in: a cache, which may be deleted at any time."""

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from forge.browse.attributes import STORED, Sort


#: Changes whenever what the index keeps changes: older files are made anew.
VERSION: Final = 3

#: Seconds to wait for another process that writes.
_PATIENCE: Final = 5.0

#: Milliseconds to wait for what can be done without.
_BRIEFLY: Final = 200

#: Files that nobody asked for so long are deleted.
_FORGOTTEN: Final = 30 * 86_400

_KINDS: Final = {
    Sort.TEXT: "TEXT",
    Sort.LIST: "TEXT",
    Sort.SWITCH: "INTEGER",
    Sort.WHOLE: "INTEGER",
    Sort.NUMBER: "REAL",
    Sort.TIME: "REAL",
}

_COLUMNS: Final = ", ".join(
    f"{one.column} {_KINDS[one.sort]}" for one in STORED.values()
)

_SCHEMA: Final = f"""
    CREATE TABLE runs (
        key INTEGER PRIMARY KEY AUTOINCREMENT, root INTEGER, folder TEXT,
        inode INTEGER, mtime INTEGER, live TEXT, words TEXT, shape INTEGER, {_COLUMNS}
    );
    CREATE UNIQUE INDEX places ON runs (root, name, number, inode, mtime);
    CREATE INDEX starts ON runs (started);
    CREATE INDEX shaped ON runs (shape);
    CREATE INDEX lives ON runs (live) WHERE live != '';
    CREATE TABLE docs (key INTEGER PRIMARY KEY, config TEXT, summary TEXT, result TEXT);
    CREATE TABLE shapes (shape INTEGER PRIMARY KEY, keys TEXT UNIQUE);
    PRAGMA user_version = {VERSION};
"""


def cache_folder() -> Path:
    """Find the folder of the cache.

    Returns:
        `forge` below `XDG_CACHE_HOME`, else below `~/.cache`; it need not exist.
    """
    home = os.environ.get("XDG_CACHE_HOME", "")
    return Path(home if os.path.isabs(home) else "~/.cache").expanduser() / "forge"  # noqa: PTH117


def cache_file(roots: Sequence[Path]) -> Path:
    """Name the file that the runs of some results folders are indexed in.

    Args:
        roots: The folders.

    Returns:
        A path that no other folders have.
    """
    names = "\0".join(os.path.realpath(root) for root in roots)
    digest = hashlib.sha256(os.fsencode(names)).hexdigest()
    return cache_folder() / f"runs-{digest[:24]}.sqlite"


def connect(path: Path | None) -> sqlite3.Connection:
    """Open an index.

    Args:
        path: The file, made if it is missing; None keeps the index in memory.

    Returns:
        The connection, with all tables.

    Raises:
        sqlite3.Error: The file is damaged, or in the way of one.
        OSError: The folder cannot be made.
    """
    if path is not None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def delete(path: Path) -> None:
    """Delete an index with everything beside it; it is made anew when it is needed.

    Args:
        path: Its file.
    """
    for end in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            os.unlink(f"{path}{end}")  # noqa: PTH108 - an end is no path


def _prepare(connection: sqlite3.Connection, path: Path | None) -> None:
    """Make sure that the tables are there."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    if version:
        raise sqlite3.DatabaseError(f"the index has version {version}")
    connection.execute(f"PRAGMA busy_timeout = {_BRIEFLY}")
    with contextlib.suppress(sqlite3.OperationalError):
        # Readers and a writer then do not wait for each other.
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA busy_timeout = {int(1_000 * _PATIENCE)}")
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have been faster.
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
    connection.execute("COMMIT")
    if path is not None:
        _forget_others(path)


def _forget_others(path: Path) -> None:
    """Delete indexes that nobody asked for a long time."""
    with contextlib.suppress(OSError):
        for other in path.parent.glob("runs-*.sqlite"):
            if time.time() - other.stat().st_mtime > _FORGOTTEN:
                delete(other)
