"""Runs chosen by what people call them: `train/2`, `2`, `train`, `@`, a label."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from forge._text import plural, visible
from forge.browse.expression import Compare, Kind, Name, Value, write
from forge.browse.places import homes
from forge.browse.source import Source
from forge.errors import ForgeError, together
from forge.records.numbers import is_number
from forge.records.store import is_run, no_run


_RANGE: Final = re.compile(r"(?:(?P<name>.+)/)?(?P<first>[0-9]*):(?P<last>[0-9]*)")

_AGE: Final = re.compile(r"@([1-9][0-9]{0,8})?")

#: Longer words are no label.
_LONGEST_LABEL: Final = 1_000

#: Longer lists of runs are shown by their beginning.
_MOST_SHOWN: Final = 5


def select(
    words: Sequence[str],
    source: Source,
    filter: str | None = None,  # noqa: A002 - the word of the documentation
    *,
    tell: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Find the runs that words name.

    Args:
        words: For each run or range of runs one word.
        source: Where they are looked for.
        filter: Which runs besides, by what they are.
        tell: Is told what may surprise in how the filter was understood.

    Returns:
        The folders, each once, in the order of the words.

    Raises:
        ForgeError: `no-run` or `ambiguous-run`, for every word at once; `bad-filter`.
    """
    found: dict[Path, None] = {}
    errors: list[ForgeError] = []
    if filter is not None:
        rows, _, _, notes = source.find(filter)
        found = dict.fromkeys(Path(row.folder) for row in rows)
        if not (rows or words):
            text = f"no run fulfils the filter {filter!r}."
            raise ForgeError("no-run", "\n  ".join([text, *map(visible, notes)]))
        if tell is not None:
            for note in notes:
                tell(note)
    for word in words:
        try:
            found.update(dict.fromkeys(_named(word, source)))
        except ForgeError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    return tuple(found)


def _named(word: str, source: Source) -> list[Path]:
    """Find the runs that one word names."""
    place = Path(os.path.expanduser(word))  # noqa: PTH111 - odd names stay as they are
    if is_run(place):
        return [place]
    ways = (_by_age, _by_range, _by_id, _by_number, _newest, _by_label)
    for way in ways:
        found = way(word, source)
        if found:
            return found
    raise no_run(word, source.roots[0])


def _by_age(word: str, source: Source) -> list[Path]:
    """`@` for the newest run of all, `@2` for the one before."""
    match = _AGE.fullmatch(word)
    if match is None:
        return []
    place = int(match[1] or 1)
    rows = source.find(limit=place, archived=True).rows
    return [Path(rows[place - 1].folder)] if len(rows) == place else []


def _by_label(word: str, source: Source) -> list[Path]:
    """The short name that a run was given with `--label`."""
    if len(word) > _LONGEST_LABEL:
        return []
    label = write(Compare(Name("run", "label"), "==", Value(Kind.TEXT, word)))
    rows = source.find(label, archived=True).rows
    return _only(word, [Path(row.folder) for row in rows])


def _by_range(word: str, source: Source) -> list[Path]:
    """`train/3:9`, both ends included; either may be left out."""
    match = _RANGE.fullmatch(word)
    if match is None:
        return []
    first, last = (int(end) if end else None for end in match.group("first", "last"))
    numbered = sorted(
        (number, folder)
        for name, number, folder in _runs(source.roots)
        if match["name"] in (None, name)
    )
    return [
        folder
        for number, folder in numbered
        if (first is None or number >= first) and (last is None or number <= last)
    ]


def _by_id(word: str, source: Source) -> list[Path]:
    """`train/2`, also when nothing in its folder can be read."""
    name, _, number = word.rpartition("/")
    if not name or not is_number(number):
        return []
    # Asked for directly: the other runs of a large folder need not be listed.
    direct = [root / name / number for root in source.roots]
    found = [folder for folder in direct if _is_folder(folder)]
    return _only(
        word, found or [f for n, i, f in _runs(source.roots) if f"{n}/{i}" == word]
    )


def _by_number(word: str, source: Source) -> list[Path]:
    """`2`, if only one experiment has a run of that number."""
    if not is_number(word):
        return []
    return _only(word, [f for _, i, f in _runs(source.roots) if i == int(word)])


def _newest(word: str, source: Source) -> list[Path]:
    """`train` for its run with the greatest number."""
    name = word.rstrip("/")
    started = [
        (number, folder)
        for one, number, folder in _runs(source.roots, name)
        if one == name and is_run(folder)
    ]
    newest = max(started, default=(0, None))[0]
    return _only(word, [folder for number, folder in started if number == newest])


def _runs(
    roots: Sequence[Path], only: str | None = None
) -> Iterator[tuple[str, int, Path]]:
    """List experiment, number and folder of every run."""
    for root in roots:
        for home in homes(root):
            if only in (None, home.name):
                for entry in home.runs:
                    yield home.name, int(entry.name), Path(entry.path)


def _is_folder(folder: Path) -> bool:
    """Tell whether there is such a folder, whatever its name is made of."""
    return os.path.isdir(folder)  # noqa: PTH112 - pathlib raises for odd names


def _only(word: str, found: list[Path]) -> list[Path]:
    """Refuse a word that several runs answer to."""
    if len(found) < 2:  # noqa: PLR2004 - one is as good as none here
        return found
    shown = "".join(f"\n    {visible(str(f))}" for f in found[:_MOST_SHOWN])
    more = "" if len(found) <= _MOST_SHOWN else "\n    …"
    raise ForgeError(
        "ambiguous-run",
        f"{word!r} may be any of {plural(len(found), 'run')}:{shown}{more}\n"
        "  Give one of these paths, or the experiment as well: train/2.",
        reference=word,
        options=tuple(found),
    )
