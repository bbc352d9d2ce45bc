"""What `import importlib` means inside stored code."""

import importlib
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any


class Importlib(ModuleType):
    """The module `importlib`, whose functions lead to a run's own modules.

    Args:
        import_named: Imports a module by its name, its package and the frame that asks.
        import_statement: Does what an import statement says.
    """

    def __init__(
        self,
        import_named: Callable[[str, str | None, FrameType], ModuleType],
        import_statement: Callable[..., ModuleType],
    ) -> None:
        super().__init__("importlib")

        def import_module(name: str, package: str | None = None) -> ModuleType:
            frame = sys._getframe(1)  # noqa: SLF001 - who imports
            return import_named(name, package, frame)

        own = {"import_module": import_module, "__import__": import_statement}
        vars(self).update({**vars(importlib), **own})

    def __getattr__(self, name: str) -> Any:
        # Submodules that were imported since.
        return getattr(importlib, name)
