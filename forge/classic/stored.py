"""The flags of a recorded run, with the definitions of its own files."""

from typing import Any, Final

from forge.classic.definitions import Definition
from forge.classic.resumed import NO_FLAGS
from forge.classic.sources import RunSources
from forge.classic.space import FlagSpace
from forge.errors import ForgeError
from forge.records.record import Record
from forge.records.sessions import config_at


_KINDS: Final = ((bool, "boolean"), (int, "integer"), (float, "float"), (list, "list"))


def recorded_space(record: Record, sources: RunSources, step: int | None) -> FlagSpace:
    """Set the flags of a run to what it had on record.

    Args:
        record: The run.
        sources: Its files, imported by now.
        step: The checkpoint, whose session may have been given other values.

    Returns:
        Its flags. One whose definition is not found has the kind of its value.
    """
    space = sources.space
    # What two files define differently, the run itself has settled.
    space.announce(sources.definitions())
    for name, value in config_at(record, step).items():
        if name in NO_FLAGS or name in space.given:
            continue
        if name not in space:
            space.define(_definition(name, value, record))
        try:
            space.restore(name, value)
        except ForgeError:
            # The file came to define it otherwise while the run went on.
            space.replace(_definition(name, value, record))
    return space


def _definition(name: str, value: Any, record: Record) -> Definition:
    """Make up the definition of a value whose file is not known."""
    kind = next((kind for of, kind in _KINDS if isinstance(value, of)), "string")
    default = value if value is None or kind != "string" else str(value)
    return Definition(
        name=name, kind=kind, default=default, file=str(record.layout.flags), line=1
    )
