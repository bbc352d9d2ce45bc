"""An index brought up to date: one stat for each run folder, reading what changed."""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge.browse.attributes import STORED
from forge.browse.places import Home, homes
from forge.browse.spreading import spread
from forge.browse.stamps import stamps_of


#: Is told how many runs were read, and of how many.
Progress = Callable[[int, int], None]

#: A folder that changed so recently may change again without another time.
_RACY: Final = 2.0

#: A time that no folder has: such a run is read again.
_NEVER: Final = 0

#: So many runs are read at a time, where the disk is slow.
_THREADS: Final = 8

#: So many runs are read before what was read is kept.
_BATCH: Final = 500

_COLUMNS: Final = ", ".join(one.column for one in STORED.values())
_HEAD: Final = ("key", "root", "folder", "inode", "mtime", "live", "words", "shape")
_MARKS: Final = ", ".join("?" * (len(_HEAD) + len(STORED)))
_INSERT: Final = f"INSERT INTO runs ({', '.join(_HEAD)}, {_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608 - names of our own


class _Place(NamedTuple):
    """A run folder as the system lists it."""

    root: int
    name: str
    number: int
    inode: int
    mtime: int
    folder: str


class _Gone(NamedTuple):
    """A run that is in the index and nowhere else."""

    root: int
    name: str
    number: int


class _Reading(NamedTuple):
    """What was read of a run, in the form of the tables."""

    place: _Place
    live: str
    words: str
    names: str
    columns: tuple[Any, ...]
    documents: tuple[str, str, str]


def renew(
    connection: sqlite3.Connection,
    roots: Sequence[Path],
    progress: Progress | None = None,
) -> int:
    """Bring an index up to date.

    Args:
        connection: The index.
        roots: The results folders that it is of.
        progress: Is told how many runs were read, and of how many.

    Returns:
        How many runs were read anew or have gone.

    Raises:
        sqlite3.Error: The index is damaged, or locked for too long.
    """
    changed: list[_Place] = []
    gone: list[_Gone] = []
    known = set(connection.execute("SELECT DISTINCT root, name FROM runs"))
    for root, folder in enumerate(roots):
        for home in homes(folder):
            known.discard((root, home.name))
            _compare(connection, (root, home), changed, gone)
    for root, name in known:
        gone += _all_of(connection, root, name)
    for at in range(0, len(changed), _BATCH):
        if progress is not None:
            progress(at, len(changed))
        _write(connection, roots, changed[at : at + _BATCH])
    if gone:
        _delete(connection, gone)
    _judge_again(connection, roots)
    return len(changed) + len(gone)


def _compare(
    connection: sqlite3.Connection,
    at: tuple[int, Home],
    changed: list[_Place],
    gone: list[_Gone],
) -> None:
    """Find out what has changed in one experiment."""
    root, home = at
    now = stamps_of(home.runs)
    statement = "SELECT number, inode, mtime FROM runs WHERE root = ? AND name = ?"
    then = set(connection.execute(statement, (root, home.name)))
    if now == then:
        return
    places = {int(entry.name): entry.path for entry in home.runs}
    # The newest first: they are looked for while the rest is read.
    for number, inode, mtime in sorted(now - then, reverse=True):
        place = _Place(root, home.name, number, inode, mtime, places[number])
        changed.append(place)
    numbers = {number for number, _, _ in now}
    gone += [
        _Gone(root, home.name, number) for number, _, _ in then if number not in numbers
    ]


def _all_of(connection: sqlite3.Connection, root: int, name: str) -> list[_Gone]:
    """List the runs of an experiment that has gone."""
    statement = "SELECT root, name, number FROM runs WHERE root = ? AND name = ?"
    return [_Gone(*row) for row in connection.execute(statement, (root, name))]


def _write(
    connection: sqlite3.Connection, roots: Sequence[Path], changed: Sequence[_Place]
) -> None:
    """Read runs, and keep what was read."""
    fresh = time.time_ns() - int(_RACY * 1e9)
    # Before anything is locked: reading takes its time.
    readings = spread(_read, changed, threads=_THREADS)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _discard(connection, [_Gone(*place[:3]) for place in changed])
        last = connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'runs'"
        ).fetchone()
        shapes = _shapes(connection, {reading.names for reading in readings})
        for key, one in enumerate(readings, last[0] + 1 if last else 1):
            root, _, _, inode, mtime, folder = one.place
            place = os.path.relpath(folder, roots[root])
            stamp = mtime if mtime < fresh else _NEVER
            shape = shapes[one.names]
            head = (key, root, place, inode, stamp, one.live, one.words, shape)
            connection.execute(_INSERT, (*head, *one.columns))
            connection.execute(
                "INSERT INTO docs VALUES (?, ?, ?, ?)", (key, *one.documents)
            )
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _delete(connection: sqlite3.Connection, gone: Sequence[_Gone]) -> None:
    """Forget runs that have gone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _discard(connection, gone)
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _discard(connection: sqlite3.Connection, gone: Sequence[_Gone]) -> None:
    """Take runs out of the tables."""
    connection.executemany(
        "DELETE FROM docs WHERE key IN"
        " (SELECT key FROM runs WHERE root = ? AND name = ? AND number = ?)",
        gone,
    )
    connection.executemany(
        "DELETE FROM runs WHERE root = ? AND name = ? AND number = ?", gone
    )


def _roll_back(connection: sqlite3.Connection) -> None:
    """Leave the tables as they were; a full disk has done so already."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _shapes(connection: sqlite3.Connection, names: set[str]) -> dict[str, int]:
    """Number the sets of names that runs have."""
    found = {}
    for keys in names:
        connection.execute("INSERT OR IGNORE INTO shapes (keys) VALUES (?)", (keys,))
        row = connection.execute("SELECT shape FROM shapes WHERE keys = ?", (keys,))
        found[keys] = int(row.fetchone()[0])
    return found


def _read(place: _Place) -> _Reading:
    """Read a run."""
    # Reading records takes longer to import than a list of unchanged runs to print.
    from forge.browse.facts import facts_of  # noqa: PLC0415

    facts = facts_of(place.folder, place.name, place.number)
    documents = (facts.config, facts.summary, facts.result)
    named = facts.names
    return _Reading(place, facts.live, facts.words, named, facts.columns, documents)


def _judge_again(connection: sqlite3.Connection, roots: Sequence[Path]) -> None:
    """Find out which of the runs that have not ended still run."""
    statement = (
        "SELECT key, root, folder, live, status, doubt, trouble FROM runs"
        " WHERE live != ''"
    )
    alive = connection.execute(statement).fetchall()
    if not alive:
        return
    from forge.browse.facts import judged  # noqa: PLC0415 - only when needed

    silent: list[_Place] = []
    for key, root, folder, live, *values in alive:
        path = os.path.join(roots[root], folder)  # noqa: PTH118
        old = dict(zip(("status", "doubt", "trouble"), values, strict=True))
        new = judged(path, live)
        if _is_silent(new) and not _is_silent(old):
            # Nobody has summed up what it logged at the end.
            silent += _places(connection, key, path)
        elif {**old, **new} != old:
            connection.execute(
                "UPDATE runs SET status = ?, doubt = ?, trouble = ? WHERE key = ?",
                (*{**old, **new}.values(), key),
            )
    if silent:
        _write(connection, roots, silent)


def _is_silent(judgement: Mapping[str, Any]) -> bool:
    """Tell whether a run has died, or may have."""
    return judgement.get("status") == "DEAD" or bool(judgement.get("doubt"))


def _places(connection: sqlite3.Connection, key: int, folder: str) -> list[_Place]:
    """Find where a run lies that is in the index; nowhere if it has gone."""
    statement = "SELECT root, name, number FROM runs WHERE key = ?"
    row = connection.execute(statement, (key,)).fetchone()
    try:
        facts = os.stat(folder)  # noqa: PTH116
    except OSError:
        return []
    if row is None:
        return []
    root, name, number = row
    return [_Place(root, name, number, facts.st_ino, facts.st_mtime_ns, folder)]
