"""Runs found by filter and order, wherever they lie."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge._text import did_you_mean
from forge.browse.attributes import ASKED, ATTRIBUTES, STORED, attribute
from forge.browse.cells import text
from forge.browse.expression import (
    Among,
    Compare,
    Conjunction,
    Contains,
    Defined,
    Disjunction,
    Expression,
    Name,
    Negation,
    Words,
    write_name,
)
from forge.browse.grammar import parse
from forge.browse.index import EVERY, Index, Row, row_of
from forge.browse.naming import divided, named
from forge.browse.renewal import Progress
from forge.browse.sql import Condition, Known, Translator
from forge.errors import ForgeError


#: What lists leave out unless they are asked for it.
_NOT_ARCHIVED: Final = Condition("ifnull(runs.archived, 0) = 0")


class Found(NamedTuple):
    """Runs, and what there is to say about how they were found.

    Attributes:
        rows: The runs, in order.
        matching: How many there would be without a limit.
        total: How many runs there are at all.
        notes: What may surprise in how names were understood.
    """

    rows: list[Row]
    matching: int
    total: int
    notes: tuple[str, ...] = ()


class Source:
    """Results folders that are asked for runs.

    Args:
        roots: The results folders.
        progress: Is told how many runs were read, where many have to be.
        scan: Whether run folders are looked at for what has changed; without, the
            answers are those of the last time, if there was one.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        progress: Progress | None = None,
        *,
        scan: bool = True,
    ) -> None:
        self.roots = tuple(roots)
        self._progress = progress
        self._scans = scan
        #: Seconds that it took to find out that nothing has changed.
        self.waited = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        # To be asked from anywhere, and without the open file.
        roots = tuple(root.absolute() for root in self.roots)
        return type(self), (roots,)

    @cached_property
    def index(self) -> Index:
        """What is known of the runs; they are looked at when it is asked for."""
        index = Index(self.roots)
        if self._scans or not index.count():
            begin = time.monotonic()
            changed = index.refresh(self._progress)
            self.waited = 0.0 if changed else time.monotonic() - begin
        return index

    @cached_property
    def known(self) -> Known:
        """The names that some run has."""
        return self.index.known()

    def find(
        self,
        filter: str | None = None,  # noqa: A002 - the word of the documentation
        *,
        sort: str | None = None,
        limit: int | None = None,
        archived: bool = False,
    ) -> Found:
        """Find runs.

        Args:
            filter: What they have to fulfil.
            sort: Names to order by, commas between them, `-` before those that come
                greatest first; by default the newest come first.
            limit: How many at most.
            archived: Whether archived runs count.

        Returns:
            The runs.

        Raises:
            ForgeError: `bad-filter`, `bad-sort`.
        """
        condition, asked = EVERY, False
        notes: tuple[str, ...] = ()
        if filter is not None:
            expression = parse(filter)
            names = list(_names(expression))
            condition, notes = self._condition(expression, names)
            asked = any(attribute(name.name) == "archived" for name in names)
        if not (archived or asked):
            condition = Condition(
                f"{_NOT_ARCHIVED.sql} AND {condition.sql}", condition.parameters
            )
        if sort:
            rows = self.index.find(condition, order=self._order(sort), limit=limit)
        else:
            rows = self.index.find(condition, limit=limit)
        full = limit is not None and len(rows) == limit
        matching = self.index.count(condition) if full else len(rows)
        total = self.index.count()
        # Where there is no run at all, what none of them has is not worth a word.
        return Found(rows, matching, total, notes if total else ())

    def rows(self, folders: Sequence[Path]) -> list[Row]:
        """Find what lists show of certain runs, wherever they lie.

        Args:
            folders: Run folders.

        Returns:
            A row for each, in order; those outside of the results folders are read.
        """
        roots = [os.path.abspath(root) for root in self.roots]  # noqa: PTH100
        return [self._row(os.path.abspath(folder), roots) for folder in folders]  # noqa: PTH100

    def _row(self, folder: str, roots: Sequence[str]) -> Row:
        """Find a run by its folder."""
        for at, root in enumerate(roots):
            if folder.startswith(root + os.sep):
                place = os.path.relpath(folder, root)
                condition = Condition("runs.root = ? AND runs.folder = ?", (at, place))
                found = self.index.find(condition)
                if found:
                    return found[0]
        return row_of(folder)

    def _condition(
        self, expression: Expression, names: Sequence[Name]
    ) -> tuple[Condition, tuple[str, ...]]:
        """Turn a filter into a condition, with what its names may surprise by."""
        bare = [name for name in names if not name.section]
        # Words alone and attributes need not know what runs have.
        asked = any(name.section != "run" for name in names)
        known = self.known if asked else Known()
        translator = Translator(known, time.time())
        ambiguities = list(filter(None, (_ambiguity(name, known) for name in bare)))
        try:
            condition = translator.condition(expression)
        except ForgeError as error:
            if not ambiguities:
                raise
            # Perhaps it makes sense of the other one.
            text = "\n  ".join([str(error), *dict.fromkeys(ambiguities)])
            raise ForgeError(error.code, text, **error.facts) from None
        notes = [
            *ambiguities,
            *(_unheard(name, translator, known) for name in names),
        ]
        return condition, tuple(dict.fromkeys(filter(None, notes)))

    def unheard(self, words: Iterable[str]) -> list[str]:
        """Say which names no run has.

        Args:
            words: Names as in filters.

        Returns:
            One sentence for each of them, with what was probably meant.
        """
        translator = Translator(self.known, time.time())
        names = [named(word) for word in words]
        notes = [
            _unheard(name, translator, self.known)
            for name in names
            # Its parts have names; together they may be a column.
            if not (name == Name("", "result") and self.known.result)
        ]
        return list(filter(None, notes))

    def _order(self, sort: str) -> Condition:
        """Turn names into the terms of an ORDER BY."""
        translator = Translator(self.known, time.time())
        terms: list[str] = []
        bound: list[object] = []
        for word in divided(sort):
            name = named(word.lstrip("+-"))
            cell = translator.cell(name)
            if not _is_heard(name, translator, self.known):
                hint = _hint(name, self.known)
                text = f"no run has {write_name(name)!r} to sort by.{hint}"
                raise ForgeError("bad-sort", text, name=name.name)
            kind, value = cell.type, cell.value
            # Numbers, then texts such as NaN, then those that have nothing.
            terms.append(
                f"CASE WHEN {kind.sql} IS NULL THEN 2"
                f" WHEN {kind.sql} IN ('integer', 'real') THEN 0 ELSE 1 END"
            )
            bound += [*kind.parameters, *kind.parameters, *value.parameters]
            terms.append(f"{value.sql}{' DESC' if word.startswith('-') else ''}")
        terms.append("runs.started DESC")
        return Condition(", ".join(terms), tuple(bound))


def _names(expression: Expression) -> Iterator[Name]:
    """List the names that a filter tests."""
    match expression:
        case Conjunction(parts) | Disjunction(parts):
            for part in parts:
                yield from _names(part)
        case Negation(part):
            yield from _names(part)
        case Words():
            return
        case Compare(name) | Among(name) | Defined(name) | Contains(name):
            yield name


def _unheard(name: Name, translator: Translator, known: Known) -> str | None:
    """Say that no run has something of that name."""
    if _is_heard(name, translator, known):
        return None
    return f"no run has {write_name(name)!r}.{_hint(name, known)}"


def _is_heard(name: Name, translator: Translator, known: Known) -> bool:
    """Tell whether some run has something of that name."""
    if name.section == "run" or (not name.section and translator.is_attribute(name)):
        return True
    if name.section:
        return text(name.name) in getattr(known, name.section)
    return bool(translator.candidates(name))


def _hint(name: Name, known: Known) -> str:
    """Say what was probably meant."""
    if name.section:
        return did_you_mean(name.name, getattr(known, name.section))
    every = [*ATTRIBUTES, *known.config, *known.summary, *known.result]
    return did_you_mean(name.name, every)


def _ambiguity(name: Name, known: Known) -> str:
    """Say how else a bare name could have been understood."""
    homes = [
        section
        for section, names in (
            ("run", STORED),
            ("config", known.config),
            ("summary", known.summary),
            ("result", known.result),
            ("run", ASKED),
        )
        if name.name in names
    ]
    # A result is what was logged last: these two say the same.
    if len(homes) < 2 or homes == ["summary", "result"]:  # noqa: PLR2004
        return ""
    others = " or ".join(write_name(Name(home, name.name)) for home in homes[1:])
    taken = write_name(Name(homes[0], name.name))
    return f"{name.name!r} is taken for {taken}; it could be {others}."
