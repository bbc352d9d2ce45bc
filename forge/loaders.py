"""Loaders: what makes a component of a file in which none is decorated."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final, Protocol


if TYPE_CHECKING:
    from forge.component import Component


class Loader(Protocol):
    """Makes a component of a module that a user named by its file.

    The module is imported, and has no decorated component of the kind. A loader looks
    at it and calls nothing of it; what it does not know it leaves to others.
    """

    def __call__(self, module: ModuleType, kind: str) -> "Component | None":
        """Make a component.

        Args:
            module: The module of the file.
            kind: The kind it is to have.

        Returns:
            The component; None for a file of some other sort.
        """


def register(loader: Loader) -> Loader:
    """Register a loader.

    Args:
        loader: What makes components.

    Returns:
        The loader.
    """
    if loader not in _loaders:
        _loaders.append(loader)
    return loader


def component_of(module: ModuleType, kind: str) -> "Component | None":
    """Make a component of a module in which none is decorated.

    Args:
        module: The module of a file.
        kind: The kind of component that is wanted.

    Returns:
        What the first loader makes of it; None when no loader knows such files.
    """
    # By name: it stands above, and few experiments need it.
    import_module(_OWN)
    made = (loader(module, kind) for loader in _loaders)
    return next((component for component in made if component is not None), None)


_OWN: Final = "forge.classic.component"
_loaders: Final[list[Loader]] = []
