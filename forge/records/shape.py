"""Lines of metrics that hold the same names, or some of them, read together."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, overload

import msgspec
from msgspec import UNSET, UnsetType


class Column(Sequence[Any]):
    """The numbers of one name, taken off their lines when they are asked for.

    Args:
        rows: The lines, decoded.
        get: Takes the number off one of them.
    """

    def __init__(self, rows: Sequence[Any], get: Callable[[Any], Any]) -> None:
        self._rows = rows
        self._get = get

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Any: ...

    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...

    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return list(map(self._get, self._rows[at]))
        return self._get(self._rows[at])


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
        columns = self.sparing(lines)
        if columns is None:
            return None
        return {name: column[:] for name, column in columns.items()}

    def sparing(self, lines: bytes) -> dict[str, Column] | None:
        """Read lines for somebody who does not look at every number.

        Args:
            lines: Whole lines.

        Returns:
            As `columns`, each taken off the lines when it is asked for.
        """
        if self._decoder is None:
            return None
        try:
            rows = self._decoder.decode_lines(lines)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        pairs = zip(self._names, self._getters, strict=True)
        return {name: Column(rows, get) for name, get in pairs}
