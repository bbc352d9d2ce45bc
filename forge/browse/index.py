"""The runs below some results folders, kept in a cache so that lists need not read."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from forge.browse.attributes import STORED
from forge.browse.cache import cache_file, connect, delete
from forge.browse.cells import loads
from forge.browse.functions import lend
from forge.browse.renewal import Progress, renew
from forge.browse.sql import Condition, Known
from forge.records.numbers import is_number


_T = TypeVar("_T")

#: From so many documents on it pays to import a faster reader of them.
_MANY: Final = 500

#: So long a file is tried that another process makes, with a pause between.
_PATIENCE: Final = 5.0
_PAUSE: Final = 0.05

#: So many parameters fit into one statement of every SQLite.
_MOST_BOUND: Final = 900

_COLUMNS: Final = ", ".join(f"runs.{one.column}" for one in STORED.values())

#: The newest first, and those that say nothing of their start behind them.
_NEWEST: Final = Condition("runs.started IS NULL, runs.started DESC")

EVERY: Final = Condition("1")


class Row(NamedTuple):
    """What lists show of a run.

    Attributes:
        key: Its key in the index, good as long as nothing of the run changes.
        folder: The run folder.
        attributes: The value of each attribute; None where there is nothing to tell.
    """

    key: int
    folder: str
    attributes: dict[str, Any]

    @property
    def id(self) -> str:
        """Experiment and number."""
        return str(self.attributes["id"])


class Documents(NamedTuple):
    """What filters look into, of one run.

    Attributes:
        config: The value of each parameter.
        summary: For each metric its last, least, greatest, … value.
        result: What the run returned, by key.
    """

    config: dict[str, Any]
    summary: dict[str, dict[str, Any]]
    result: dict[str, Any]


class Index:
    """The runs below some results folders.

    The folders are the truth. Whatever happens to the file of the index, the answers
    are the same: at worst it is made anew, at the very worst in memory.

    Args:
        roots: The results folders.
        path: The file; by default one in the user's cache.
    """

    def __init__(self, roots: Sequence[Path], path: Path | None = None) -> None:
        self.roots = tuple(roots)
        self._path: Path | None = path or cache_file(roots)
        self._connection = self._open()

    @property
    def path(self) -> Path | None:
        """The file; nothing if the index is kept in memory."""
        return self._path

    def refresh(self, progress: Progress | None = None) -> int:
        """Read what has changed since the last time: one stat for each run folder.

        Args:
            progress: Is told how many runs were read, and of how many.

        Returns:
            How many runs were read anew, or have gone.
        """
        return self._asked(lambda: renew(self._connection, self.roots, progress))

    def known(self) -> Known:
        """List the names that some run has."""
        found: tuple[dict[str, None], ...] = ({}, {}, {})
        statement = "SELECT keys FROM shapes WHERE shape IN (SELECT shape FROM runs)"
        for (shape,) in self._all(statement):
            for names, names_so_far in zip(loads(shape), found, strict=True):
                names_so_far.update(dict.fromkeys(names))
        return Known(*(names.keys() for names in found))

    def find(
        self,
        condition: Condition = EVERY,
        *,
        order: Condition = _NEWEST,
        limit: int | None = None,
    ) -> list[Row]:
        """Find runs.

        Args:
            condition: What they have to fulfil.
            order: The terms of an ORDER BY; by default the newest come first.
            limit: How many at most.

        Returns:
            Their rows, in order.
        """
        join = _join(condition.sql + order.sql)
        statement = (
            f"SELECT runs.key, runs.root, runs.folder, {_COLUMNS}"  # noqa: S608 - values are bound
            f" FROM runs{join} WHERE {condition.sql}"
            f" ORDER BY {order.sql}, runs.name, runs.number DESC, runs.root LIMIT ?"
        )
        bound = (*condition.parameters, *order.parameters)
        found = self._all(statement, (*bound, -1 if limit is None else limit))
        return [self._row(values) for values in found]

    def count(self, condition: Condition = EVERY) -> int:
        """Count runs.

        Args:
            condition: What they have to fulfil.

        Returns:
            How many do.
        """
        join = _join(condition.sql)
        statement = f"SELECT count(*) FROM runs{join} WHERE {condition.sql}"  # noqa: S608 - values are bound
        return int(self._all(statement, condition.parameters)[0][0])

    def documents(self, rows: Sequence[Row]) -> list[Documents]:
        """Read what filters look into.

        Args:
            rows: Rows that `find` returned, perhaps long ago.

        Returns:
            For each row what it stands for, as it is now where it has changed since.
        """
        kept = dict(self._documents([row.key for row in rows]))
        return [
            found[1] if found is not None and found[0] == row.id else _read(row)
            for row in rows
            for found in (kept.get(row.key),)
        ]

    def close(self) -> None:
        """Close the file; nothing can be asked any more."""
        self._connection.close()

    def __del__(self) -> None:
        # Nobody who lists runs should have to think of a file in the cache.
        with contextlib.suppress(AttributeError, sqlite3.Error):
            self._connection.close()

    def _documents(
        self, keys: Sequence[int]
    ) -> Iterator[tuple[int, tuple[str, Documents]]]:
        """Read documents by key, however many there are."""
        read = loads if len(keys) < _MANY else _fast_loads()
        for at in range(0, len(keys), _MOST_BOUND):
            some = keys[at : at + _MOST_BOUND]
            found = self._all(
                "SELECT docs.key, id, config, summary, result"  # noqa: S608 - values are bound
                " FROM docs JOIN runs ON runs.key = docs.key"
                f" WHERE docs.key IN ({', '.join('?' * len(some))})",
                some,
            )
            for key, name, *documents in found:
                yield key, (name, Documents(*map(read, documents)))

    def _row(self, values: Sequence[Any]) -> Row:
        """Make a row of what the index keeps."""
        key, root, folder, *columns = values
        attributes = dict(zip(STORED, columns, strict=True))
        tags = attributes["tags"]
        attributes["tags"] = [] if tags == "[]" else loads(tags)
        return Row(key, os.path.join(self.roots[root], folder), attributes)  # noqa: PTH118

    def _all(self, statement: str, bound: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask for rows of tables."""
        return self._asked(
            lambda: self._connection.execute(statement, bound).fetchall()
        )

    def _open(self) -> sqlite3.Connection:
        """Open the index; where that cannot be, make it anew, or keep it in memory."""
        connection = _connected(self._path) if self._path is not None else None
        if connection is None:
            self._path = None
            connection = connect(None)
        lend(connection, self.roots)
        return connection

    def _asked(self, ask: Callable[[], _T]) -> _T:
        """Ask the index; where it is damaged make it anew, once on disk, then not."""
        while True:
            try:
                return ask()
            except (sqlite3.Error, UnicodeDecodeError, ValueError) as error:
                if self._path is None:
                    raise
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._replace(error)

    def _replace(self, error: Exception) -> None:
        """Take another index for one that failed."""
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        if damaged and self._path is not None:
            delete(self._path)
        if not damaged:
            # Locked for long, a full disk: others may go on with the file.
            self._path = None
        self._connection = self._open()
        with contextlib.suppress(sqlite3.Error):
            renew(self._connection, self.roots)


def row_of(folder: str) -> Row:
    """Make the row of a run that no index has.

    Args:
        folder: The run folder.

    Returns:
        The row, with a key that no run of an index has.
    """
    from forge.browse.facts import facts_of  # noqa: PLC0415 - only when needed

    home, number = os.path.split(folder)
    name = os.path.basename(home)  # noqa: PTH119 - may be odd
    facts = facts_of(folder, name, int(number) if is_number(number) else 0)
    attributes = dict(zip(STORED, facts.columns, strict=True))
    attributes |= {"tags": loads(attributes["tags"]), "id": f"{name}/{number}"}
    return Row(-1, folder, attributes)


def _connected(path: Path) -> sqlite3.Connection | None:
    """Open a file, made anew where it is damaged; nothing if that cannot be."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            return connect(path)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                return None
            # Another process makes the tables just now.
            time.sleep(_PAUSE)
        except sqlite3.Error:
            delete(path)
        except OSError:
            return None
    return None


def _join(sql: str) -> str:
    """Join the documents where they are asked for: they are most of the file."""
    return " JOIN docs ON docs.key = runs.key" if "docs." in sql else ""


def _fast_loads() -> Callable[[str], Any]:
    """Import the reader for many documents."""
    import msgspec  # noqa: PLC0415 - it takes as long to import as a short list

    decode: Callable[[str], Any] = msgspec.json.decode
    return decode


def _read(row: Row) -> Documents:
    """Read what the index does not have, or not any more."""
    from forge.browse.facts import facts_of  # noqa: PLC0415 - only when needed

    name, number = row.attributes["name"], row.attributes["number"]
    facts = facts_of(row.folder, name, number)
    return Documents(*map(loads, (facts.config, facts.summary, facts.result)))
