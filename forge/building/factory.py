"""Components called with their arguments by name, now or later."""

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from forge.annotations import callee_of
from forge.component import Component


def call(component: Component, values: Mapping[str, Any]) -> Any:
    """Call a component with its arguments by name.

    Args:
        component: What to call.
        values: Arguments by name.

    Returns:
        What it returns.
    """
    signature = component.signature
    values = {k: v for k, v in values.items() if k not in signature.extra}
    known = signature.by_name
    first = [values.pop(n, known[n].default) for n in signature.positional_only]
    return component.function(*first, **values)


def takes(component: Component, name: str) -> bool:
    """Tell whether a component can be called with an argument.

    Args:
        component: What is to be called.
        name: The name of the argument.

    Returns:
        Whether it has that one, or takes any by `**kwargs`.
    """
    code = getattr(callee_of(component.function), "__code__", None)
    takes_any = code is not None and bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return takes_any or name in component.signature.by_name


class Factory:
    """A component with its configuration filled in, to be called by the user.

    Args:
        component: What is called.
        values: Its parameters and the inputs that could be injected.
        free: The inputs that are left, in order.
    """

    def __init__(
        self, component: Component, values: Mapping[str, Any], free: Sequence[str]
    ) -> None:
        self._component = component
        self._values = values
        self._free = tuple(free)

    def __repr__(self) -> str:
        left = ", ".join(self._free)
        return f"<forge.Factory {self._component.name}({left})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Build the object.

        Args:
            *args: The inputs that are left, in the order of the signature.
            **kwargs: Inputs by name, or other values for parameters.

        Returns:
            What the component returns.
        """
        if len(args) > len(self._free):
            raise TypeError(
                f"{self._component.name} takes {len(self._free)} positional arguments "
                f"here ({', '.join(self._free)}), got {len(args)}"
            )
        values = copy.deepcopy(dict(self._values))
        values.update(zip(self._free, args, strict=False))
        values.update(kwargs)
        return call(self._component, values)
