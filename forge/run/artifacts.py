"""Files that runs make, on their way into the run directory."""

from pathlib import Path
from typing import Any

from forge.errors import ForgeError
from forge.observers.base import Added


def artifact(source: Any, name: str | None) -> Added:
    """Make the event of a file that the run made.

    Args:
        source: A path; or bytes, or anything JSON can say, which needs a name.
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
    except (TypeError, ValueError):
        raise ForgeError(
            "bad-artifact",
            f"artifact(..., {name!r}): a value of type {type(value).__name__} has no "
            f"stored form. Write it to a file, and pass the path.",
        ) from None
