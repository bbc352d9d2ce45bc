"""The parts of an object, as far as it is reasonable to look into it."""

import random
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final


#: How far is looked: the data inside an object are not walked through.
DEEPEST: Final = 5
WIDEST: Final = 100
MOST: Final = 2000
#: Values that have no parts.
PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))
_CLOSED: Final = (type, ModuleType, FunctionType, MethodType)
#: What these packages keep inside their objects is theirs.
_FOREIGN: Final = ("tensorflow", "keras", "jax", "jaxlib", "threading", "logging")


def leaves(obj: Any) -> Iterator[tuple[str, Any]]:
    """Walk through an object down to plain values, arrays and random generators.

    Args:
        obj: Any object.

    Yields:
        The path of attributes and keys, and what is there.
    """
    seen: set[int] = set()
    todo = [("", obj, 0)]
    while todo and len(seen) < MOST:
        path, value, depth = todo.pop()
        if isinstance(value, PLAIN) or is_generator(value) or is_array(value):
            yield path, value
        elif depth < DEEPEST and id(value) not in seen:
            seen.add(id(value))
            for name, part in _parts(value).items():
                todo.append((f"{path}.{name}" if path else name, part, depth + 1))


def is_generator(value: Any) -> bool:
    """Tell whether a value is a generator of Python, NumPy or PyTorch.

    Args:
        value: Any object.

    Returns:
        Whether it draws random numbers.
    """
    if isinstance(value, random.Random):
        return True
    numpy, torch = sys.modules.get("numpy.random"), sys.modules.get("torch")
    return (
        numpy is not None and isinstance(value, (numpy.Generator, numpy.RandomState))
    ) or (torch is not None and isinstance(value, torch.Generator))


def is_array(value: Any) -> bool:
    """Tell whether a value is an array or tensor.

    Args:
        value: Any object.

    Returns:
        Whether it has a type of numbers and a shape.
    """
    if isinstance(value, _CLOSED):
        return False
    try:
        return hasattr(value, "dtype") and hasattr(value, "shape")
    except Exception:  # noqa: BLE001 - whatever an object does when it is asked
        return False


def _parts(value: Any) -> Mapping[str, Any]:
    """Name what an object consists of; nothing of what is large or somebody else's."""
    if isinstance(value, dict):
        return {} if len(value) > WIDEST else {str(k): v for k, v in value.items()}
    if isinstance(value, list | tuple):
        return {} if len(value) > WIDEST else {str(i): v for i, v in enumerate(value)}
    package = type(value).__module__.partition(".")[0]
    if isinstance(value, _CLOSED) or package in _FOREIGN:
        return {}
    return getattr(value, "__dict__", {})
