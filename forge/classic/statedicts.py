"""Files of PyTorch that a script saved by itself, put back into modules."""

import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.checkpoints.difference import Difference, Variable
from forge.classic.objects import MODEL, entries_of, nothing_to_restore
from forge.errors import ForgeError


_ENDINGS: Final = ("_state_dict", "_state", "_dict")


def restore_file(path: Path, model: Any) -> None:
    """Restore the state dicts of a file, all of them or none.

    Args:
        path: What `torch.save` wrote: the state dict of a module, or several by name.
        model: What was rebuilt.

    Raises:
        ForgeError: `checkpoint-unsafe` for a file that holds more than tensors and
            plain values, `checkpoint-mismatch`, `not-in-checkpoint`, `no-torch`.
    """
    states = _states(_read(path))
    objects = {
        name: one
        for name, one in entries_of(model, list(states)).items()
        if hasattr(one, "load_state_dict")
    }
    if not objects:
        raise nothing_to_restore(list(states), model, path)
    for name, one in objects.items():
        _compare(path, name, states[name], one)
    for name, one in objects.items():
        one.load_state_dict(states[name])


def _read(path: Path) -> Any:
    """Read a file without running anything that it holds."""
    torch = sys.modules.get("torch")
    if torch is None:
        raise ForgeError(
            "no-torch",
            f"{path} is a file of PyTorch, which the script has not imported:  "
            f"import torch",
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise ForgeError(
            "checkpoint-unsafe",
            f"{path} cannot be read as tensors and plain values: {reason}\n"
            f"  It may be damaged, or hold objects that run code when they are read. "
            f"Save state dicts, or:  forge.current_run().checkpoint(model=model)",
            path=path,
        ) from None


def _states(found: Any) -> dict[str, Any]:
    """Take a file apart into state dicts by name."""
    if not isinstance(found, Mapping):
        return {MODEL: found}
    if all(hasattr(value, "shape") for value in found.values()):
        return {MODEL: found}
    states = {}
    for key, value in found.items():
        name = str(key)
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
        if isinstance(value, Mapping):
            states[name or MODEL] = value
    # A file of one model calls its state dict just that.
    if MODEL not in states and "state" in states:
        states[MODEL] = states.pop("state")
    return states


def _compare(path: Path, name: str, state: Any, one: Any) -> None:
    """Refuse a state dict that does not fit a module."""
    if not hasattr(one, "named_parameters"):
        return
    stored = {key: _variable(key, value) for key, value in state.items()}
    living = {key: _variable(key, value) for key, value in one.state_dict().items()}
    difference = Difference(
        (),
        tuple(str(living[key]) for key in living if key not in stored),
        tuple(str(stored[key]) for key in stored if key not in living),
        tuple(
            f"{key} is {living[key].kind}, saved as {stored[key].kind}"
            for key in living
            if key in stored and living[key].shape != stored[key].shape
        ),
    )
    if difference:
        lines = [f"the checkpoint does not fit {name}; nothing was changed."]
        lines += [*difference.lines(), str(path)]
        raise ForgeError(
            "checkpoint-mismatch",
            "\n  ".join(lines),
            missing=difference.missing,
            different=difference.different,
        )


def _variable(name: str, value: Any) -> Variable:
    """Describe a tensor; extra state of modules has no shape."""
    shape = tuple(getattr(value, "shape", ()))
    kind = str(getattr(value, "dtype", type(value).__name__))
    return Variable(name, shape, kind.removeprefix("torch."))
