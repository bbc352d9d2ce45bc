"""What was typed into a notebook or at a prompt, as a script."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A script made of what was typed in.

    Attributes:
        data: Its source; empty when there is none.
        files: What the code objects of the cells name as their files.
        hindrance: Why it is not complete, with the remedy below; empty if it is.
    """

    data: bytes
    files: frozenset[str] = frozenset()
    hindrance: str = ""
