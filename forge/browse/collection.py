"""Runs as a value of Python: a sequence that is filtered, sorted and tabulated."""

import os
import reprlib
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

from forge._text import did_you_mean, plural
from forge.browse.formats import whole
from forge.browse.groups import Group, grouped, shared_by, unshared
from forge.browse.index import Documents, Row
from forge.browse.markup import html
from forge.browse.ranking import best_of, ranking_of
from forge.browse.roots import roots_of
from forge.browse.source import Source
from forge.browse.tables import (
    Column,
    default_columns,
    tabulate,
    varying,
)
from forge.browse.wording import short
from forge.errors import ForgeError
from forge.records.metrics import Series
from forge.records.record import Record


if TYPE_CHECKING:
    from forge.browse.overview import Comparison

#: What is folded where somebody asks for it in words.
_ALL_BUT_SEED: Final = "all but seed"

#: So many runs are named where there is little room.
_NAMED: Final = 5

#: So many runs a notebook shows of a longer list.
_SHOWN: Final = 20


class Trouble(NamedTuple):
    """A folder that is no run, and why."""

    folder: str
    reason: str


def runs(*results_dirs: str | os.PathLike[str]) -> "Runs":
    """Find the runs below results folders.

    Nothing of a run is executed or unpickled, and no metrics are read until they are
    asked for.

    Args:
        results_dirs: The folders; by default `FORGE_RESULTS_DIR`, else `results`.

    Returns:
        The runs as they are now, the newest first, without archived ones.

    Raises:
        ForgeError: `no-results` if a folder that was named does not exist.
    """
    source = Source(roots_of(results_dirs))
    return Runs(source, source.find().rows)


class Runs(Sequence[Record]):
    """Some runs: a sequence of records that does not change.

    Args:
        source: Where they were found.
        rows: What the index says of them.
    """

    def __init__(self, source: Source, rows: Sequence[Row]) -> None:
        self._source = source
        self._every = tuple(rows)
        # A folder without a status has no record: see `unreadable`.
        self._rows = tuple(row for row in rows if row.attributes["status"])

    @property
    def unreadable(self) -> tuple[Trouble, ...]:
        """The folders that have the place of a run but cannot be read as one."""
        return tuple(
            Trouble(row.folder, str(row.attributes["trouble"]))
            for row in self._every
            if not row.attributes["status"]
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Experiment and number of each run."""
        return tuple(row.id for row in self._rows)

    def where(self, filter: str) -> "Runs":  # noqa: A002 - the word of the documentation
        """Keep the runs that fulfil a filter.

        Args:
            filter: Such as `model == 'cnn' and accuracy > 0.9`.

        Returns:
            The runs in the same order.

        Raises:
            ForgeError: `bad-filter`, with the column; `bad-option` for what is no text,
                as of the other methods.

        Warns:
            UserWarning: No run has one of the names, or it could mean something else.
        """
        _check("where(filter)", filter, "lr < 0.1 and model = cnn")
        found = self._source.find(filter, archived=True)
        _warn(found.notes)
        folders = {row.folder for row in found.rows}
        return Runs(self._source, [r for r in self._every if r.folder in folders])

    def sort(self, by: str) -> "Runs":
        """Order the runs.

        Args:
            by: Names with commas between them, `-` before those that come greatest
                first: `-accuracy,started`.

        Returns:
            The runs; those that lack a name come last.

        Raises:
            ForgeError: `bad-sort` for a name that no run has.
        """
        _check("sort(by)", by, "-accuracy,started")
        found = self._source.find(sort=by, archived=True).rows
        place = {row.folder: at for at, row in enumerate(found)}
        last = len(place)
        rows = sorted(self._every, key=lambda row: place.get(row.folder, last))
        return Runs(self._source, rows)

    def best(self, metric: str | None = None, mode: str | None = None) -> Record:
        """Find the run that reached most.

        Args:
            metric: A metric, or anything else that a filter can name. What runs reached
                goes before a parameter of the same name. By default the goal of the
                newest run that has one.
            mode: `max` or `min`; by default what the goal says. Without a goal for it
                what is called a loss or an error is best when it is smallest, and
                everything else when it is greatest.

        Returns:
            The record. Of a metric its best value counts, not its last.

        Raises:
            ForgeError: `no-metric` if no run has such a number.
        """
        if metric is not None:
            _check("best(metric)", metric, "accuracy")
        ranking = ranking_of(
            self._rows, self._documents, self._source.known, word=metric, mode=mode
        )
        best = best_of(ranking, self._rows, self._documents)
        if best is None:
            word = ranking.word
            raise self._no_metric(word, f"{word!r} as a number" if word else "a goal")
        return self[best]

    def diff(self) -> dict[str, dict[str, Any]]:
        """Compare the configs.

        Returns:
            For each parameter that differs its value in each run that has it, by id.
        """
        pairs = list(zip(self._rows, self._documents, strict=True))
        return {
            key: {
                row.id: found.config[key] for row, found in pairs if key in found.config
            }
            for key in varying(self._documents)
        }

    def group(self, by: str | None = None) -> tuple[Group, ...]:
        """Put runs together that differ in nothing but their seeds.

        Args:
            by: Names with commas between them, as of columns, of what those of a group
                share; by default all parameters but the seeds.

        Returns:
            The groups, each with mean and deviation of its metrics.

        Warns:
            UserWarning: No run has one of the names.
        """
        return self._groups(None if by is None else self._shared_by(by))

    def compare(self, *, group: str | None = None, every: bool = False) -> "Comparison":
        """Put runs side by side: what differs.

        Args:
            group: Make one line of runs that share what these names say, commas between
                them, or `all but seed`, with mean and deviation.
            every: Whether what is the same is shown too.

        Returns:
            What a notebook shows as a table, and `to_pandas` and `to_dicts` turn into
            others.

        Raises:
            ForgeError: `bad-option` for more runs than fit next to each other.
        """
        # Lists need none of it.
        from forge.browse.overview import compared, folded  # noqa: PLC0415

        if group is not None:
            by = None if group == _ALL_BUT_SEED else self._shared_by(group)
            return folded(self._groups(by), by)
        return compared(self._rows, self._documents, every=every)

    def plot(self, metric: str, *, group: str | None = None, ax: Any = None) -> Any:
        """Draw a metric of each run with matplotlib.

        Args:
            metric: The metric; runs without it are left out.
            group: Draw mean and deviation of runs together that share these parameters,
                commas between them, or `all but seed`.
            ax: Where to draw, by default the current axes.

        Returns:
            The axes.

        Raises:
            ModuleNotFoundError: If matplotlib is missing: `pip install matplotlib`.
            ForgeError: `no-metric` if no run has the metric.
        """
        from forge.browse.plots import draw  # noqa: PLC0415 - lists need none

        _check("plot(metric)", metric, "loss")
        curves: dict[str, list[Series]] = {}
        for label, ids in self._labelled(group).items():
            found = [self[one].metrics.get(metric) for one in ids]
            members = [series for series in found if series is not None]
            if members:
                curves[label] = members
        if not curves:
            raise self._no_metric(metric, f"the metric {metric!r}")
        return draw(metric, curves, ax)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Turn the runs into plain mappings.

        Returns:
            For each run its attributes, `config`, `summary` and `result`.
        """
        pairs = zip(self._rows, self._documents, strict=True)
        return [whole(row, found) for row, found in pairs]

    def to_pandas(self) -> Any:
        """Turn the runs into a `pandas.DataFrame`.

        Returns:
            One row for each run, with attributes, parameters by name, metrics as they
            were last, and results. A name that means two things has its section before
            it.

        Raises:
            ModuleNotFoundError: If pandas is missing: `pip install "forge-ml[pandas]"`.
        """
        from forge.browse.frames import frame  # noqa: PLC0415 - pandas takes its time

        return frame(self._rows, self._documents)

    @overload
    def __getitem__(self, at: int | str) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> "Runs": ...
    def __getitem__(self, at: int | str | slice) -> "Record | Runs":
        """A run by its place or its id, or some of them."""
        if isinstance(at, slice):
            return Runs(self._source, self._rows[at])
        if isinstance(at, str):
            at = self._place(at)
        return Record.read(self._rows[at].folder)

    def _place(self, run: str) -> int:
        """Find a run by its id."""
        if run in self.ids:
            return self.ids.index(run)
        hint = did_you_mean(run, self.ids)
        raise ForgeError("no-run", f"{self!r} has no run {run!r}.{hint}", run=run)

    def __contains__(self, run: object) -> bool:
        if isinstance(run, Record):
            folder = os.path.abspath(run.dir)  # noqa: PTH100
            return any(os.path.abspath(row.folder) == folder for row in self._rows)  # noqa: PTH100
        return run in self.ids

    def __reduce__(self) -> tuple[Any, ...]:
        # The index stays behind. Where there are several folders, a key may mean a run
        # of the same name in another one when the index has been made anew.
        several = len(self._source.roots) > 1
        rows = [
            row._replace(
                key=-1 if several else row.key,
                folder=os.path.abspath(row.folder),  # noqa: PTH100
            )
            for row in self._every
        ]
        return type(self), (self._source, rows)

    def __iter__(self) -> Iterator[Record]:
        return (Record.read(row.folder) for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        more = ", …" if len(self) > _NAMED else ""
        names = f" ({', '.join(self.ids[:_NAMED])}{more})" if self._rows else ""
        return f"<Runs: {len(self)}{names}>"

    def _repr_html_(self) -> str:
        """Show the runs in a notebook."""
        rows = self._rows[:_SHOWN]
        documents = self._source.index.documents(rows)
        table = tabulate(default_columns(rows, documents), rows, documents)
        more = (
            f"<p>{len(rows)} of {len(self)} runs</p>" if len(rows) < len(self) else ""
        )
        return f"{html(table)}{more}"

    def _labelled(self, group: str | None) -> dict[str, tuple[str, ...]]:
        """Put runs under labels: each under its id, or groups under what they share."""
        if group is None:
            return {one: (one,) for one in self.ids}
        groups = self.group(None if group == _ALL_BUT_SEED else group)
        keys = varying([Documents(one.config, {}, {}) for one in groups])
        named = {
            ", ".join(f"{key}={short(one.config.get(key))}" for key in keys): one.ids
            for one in groups
        }
        # Experiments may differ although their parameters do not.
        return named if len(named) == len(groups) else {g.ids[0]: g.ids for g in groups}

    def _shared_by(self, names: str) -> list[Column]:
        """Find what runs are grouped by."""
        _check("group", names, "lr,model")
        by = shared_by(names, self._documents)
        _warn(unshared(by, self._documents))
        return by

    def _groups(self, by: Sequence[Column] | None) -> tuple[Group, ...]:
        """Put runs together that share some things."""
        return tuple(grouped(self._rows, self._documents, by))

    @cached_property
    def _documents(self) -> list[Documents]:
        """What the filters look into, of each run."""
        return self._source.index.documents(self._rows)

    def _no_metric(self, metric: str, what: str) -> ForgeError:
        """Say that no run has something, and which metrics there are."""
        known = self._source.known.summary
        if not self._rows:
            text = f"there is no run here, and so none that has {what}."
            return ForgeError("no-metric", text, metric=metric)
        # What other runs have needs no other spelling.
        hint = "" if metric in known else did_you_mean(metric, known)
        text = (
            f"none of {plural(len(self), 'run')} has {what}.{hint}\n"
            f"  Metrics are: {', '.join(known) or 'none'}."
        )
        return ForgeError("no-metric", text, metric=metric)


def _check(what: str, given: object, example: str) -> None:
    """Refuse what is no text, such as a list of names."""
    if not isinstance(given, str):
        found = reprlib.repr(given)
        text = f"{what}: expected a text such as {example!r}, not {found}."
        raise ForgeError("bad-option", text)


def _warn(notes: Iterable[str]) -> None:
    """Warn of what may surprise, at the line of whoever asked."""
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 - as warnings look themselves
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        level, frame = level + 1, frame.f_back
    for note in notes:
        warnings.warn(note, stacklevel=level)
