"""The objects of a loaded model by name, as its checkpoints know them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from forge.errors import ForgeError


#: What a model is called where it is saved alone.
MODEL: Final = "model"


def entries_of(model: Any, names: Sequence[str]) -> dict[str, Any]:
    """Find what the entries of a checkpoint belong to.

    Args:
        model: What a config's `load` returned: a mapping or a tuple with names, an
            object with attributes of these names, or one object.
        names: The names of the entries.

    Returns:
        The objects by entry, as far as there are any. One object is the entry `model`,
        or the only entry there is.
    """
    if model is None:
        return {}
    found = {name: one for name in names if (one := named(model, name)) is not None}
    if found or isinstance(model, Mapping | list | tuple):
        return found
    if MODEL in names:
        return {MODEL: model}
    return {names[0]: model} if len(names) == 1 else {}


def named(model: Any, name: str) -> Any:
    """Find a part of a model by its name; None where there is none."""
    if isinstance(model, Mapping):
        return model.get(name)
    if isinstance(model, tuple) and not hasattr(model, "_fields"):
        return None
    # Of the instance alone: every class has attributes that are no parts.
    fields = getattr(model, "_fields", None) or getattr(model, "__dict__", {})
    if name in fields or name in getattr(model, "_modules", {}):
        return getattr(model, name, None)
    return None


def nothing_to_restore(names: Sequence[str], model: Any, path: Path) -> ForgeError:
    """Make the error for a model that no entry belongs to.

    Args:
        names: The entries.
        model: What `load` returned.
        path: The checkpoint.

    Returns:
        The error `not-in-checkpoint`.
    """
    if isinstance(model, Mapping):
        there = f"a mapping with {', '.join(map(str, model)) or 'nothing'}"
    else:
        there = f"one {type(model).__qualname__}"
    return ForgeError(
        "not-in-checkpoint",
        f"the checkpoint holds {', '.join(names) or 'nothing'}, and the model config's "
        f"`load` returns {there}.\n  {path}\n"
        f"  Return a dict with these names, or save under the names it returns.",
        options=list(names),
        path=path,
    )
