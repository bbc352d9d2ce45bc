"""Sums of what objects hold, to know them again."""

import zlib
from typing import Any, Final

from forge.checkpoints.parts import PLAIN, WIDEST, is_array, is_generator, leaves


#: Bytes of a large array that are looked at, at each of its ends.
_SAMPLE: Final = 1 << 16


def traits(obj: Any) -> int:
    """Sum up the plain values and arrays that an object holds, but no generators.

    Args:
        obj: Any object.

    Returns:
        A number that is another one, most likely, when one of them has changed.
    """
    found = 0
    for path, leaf in leaves(obj):
        text = f"{path}={leaf!r}" if isinstance(leaf, PLAIN) else path
        found = zlib.crc32(text.encode(errors="replace"), found)
        if is_array(leaf):
            found = zlib.crc32(_sampled(leaf), found)
    return found


def mark(item: Any) -> str | None:
    """Sum up one item of the data, to know it again.

    Args:
        item: Numbers, text, arrays and tensors, in containers.

    Returns:
        A few letters; None where there is nothing to compare.
    """
    found, known = 0, False
    try:
        for path, leaf in leaves(item):
            data = _data(leaf)
            if data is not None:
                known = True
                found = zlib.crc32(data, zlib.crc32(path.encode(), found))
    except Exception:  # noqa: BLE001 - such as a buffer that was given away
        return None
    return f"{found:08x}" if known else None


def _data(leaf: Any) -> bytes | None:
    """The bytes of one part of an item."""
    if is_array(leaf):
        return _sampled(leaf)
    return None if leaf is None or is_generator(leaf) else repr(leaf).encode()


def _sampled(array: Any) -> bytes:
    """The bytes of an array; of a large one its two ends."""
    import numpy as np

    if hasattr(array, "detach"):
        array = array.detach().cpu()
    found = np.ascontiguousarray(np.asarray(array))
    if found.dtype.hasobject:
        return repr(found.ravel()[:WIDEST].tolist()).encode()
    flat = found.reshape(-1).view(np.uint8)
    ends = (
        flat.tobytes()
        if flat.size <= 2 * _SAMPLE
        else (flat[:_SAMPLE].tobytes() + flat[-_SAMPLE:].tobytes())
    )
    return f"{found.dtype}{found.shape}".encode() + ends
