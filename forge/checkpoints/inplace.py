"""Containers and arrays changed in place, so that who else holds them sees it."""

import sys
from collections.abc import MutableMapping
from typing import Any


_CHANGEABLE = (dict, list, set, bytearray)


def is_changeable(obj: Any) -> bool:
    """Say whether a value can be changed without replacing it.

    Args:
        obj: Any object.

    Returns:
        False for numbers, text, tuples, arrays that are read-only and those of JAX.
    """
    # What has made no array yet is not to wait for numpy's import.
    array = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array is not None and isinstance(obj, array):
        return bool(obj.flags.writeable)
    return isinstance(obj, _CHANGEABLE)


def put_back(old: Any, new: Any) -> Any:
    """Give a value what another one holds, as far as it can be changed.

    Args:
        old: Any object.
        new: What it is to be like.

    Returns:
        The old object where it could be changed, else the new one.
    """
    if type(old) is not type(new):
        return new
    if put_into(old, new):
        return old
    if isinstance(old, MutableMapping):
        merged = {k: put_back(old[k], v) if k in old else v for k, v in new.items()}
        old.clear()
        old.update(merged)
    elif isinstance(old, list):
        kept = [put_back(a, b) for a, b in zip(old, new, strict=False)]
        old[:] = kept + new[len(kept) :]
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    else:
        return new
    return old


def put_into(old: Any, new: Any) -> bool:
    """Copy the values of one array into another, if it takes them.

    Args:
        old: Any object.
        new: An object of the same class.

    Returns:
        Whether it was done; false for what is no array, or one of JAX.
    """
    import numpy as np

    if isinstance(old, np.ndarray):
        fits = (old.shape, old.dtype) == (new.shape, new.dtype) and old.flags.writeable
        if fits:
            old[...] = new
        return bool(fits)
    torch: Any = sys.modules.get("torch")
    if not isinstance(old, getattr(torch, "Tensor", ())):
        return False
    tensor: Any = old
    if (tensor.shape, tensor.dtype) != (new.shape, new.dtype):
        return False
    with torch.no_grad():
        tensor.copy_(new)
    return True
