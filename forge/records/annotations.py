"""What people write on a run while it goes on or later: tags, a note, marks."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from forge._text import brief
from forge.errors import ForgeError
from forge.records.durable import read_bounded, replace_file
from forge.records.plain import from_json, pretty_json


#: A larger file is none of ours.
_LARGEST: Final = 1 << 20

#: Seconds that one who changes annotations waits for another.
_PATIENCE: Final = 2.0


class Annotations(NamedTuple):
    """What annotations.json says.

    Attributes:
        tags: The words that the run is marked with.
        note: A remark of any length.
        star: Whether somebody marked it as remarkable.
        archived: Whether lists leave it out.
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False
    archived: bool = False


def read_annotations(path: Path) -> Annotations:
    """Read the annotations of a run; keys that mean nothing here are passed over.

    Args:
        path: The file.

    Returns:
        What it says; nothing where there is no such file.

    Raises:
        OSError: It cannot be read.
        ValueError: It makes no sense.
    """
    try:
        facts = _mapping(path)
    except FileNotFoundError:
        return Annotations()
    tags, note = facts.get("tags"), facts.get("note")
    return Annotations(
        tuple(map(str, tags)) if isinstance(tags, list) else (),
        note if isinstance(note, str) else "",
        facts.get("star") is True,
        facts.get("archived") is True,
    )


def change_annotations(
    path: Path, change: Callable[[Annotations], Annotations]
) -> Annotations:
    """Change the annotations of a run, which others may change at the same time.

    What the file says beside that stays as it is, and a file that would say the same
    is not written.

    Args:
        path: The file, which may not exist; its folder does.
        change: Returns what they shall be.

    Returns:
        What they are now.

    Raises:
        OSError: It cannot be read or written.
        ValueError: Somebody left something unreadable in it, which is not touched.
    """
    with _alone(path.parent):
        before = read_annotations(path)
        after = change(before)
        if after != before:
            facts = dict(_mapping(path)) if path.exists() else {}
            replace_file(path, pretty_json(_merged(facts, after)))
    return after


def tags_in(words: Iterable[str]) -> tuple[str, ...]:
    """Read tags as people give them.

    Args:
        words: A tag each, or several with commas between them.

    Returns:
        The tags.

    Raises:
        ForgeError: `bad-tag` for what is no text.
    """
    found: list[str] = []
    for word in words:
        if not isinstance(word, str):
            raise ForgeError(
                "bad-tag",
                f"tag({brief(word)}): a tag is a word, such as 'best'; several are "
                f"given one after the other:  tag('best', 'cited')",
            )
        found += filter(None, map(str.strip, word.split(",")))
    return tuple(found)


def annotate(path: Path, *, tags: Iterable[str] = (), note: str = "") -> None:
    """Add tags and a note to those that a run has.

    Args:
        path: The annotations.
        tags: Tags to add.
        note: A text to put below the note there is.

    Raises:
        OSError: The file cannot be read or written.
        ValueError: Somebody left something unreadable in it, which is not touched.
    """

    def add(before: Annotations) -> Annotations:
        # A resumed run says the same again.
        more = note if note not in before.note else ""
        words = filter(None, map(str, tags))
        return before._replace(
            tags=tuple(dict.fromkeys([*before.tags, *words])),
            note=f"{before.note}\n{more}".strip("\n") if more else before.note,
        )

    change_annotations(path, add)


def _mapping(path: Path) -> Mapping[str, Any]:
    """Read the file as it stands."""
    facts = from_json(read_bounded(path, _LARGEST))
    if not isinstance(facts, dict):
        raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data
    return facts


def _merged(facts: dict[str, Any], new: Annotations) -> dict[str, Any]:
    """Put annotations beside whatever else the file says."""
    given: Sequence[tuple[str, Any]] = (
        ("note", new.note),
        ("tags", list(new.tags)),
        ("star", new.star),
        ("archived", new.archived),
    )
    for key, value in given:
        if value or key in facts:
            facts[key] = value
    return facts


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others who change the same annotations waiting; done without in need."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break  # This file system has no locks.
        yield
    finally:
        os.close(fd)
