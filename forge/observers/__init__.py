"""Events of a run and those who receive them.

`forge.observers` is the door for those who write an observer: the events, the protocol
and the two observers that every recorded run has.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any


__all__ = [
    "Added",
    "Completed",
    "ConsoleObserver",
    "Event",
    "Failed",
    "FilesystemObserver",
    "Heartbeat",
    "Interrupted",
    "Logged",
    "Noted",
    "Observer",
    "Printed",
    "Saved",
    "SourceCopy",
    "Started",
    "for_sacred",
]

if TYPE_CHECKING:
    from forge.observers.base import Added as Added
    from forge.observers.base import Completed as Completed
    from forge.observers.base import Event as Event
    from forge.observers.base import Failed as Failed
    from forge.observers.base import Heartbeat as Heartbeat
    from forge.observers.base import Interrupted as Interrupted
    from forge.observers.base import Logged as Logged
    from forge.observers.base import Noted as Noted
    from forge.observers.base import Observer as Observer
    from forge.observers.base import Printed as Printed
    from forge.observers.base import Saved as Saved
    from forge.observers.base import SourceCopy as SourceCopy
    from forge.observers.base import Started as Started
    from forge.observers.console import ConsoleObserver as ConsoleObserver
    from forge.observers.filesystem import FilesystemObserver as FilesystemObserver
    from forge.observers.sacred import for_sacred as for_sacred

_HOMES = {
    "ConsoleObserver": "forge.observers.console",
    "FilesystemObserver": "forge.observers.filesystem",
    "for_sacred": "forge.observers.sacred",
}


# Imported when they are used: a script that only prints its config has no run.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'forge.observers' has no attribute {name!r}")
    home = _HOMES.get(name, "forge.observers.base")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
