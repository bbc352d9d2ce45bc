"""What every run has, whatever its config: status, start, tags and so on."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple


class Sort(Enum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    #: Seconds since 1970, compared with dates and spans.
    TIME = "time"
    #: 0 or 1.
    SWITCH = "switch"
    #: A JSON list of texts.
    LIST = "list"


class Attribute(NamedTuple):
    """One attribute.

    Attributes:
        column: The column of the index; empty for what no index keeps.
        sort: What its values are.
        help: What it is, in a few words.
    """

    column: str
    sort: Sort
    help: str


_TEXT, _NUMBER = Sort.TEXT, Sort.NUMBER

#: Those that the index keeps.
STORED: Final[Mapping[str, Attribute]] = MappingProxyType(
    {
        "id": Attribute("id", _TEXT, "experiment and number: train/2"),
        "name": Attribute("name", _TEXT, "the experiment"),
        "number": Attribute("number", Sort.WHOLE, "the number of the run"),
        "status": Attribute("status", _TEXT, "COMPLETED, FAILED, DEAD, ..."),
        "label": Attribute("label", _TEXT, "the short name given with --label"),
        "started": Attribute("started", Sort.TIME, "when it started"),
        "ended": Attribute("ended", Sort.TIME, "when it ended"),
        "duration": Attribute("duration", _NUMBER, "seconds that it took so far"),
        "tags": Attribute("tags", Sort.LIST, "words that people marked it with"),
        "note": Attribute("note", _TEXT, "what people wrote on it"),
        "star": Attribute("star", Sort.SWITCH, "whether it is starred"),
        "archived": Attribute("archived", Sort.SWITCH, "whether it is archived"),
        "host": Attribute("host", _TEXT, "the machine"),
        "user": Attribute("user", _TEXT, "the account"),
        "gpu": Attribute("gpu", _TEXT, "the graphics processors"),
        "commit": Attribute("commit_", _TEXT, "the git commit"),
        "branch": Attribute("branch", _TEXT, "the git branch"),
        "dirty": Attribute("dirty", Sort.SWITCH, "whether files were uncommitted"),
        "command": Attribute("command", _TEXT, "the command of the experiment"),
        "reason": Attribute("reason", _TEXT, "why it is in its state"),
        "error": Attribute("error", _TEXT, "the exception that ended it"),
        "goal": Attribute("goal", _TEXT, "the metric that says how good it is"),
        "parent": Attribute("parent", _TEXT, "the run it came from"),
        "sweep": Attribute("sweep", _TEXT, "the sweep it belongs to"),
        "steps": Attribute("steps", Sort.WHOLE, "the greatest step logged"),
        "python": Attribute("python", _TEXT, "the version of Python"),
        "doubt": Attribute("doubt", _TEXT, "why it may be dead"),
        "trouble": Attribute("trouble", _TEXT, "what of it cannot be read"),
    }
)

#: Those that cost nothing until somebody asks, and that no cache can have wrong.
ASKED: Final[Mapping[str, Attribute]] = MappingProxyType(
    {
        "size": Attribute("", Sort.WHOLE, "bytes on disk, checkpoints included"),
        "path": Attribute("", _TEXT, "the run folder"),
    }
)

ATTRIBUTES: Final[Mapping[str, Attribute]] = MappingProxyType({**STORED, **ASKED})

#: Other spellings of attributes.
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "notes": "note",
        "experiment": "name",
        "starred": "star",
        "problem": "trouble",
        "stopped": "ended",
    }
)


def attribute(name: str) -> str | None:
    """Find the attribute of a name.

    Args:
        name: What was typed after `run.`, or alone.

    Returns:
        Its name in `ATTRIBUTES`; nothing if there is none.
    """
    found = ALIASES.get(name, name)
    return found if found in ATTRIBUTES else None
