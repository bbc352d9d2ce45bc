"""Kinds of structs that several threads may read at once."""

import os
import threading
from typing import Any, TypeVar

import msgspec


_Struct = TypeVar("_Struct", bound=msgspec.Struct)

_prepared: set[type[Any]] = set()
_guard = threading.Lock()


def prepared(kind: type[_Struct]) -> type[_Struct]:
    """Have one thread find out what a kind consists of, while all others wait.

    The library finds it out when a kind is read for the first time, and keeps what it
    has found so far where others see it: a second thread that reads the same kind at
    that moment ends the process with a segmentation fault.

    Args:
        kind: What is about to be read.

    Returns:
        The same, to be read by any thread.
    """
    if kind not in _prepared:
        with _guard:
            msgspec.json.Decoder(kind)
            _prepared.add(kind)
    return kind


def _renew_guard() -> None:
    """Forget, in a fork, about a thread that had the guard and does not exist there."""
    global _guard  # noqa: PLW0603 - there is one
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_guard)
