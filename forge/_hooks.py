"""Import hooks: what to do just before or after a library is imported."""

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Final

import wrapt


def on_import(module: str, action: Callable[[ModuleType], object]) -> None:
    """Call a function with a module once it is imported.

    If it is imported already, the function is called at once. The module itself is
    never imported by this, and an action that fails never fails the user's import: it
    is told in a warning.

    Args:
        module: Full name of the module.
        action: What to call with the module.
    """

    def guarded(imported: ModuleType) -> None:
        try:
            action(imported)
        except Exception as error:  # noqa: BLE001 - the import is the user's
            warnings.warn(
                f"after the import of {module}: {type(error).__name__}: {error}",
                RuntimeWarning,
                stacklevel=2,
            )

    wrapt.register_post_import_hook(guarded, module)


def before_import(module: str, action: Callable[[], object]) -> None:
    """Call a function each time a module is about to be imported.

    It may also be called when somebody only asks whether the module exists.

    Args:
        module: Full name of the module.
        action: What to call; it must not fail.
    """
    if _watcher not in sys.meta_path:
        sys.meta_path.insert(0, _watcher)
    _watcher.actions[module] = action


class _Watcher:
    """Finds no module; it only sees which one is looked for."""

    def __init__(self) -> None:
        self.actions: dict[str, Callable[[], object]] = {}

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Let the actions know, and leave the search to the finders behind."""
        action = self.actions.get(fullname)
        if action is not None:
            action()


_watcher: Final = _Watcher()
