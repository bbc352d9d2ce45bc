"""Trees of plain values and arrays, kept as JSON next to one safetensors file.

`tree.json` holds the structure; every array is a `{"$array": key}` in it and lies
in `arrays.safetensors` under that key. Reading builds nothing but the types below,
so a checkpoint from a stranger can be read without executing anything of it.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forge.checkpoints.base import Refused
from forge.errors import ForgeError


TREE = "tree.json"
ARRAYS = "arrays.safetensors"
#: Deeper trees are refused: they are almost always containers that hold themselves,
#: and the JSON readers of this world recurse.
DEEPEST = 100
#: JSON readers outside Python keep integers exact up to here.
LARGEST = 2**53

#: Kinds of array that safetensors names; the others are kept as bytes.
NATIVE = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
WAYS_OUT = (
    "Give it get_state() and set_state(), or state_dict() and load_state_dict(),"
    " or keep the numbers, text, containers or arrays that it is made of."
)


class _Flat:
    """One flattening: the arrays met so far, by the key they will be stored under."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}

    def value(self, x: Any, path: str, depth: int = 0) -> Any:
        """Turn one value into what JSON can say, arrays set aside."""
        if depth > DEEPEST:
            raise Refused(
                f"{path[:60]}... is nested deeper than {DEEPEST} containers",
                "A container that holds itself cannot be saved.",
            )
        if x is None or type(x) in (bool, str):
            return x
        form = _FORMS.get(type(x))
        if form is not None:
            return form(self, x, path, depth)
        if _is_array(x):
            return self.array(x, path)
        kind = f"{type(x).__module__}.{type(x).__qualname__}"
        raise Refused(f"{path or 'it'} is a {kind}, which has no plain form", WAYS_OUT)

    def array(self, x: Any, path: str) -> dict[str, Any]:
        """Set an array or a NumPy number aside and name it."""
        import numpy as np

        a = np.asarray(x)
        if a.dtype.hasobject or a.dtype.names:
            raise Refused(
                f"{path or 'it'} is an array of {a.dtype}, which has no plain form",
                "Use an array of numbers or text, or a list.",
            )
        key = path or "value"
        # Two paths can read alike: {"a/b": x} and {"a": {"b": y}}.
        while key in self.arrays or key == "__metadata__":
            key += "'"
        found: dict[str, Any] = {"$array": key}
        if isinstance(x, np.generic):
            found["scalar"] = True
        if a.dtype.name not in NATIVE.values() or not a.dtype.isnative:
            found |= {"dtype": _dtype_text(a.dtype), "shape": list(a.shape)}
            a = np.frombuffer(a.tobytes(), np.uint8)
        self.arrays[key] = np.ascontiguousarray(a).reshape(a.shape)
        return found

    def items(self, x: Any, path: str, depth: int) -> list[Any]:
        """Flatten the items of a sequence or set."""
        return [self.value(v, _join(path, i), depth + 1) for i, v in enumerate(x)]

    def mapping(self, x: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
        """Flatten a dict, in its order, with keys of any plain type."""
        if all(type(k) is str and not k.startswith("$") for k in x):
            return {k: self.value(v, _join(path, k), depth + 1) for k, v in x.items()}
        pairs = []
        for k, v in x.items():
            at = _join(path, k)
            if _is_array(k):
                raise Refused(f"{at} has an array as its key", "Use a plain key.")
            pairs.append([self.value(k, at, depth + 1), self.value(v, at, depth + 1)])
        return {"$dict": pairs}


def _whole(flat: _Flat, x: int, path: str, depth: int) -> Any:
    """Write an integer of any size."""
    # Base 16 because Python refuses to read decimal text of very many digits.
    return x if abs(x) < LARGEST else {"$int": hex(x)}


def _real(flat: _Flat, x: float, path: str, depth: int) -> Any:
    """Write a float, NaN and infinities too."""
    return x if math.isfinite(x) else {"$float": repr(x)}


_FORMS: dict[type, Callable[[_Flat, Any, str, int], Any]] = {
    int: _whole,
    float: _real,
    complex: lambda f, x, p, d: {
        "$complex": [_real(f, x.real, p, d), _real(f, x.imag, p, d)]
    },
    bytes: lambda f, x, p, d: {"$bytes": x.hex()},
    bytearray: lambda f, x, p, d: {"$bytearray": x.hex()},
    list: lambda f, x, p, d: f.items(x, p, d),
    tuple: lambda f, x, p, d: {"$tuple": f.items(x, p, d)},
    set: lambda f, x, p, d: {"$set": f.items(x, p, d)},
    frozenset: lambda f, x, p, d: {"$frozenset": f.items(x, p, d)},
    dict: lambda f, x, p, d: f.mapping(x, p, d),
}


def flatten(tree: Any) -> tuple[Any, dict[str, Any]]:
    """Take a tree apart into a structure that JSON can say, and its arrays.

    Args:
        tree: Plain values, containers of them, and NumPy arrays.

    Returns:
        The structure, and the arrays by the keys the structure names them with.

    Raises:
        Refused: When a value has no plain form; it names the path inside the tree.
    """
    flat = _Flat()
    return flat.value(tree, ""), flat.arrays


def unflatten(structure: Any, arrays: dict[str, Any]) -> Any:
    """Put a tree together again.

    Args:
        structure: What `flatten` gave.
        arrays: The arrays by key.

    Returns:
        The tree, equal in every type to the one that was flattened.

    Raises:
        ForgeError: `checkpoint-damaged`, whatever was not written by `flatten`.
    """
    try:
        return _unflatten(structure, arrays)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} is not a tree: {e}") from e
    except RecursionError as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} is nested too deeply") from e


def write_tree(tree: Any, folder: Path) -> None:
    """Write a tree into a folder.

    Args:
        tree: Plain values, containers of them, and NumPy arrays.
        folder: An existing folder that holds no tree yet.

    Raises:
        Refused: When a value has no plain form; nothing is written then.
    """
    structure, arrays = flatten(tree)
    with (folder / TREE).open("x", encoding="ascii") as f:
        json.dump(structure, f)
    if arrays:
        from safetensors.numpy import save_file

        save_file(arrays, str(folder / ARRAYS))


def read_tree(folder: Path) -> Any:
    """Read the tree that a folder holds.

    Args:
        folder: The folder that `write_tree` filled.

    Returns:
        The tree; its arrays own their memory and may be written to.

    Raises:
        ForgeError: `checkpoint-damaged`, when the files are not such a tree.
    """
    try:
        structure = json.loads((folder / TREE).read_bytes())
    except (OSError, ValueError, RecursionError) as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} cannot be read: {e}") from e
    path = folder / ARRAYS
    return unflatten(structure, _read_arrays(path) if path.exists() else {})


def _read_arrays(path: Path) -> dict[str, Any]:
    """Read all arrays of a file, each into memory of its own."""
    import numpy as np
    from safetensors import SafetensorError, deserialize

    try:
        # The library checks offsets, lengths and shapes against the file's size.
        found = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        return {
            key: np.ndarray(x["shape"], _dtype(NATIVE[x["dtype"]]), buffer=x["data"])
            for key, x in found
        }
    except (OSError, SafetensorError, ValueError, KeyError) as e:
        raise ForgeError("checkpoint-damaged", f"{ARRAYS} cannot be read: {e}") from e


def _unflatten(x: Any, arrays: dict[str, Any]) -> Any:
    """Put one value together, tag by tag."""
    if isinstance(x, list):
        return [_unflatten(v, arrays) for v in x]
    if not isinstance(x, dict):
        return x
    tag = next(iter(x), "")
    if not tag.startswith("$"):
        return {k: _unflatten(v, arrays) for k, v in x.items()}
    if tag == "$array":
        return _array(x, arrays)
    return _READERS[tag](x[tag], arrays)


_READERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "$int": lambda v, a: int(v, 16),
    "$float": lambda v, a: float(v),
    "$complex": lambda v, a: complex(*(_unflatten(i, a) for i in v)),
    "$bytes": lambda v, a: bytes.fromhex(v),
    "$bytearray": lambda v, a: bytearray.fromhex(v),
    "$tuple": lambda v, a: tuple(_unflatten(i, a) for i in v),
    "$set": lambda v, a: {_unflatten(i, a) for i in v},
    "$frozenset": lambda v, a: frozenset(_unflatten(i, a) for i in v),
    "$dict": lambda v, a: {_unflatten(k, a): _unflatten(i, a) for k, i in v},
}


def _array(x: dict[str, Any], arrays: dict[str, Any]) -> Any:
    """Find an array, and give it back the type it had."""
    found = arrays[x["$array"]]
    if "dtype" in x:
        dtype = _dtype(x["dtype"])
        if dtype.hasobject:
            raise ValueError(f"arrays of {dtype} are never stored")
        # A dtype of no width (empty text) has nothing to view.
        import numpy as np

        shape = tuple(x["shape"])
        if math.prod(shape) * dtype.itemsize != found.nbytes:
            raise ValueError(f"array {x['$array']} does not fit its shape")
        found = np.ndarray(shape, dtype, buffer=bytearray(found.tobytes()))
    return found[()] if x.get("scalar") else found


def _dtype_text(dtype: Any) -> str:
    """Name a type of array so that `_dtype` finds it again."""
    # The types of ml_dtypes have codes that NumPy reads as other types, or not at all.
    try:
        return str(dtype.str if _dtype(dtype.str) == dtype else dtype.name)
    except (TypeError, AttributeError):
        return str(dtype.name)


def _dtype(name: str) -> Any:
    """Find a type of array by name, those of accelerators too."""
    import numpy as np

    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))


def _is_array(x: Any) -> bool:
    """Say whether a value is a NumPy array or number."""
    import numpy as np

    return type(x) is np.ndarray or isinstance(x, np.generic)


def _join(path: str, part: Any) -> str:
    """Add a part to a path inside a tree."""
    return f"{path}/{part}" if path else str(part)
