"""Flags as scripts and config files see them."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NoReturn

from forge.classic.definitions import UNREAD
from forge.classic.space import FlagSpace
from forge.errors import ForgeError


class Flags(MutableMapping[str, Any]):
    """The flags of a program: `config.lr`, `config["lr"]`, `"lr" in config`.

    Values may be set, as in a notebook; a value that is none of the flag is refused.
    Methods win over names, `[...]` always works.

    Args:
        of: Finds the flags that are meant.
    """

    __slots__ = ("_of",)
    _of: Callable[[], FlagSpace]

    def __init__(self, of: Callable[[], FlagSpace]) -> None:
        object.__setattr__(self, "_of", of)

    @property
    def _space(self) -> FlagSpace:
        """The flags that are meant."""
        return self._of()

    def __getitem__(self, name: str) -> Any:
        try:
            return self._space.value(name)
        except ForgeError as error:
            if error.code != "unknown-flag":
                raise
            raise _UnknownKeyError(error) from None

    def __setitem__(self, name: str, value: Any) -> None:
        self._space.give(name, value)

    def __delitem__(self, name: str) -> NoReturn:
        raise ForgeError(
            "flag-stays",
            f"--{name} cannot be deleted: flags are defined for the whole program.",
            name=name,
        )

    def __contains__(self, name: object) -> bool:
        return name in self._space

    def __iter__(self) -> Iterator[str]:
        return iter(self._space)

    def __len__(self) -> int:
        return len(self._space)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._space.value(name)
        except ForgeError as error:
            if error.code != "unknown-flag":
                raise
            raise _UnknownAttributeError(error) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._space.give(name, value)

    def __delattr__(self, name: str) -> NoReturn:
        self.__delitem__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __repr__(self) -> str:
        values = self._space.values()
        inside = ", ".join(
            f"{name}={values.get(name, UNREAD)!r}" for name in self._space
        )
        return f"forge.flags({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the values: a worker needs them, not where they were defined."""
        return Values, (self._space.values(),)


class Values(dict[str, Any]):
    """Flags that travelled to another process: their values."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__


class _UnknownKeyError(ForgeError, KeyError):
    """A name that is no flag; a `KeyError`, as of any mapping."""

    def __init__(self, error: ForgeError) -> None:
        super().__init__(error.code, error.text, **error.facts)

    __str__ = ForgeError.__str__


class _UnknownAttributeError(ForgeError, AttributeError):
    """A name that is no flag; an `AttributeError`, so that `hasattr` works."""

    def __init__(self, error: ForgeError) -> None:
        super().__init__(error.code, error.text, **error.facts)
