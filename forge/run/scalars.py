"""Metrics as users log them, turned into plain numbers by name."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from forge.errors import ForgeError


RESERVED: Final = frozenset({"step", "time", "event"})
_PLAIN: Final = frozenset({float, int})


def plain(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Turn metrics into numbers of Python's own.

    Args:
        metrics: Python, numpy, TensorFlow, PyTorch or JAX scalars by name; a mapping
            inside nests, its names joined with `/`.

    Returns:
        The numbers by name.

    Raises:
        ForgeError: `bad-metric` for what is no number, or a name that lines use
            themselves.
    """
    found = {}
    for name, value in _flat(metrics, ""):
        if name in RESERVED:
            raise ForgeError(
                "bad-metric",
                f"log({name}=...): '{name}' is written by Forge itself. "
                f"Rename the metric, for example to 'my_{name}'.",
                name=name,
            )
        found[name] = value if type(value) in _PLAIN else _number(name, value)
    return found


def _flat(metrics: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Metrics with the names of nested ones joined by `/`."""
    for key, value in metrics.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}/")
        else:
            yield name, value


def _number(name: str, value: Any) -> float:
    """One number of Python's own, or the error that names the metric."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return float(value) if isinstance(value, float) else int(value)
    size = getattr(value, "size", 1)
    size = size() if callable(size) else size
    try:
        if isinstance(value, str | bytes) or (isinstance(size, int) and size != 1):
            raise TypeError  # noqa: TRY301 - one place says what is wrong
        item = getattr(value, "item", None)
        number = item() if callable(item) else float(value)
        return number if type(number) in _PLAIN else float(number)
    except (TypeError, ValueError, RuntimeError):
        raise ForgeError(
            "bad-metric",
            f"log({name}=...): a metric is one number, got {_described(value)}.",
            name=name,
        ) from None


def _described(value: Any) -> str:
    """What was logged, in a few words."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    return repr(value)[:60]
