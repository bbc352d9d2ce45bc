"""Open runs, told to the processes that this one starts.

A spawned worker that unpickles an object of stored code is given nothing but the
private name of its module; with this it finds the folder and opens it likewise.
"""

import json
import os
from typing import Any, Final


_VARIABLE: Final = "FORGE_LOADED_RUNS"


def tell(identity: str, facts: dict[str, str]) -> None:
    """Tell processes started from now on what is open.

    Args:
        identity: The id of the run in this process.
        facts: What it takes to open it.
    """
    _write({**_read(), identity: facts})


def take_back(identity: str) -> None:
    """Tell it no more.

    Args:
        identity: The id of the run in this process.
    """
    _write({known: facts for known, facts in _read().items() if known != identity})


def told(identity: str) -> dict[str, str] | None:
    """Read what the process that started this one has told of a run.

    Args:
        identity: The id of the run there.

    Returns:
        The facts, or None when it was not open.
    """
    return _read().get(identity)


def _read() -> dict[str, Any]:
    """Read what is told, by id."""
    known: dict[str, Any] = json.loads(os.environ.get(_VARIABLE) or "{}")
    return known


def _write(known: dict[str, Any]) -> None:
    """Tell this and nothing else."""
    os.environ[_VARIABLE] = json.dumps(known)
    if not known:
        del os.environ[_VARIABLE]
