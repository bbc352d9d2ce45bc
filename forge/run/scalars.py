"""Metrics as users log them, turned into plain numbers by name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from operator import index
from typing import Any, Final

from forge._text import brief
from forge.errors import ForgeError


RESERVED: Final = frozenset({"step", "time", "event"})
#: How users write a metric, `{}` standing for its name.
_LOGGED: Final = "log({}=...)"
_JUDGED: Final = "checkpoint(metrics={{'{}': ...}})"
_PLAIN: Final = frozenset({float, int})
_NAMES: Final = frozenset({str})


def are_plain(metrics: Mapping[str, Any]) -> bool:
    """Tell whether metrics are written as they are, in less time than `plain` takes.

    Args:
        metrics: What was logged, by name.

    Returns:
        Whether all are numbers of Python's own, under names that lines leave free.
    """
    return (
        _PLAIN.issuperset(map(type, metrics.values()))
        and _NAMES.issuperset(map(type, metrics))
        and metrics.keys().isdisjoint(RESERVED)
    )


class Unfetched(dict[str, Any]):
    """Metrics of which some are `Held`."""


class Held:
    """A scalar that an accelerator has not finished computing, or has not sent yet.

    Args:
        value: A copy of it, on its own device, that nobody changes.
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def fetch(self) -> float:
        """Wait for the number.

        Returns:
            The number.

        Raises:
            Exception: What the framework raises if it cannot be had.
        """
        return _converted(self._value)


def merged(metrics: Any, scalars: Mapping[str, Any]) -> dict[str, Any]:
    """Put metrics together that were logged in one call.

    Args:
        metrics: A mapping of them, if the caller has made no mistake.
        scalars: Further ones, which count for more.

    Returns:
        All of them by name.

    Raises:
        ForgeError: `bad-metric` for numbers without names.
    """
    if not _have_names(metrics):
        raise ForgeError(
            "bad-metric",
            f"log({_described(metrics)}): a metric has a name.\n"
            "  Write  _run.log(loss=0.5)  or  _run.log({'loss': 0.5})",
        )
    return {**metrics, **scalars}


def measured(metrics: Any) -> dict[str, float]:
    """Turn the metrics of a checkpoint into numbers of Python's own.

    Args:
        metrics: A mapping of them or None, if the caller has made no mistake.

    Returns:
        The numbers by name; those that are still being computed are waited for.

    Raises:
        ForgeError: `bad-metric` for what has no name or is no number.
    """
    if metrics is None:
        return {}
    if not _have_names(metrics):
        raise ForgeError(
            "bad-metric",
            f"checkpoint(metrics={_described(metrics)}): a metric has a name.\n"
            "  Write  _run.checkpoint(metrics={'accuracy': 0.5})",
        )
    numbers = plain(dict(metrics), _JUDGED)
    # The checkpoint itself waits for its objects: so it may for these.
    return {n: v.fetch() if isinstance(v, Held) else v for n, v in numbers.items()}


def plain(metrics: Mapping[str, Any], form: str = _LOGGED) -> dict[str, float]:
    """Turn metrics into numbers of Python's own.

    Args:
        metrics: Python, numpy, TensorFlow, PyTorch or JAX scalars by name; a mapping
            inside nests, its names joined with `/`.
        form: How the caller wrote one of them, `{}` standing for its name.

    Returns:
        The numbers by name; `Unfetched` if to wait for some of them would hold up the
        caller while an accelerator computes.

    Raises:
        ForgeError: `bad-metric` for what is no number, or a name that lines use
            themselves.
    """
    found: dict[str, Any] = {}
    held = False
    for name, value in _flat(metrics, ""):
        if name in RESERVED:
            raise ForgeError(
                "bad-metric",
                f"{form.format(name)}: '{name}' is written by Forge itself. "
                f"Rename the metric, for example to 'my_{name}'.",
                name=name,
            )
        if type(value) in _PLAIN:
            found[name] = value
        elif copied := _copy_of_distant(value):
            _check(name, value, form)
            found[name] = Held(copied())
            held = True
        else:
            found[name] = _number(name, value, form)
    return Unfetched(found) if held else found


def whole(step: Any, call: str) -> int:
    """Turn a step into a number of Python's own.

    Args:
        step: A whole number of any library.
        call: What it was given to, for the message.

    Returns:
        The number.

    Raises:
        ForgeError: `bad-step` for what is no whole number.
    """
    with suppress(TypeError):
        return index(step)
    if not isinstance(step, str | bytes):
        with suppress(TypeError, ValueError, OverflowError, RuntimeError):
            number = float(step)
            # What is rounded would be found where it was not measured.
            if number.is_integer():
                return int(number)
    raise ForgeError(
        "bad-step",
        f"{call}(step=...): a step is one whole number, got {_described(step)}.",
        step=step,
    )


def _have_names(metrics: Any) -> bool:
    """Tell whether metrics can be looked up by name; a class of mappings is none."""
    return hasattr(metrics, "keys") and not isinstance(metrics, type)


def _flat(metrics: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Metrics with the names of nested ones joined by `/`."""
    for key, value in metrics.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}/")
        else:
            yield name, value


def _number(name: str, value: Any, form: str) -> float:
    """One number of Python's own, or the error that names the metric."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return float(value) if isinstance(value, float) else int(value)
    _check(name, value, form)
    try:
        return _converted(value)
    except (TypeError, ValueError, RuntimeError):
        raise _no_number(name, value, form) from None


def _converted(value: Any) -> float:
    """Ask a scalar for its number."""
    item = getattr(value, "item", None)
    number: Any = item() if callable(item) else float(value)
    return number if type(number) in _PLAIN else float(number)


def _check(name: str, value: Any, form: str) -> None:
    """Refuse what can be seen to be no number without asking for it."""
    shape = getattr(value, "shape", None)
    many = shape is not None and any(length != 1 for length in shape)
    if many or isinstance(value, str | bytes):
        raise _no_number(name, value, form)


def _copy_of_distant(value: Any) -> Callable[[], Any] | None:
    """Find how to keep a scalar that it would take time to wait for.

    Each framework has its own way, none of which needs it to be imported here.

    Returns:
        Makes a copy on its own device, which is put in line there and not waited for;
        None for what is at hand.
    """
    device = getattr(value, "device", None)
    is_ready = getattr(value, "is_ready", None)
    if device is None:
        return None
    if callable(is_ready):  # JAX, which computes behind one's back also on processors
        near = is_ready() and getattr(device, "platform", "cpu") == "cpu"
        copy: Callable[[], Any] = value.copy  # what is given away later is gone
        return None if near else copy
    kind = getattr(device, "type", device)
    if not isinstance(kind, str) or kind == "meta" or "cpu" in kind.lower():
        return None
    if hasattr(value, "detach"):  # PyTorch, where it may be changed in place
        return lambda: value.detach().clone()
    read: Callable[[], Any] = getattr(value, "read_value", lambda: value)  # TensorFlow
    return read


def _no_number(name: str, value: Any, form: str) -> ForgeError:
    """Make the error for what is no number."""
    return ForgeError(
        "bad-metric",
        f"{form.format(name)}: a metric is one number, got {_described(value)}.",
        name=name,
    )


def _described(value: Any) -> str:
    """What was logged, in a few words."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    return brief(value)
