"""Files that runs make, on their way into the run directory."""

from pathlib import Path
from typing import Any

from forge.errors import ForgeError
from forge.observers.base import Added


def artifact(source: Any, name: str | None) -> Added:
    """Make the event of a file that the run made.

    Args:
        source: A path; or bytes, or numbers, text, arrays and containers of them,
            kept as JSON; these need a name.
        name: What to call it in the run directory.

    Returns:
        The event.

    Raises:
        ForgeError: `bad-artifact` when there is no such file, or no name.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        if not path.exists():
            raise ForgeError(
                "bad-artifact", f"artifact({str(source)!r}): there is no such file."
            )
        return Added("artifact", name or path.name, path)
    if name is None:
        raise ForgeError(
            "bad-artifact",
            f"artifact(...): a value of type {type(source).__name__} needs a name:  "
            f"_run.artifact(value, 'name.json')",
        )
    return Added("artifact", name, data=_content(name, source))


def _content(name: str, value: Any) -> bytes:
    """Encode a value."""
    if isinstance(value, bytes):
        return value
    from forge.records.codec import pretty_json  # noqa: PLC0415

    try:
        return pretty_json(value)
    except TypeError:
        return pretty_json(_form(name, value, ""))  # with arrays in it, or nothing
    except (ValueError, RecursionError):
        raise _without_form(name, value, "") from None


def _form(name: str, value: Any, path: str) -> Any:
    """Turn arrays and numbers of frameworks inside a value into plain numbers."""
    from forge.records.codec import (  # noqa: PLC0415
        is_of_framework,
        numbers_of,
        to_json,
    )

    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, dict):
        return {
            _form(name, key, f"{path}/{key}"): _form(name, item, f"{path}/{key}")
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_form(name, item, f"{path}/{i}") for i, item in enumerate(value)]
    try:
        if not is_of_framework(value):
            to_json(value)
            return value
        numbers = numbers_of(value)
    except Exception:  # noqa: BLE001 - the value's own code runs, and may do anything
        raise _without_form(name, value, path) from None
    if is_of_framework(numbers):  # numpy leaves alone what Python has no number for
        raise _without_form(name, value, path)
    return _form(name, numbers, path)


def _without_form(name: str, value: Any, path: str) -> ForgeError:
    """Say which part of a value JSON cannot express."""
    kind = type(value).__name__
    what = f"a value of type {kind} has"
    if path:
        what = f"{path.removeprefix('/')} is a value of type {kind}, which has"
    return ForgeError(
        "bad-artifact",
        f"artifact(..., {name!r}): {what} no stored form. Write it to a file, and pass "
        f"the path.",
    )
