"""Lines of metrics that hold the same names, or some of them, read together."""

from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Shape:
    """Reads lines that hold the same names, in half the time of any lines.

    Args:
        names: The names of the first line, `step` and `time` among them.
        ragged: Whether a line may lack any of them but `time`.
    """

    def __init__(self, names: tuple[str, ...], *, ragged: bool = False) -> None:
        self._names = names
        self._decoder: msgspec.json.Decoder[Any] | None = None
        if "time" not in names or not set(names) - {"time"}:
            return
        # Names of fields are made up, because a metric may be called anything.
        fields: dict[str, str] = {f"f{i}": name for i, name in enumerate(names)}
        kinds: list[Any] = [
            (f, int if n == "step" else int | float) for f, n in fields.items()
        ]
        if ragged:
            kinds = [
                (f, kind if fields[f] == "time" else kind | UnsetType, UNSET)
                for f, kind in kinds
            ]
        try:
            line = msgspec.defstruct(
                "Line", kinds, rename=fields, forbid_unknown_fields=True, gc=False
            )
        except ValueError:
            # A name that JSON has to escape.
            return
        self._decoder = msgspec.json.Decoder(line)
        self._getters = [attrgetter(field) for field in fields]

    def columns(self, lines: bytes) -> dict[str, list[Any]] | None:
        """Read lines.

        Args:
            lines: Whole lines.

        Returns:
            The numbers of each name, with `UNSET` where a line may and does lack it;
            nothing if a line has other names or no plain number.
        """
        if self._decoder is None:
            return None
        try:
            rows = self._decoder.decode_lines(lines)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        pairs = zip(self._names, self._getters, strict=True)
        return {name: list(map(get, rows)) for name, get in pairs}
