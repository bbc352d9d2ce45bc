"""Files with decorated components, loaded like config files."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from forge.component import Component
from forge.errors import ForgeError
from forge.signature import Role, component_mark


def builder_of(module: ModuleType, text: str) -> Callable[..., Any] | None:
    """Find what builds the component of a file.

    Args:
        module: The module of the file.
        text: What it was asked for as.

    Returns:
        A function that takes what `load` of a config file takes; None for a file
        without components.

    Raises:
        ForgeError: `file-choice` when it has several.
    """
    found = components_of(module)
    if not found:
        return None
    if len(found) > 1:
        marks = map(component_mark, found)
        names = ", ".join(f"{mark.kind} '{mark.name}'" for mark in marks)
        raise ForgeError(
            "file-choice",
            f"{text} defines {len(found)} components: {names}. A file that is loaded "
            f"by its path defines one, or a function `load` that chooses.",
            path=text,
            options=[component_mark(one).name for one in found],
        )

    def built(*args: Any, **kwargs: Any) -> Any:
        return _build(found[0], text, args, kwargs)

    return built


def components_of(module: ModuleType) -> list[Callable[..., Any]]:
    """List the decorated datasets, models and the like that a module defines.

    Args:
        module: The module.

    Returns:
        The functions and classes, without those that it imports.
    """
    found = []
    for value in tuple(vars(module).values()):
        mark = component_mark(value)
        own = isinstance(mark, Component) and mark.module == module.__name__
        if own and mark.kind != "experiment" and value not in found:
            found.append(value)
    return found


def _build(
    function: Callable[..., Any],
    text: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Any:
    """Build a component from flags and from what a data config returned."""
    from forge.experiments.single import build  # noqa: PLC0415 - such files only

    mark: Component = component_mark(function)
    names = [
        name
        for name, argument in mark.signature.by_name.items()
        if argument.role is not Role.SPECIAL
    ]
    given: dict[str, Any] = {}
    for one in (*args, kwargs):
        if not isinstance(one, Mapping):
            raise ForgeError(
                "not-values",
                f"{text} defines the {mark.kind} '{mark.name}', which takes values by "
                f"name, and got {type(one).__name__}:  "
                f"forge.load({text!r}, config, name=value)",
                path=text,
            )
        given |= {name: one[name] for name in names if name in one}
    return build(function, **given)
