"""Trees of plain values and arrays, kept as JSON next to one safetensors file.

`tree.json` holds the structure; every array is a `{"$array": key}` in it and lies
in `arrays.safetensors` under that key. Reading builds nothing but the types below,
so a checkpoint from a stranger can be read without executing anything of it.
"""

import json
import math
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from forge.checkpoints.arrays import (
    ARRAYS,
    NATIVE,
    Array,
    FileFact,
    ReadArray,
    read_arrays,
    write_arrays,
)
from forge.checkpoints.base import Refused
from forge.checkpoints.leaves import (
    Leaf,
    is_state_of_module,
    leaf_of,
    living,
    numpy_type,
)
from forge.errors import ForgeError
from forge.records.durable import read_bounded


TREE = "tree.json"
#: Deeper trees are refused: they are almost always containers that hold themselves,
#: and the JSON readers of this world recurse.
DEEPEST = 100
#: JSON readers outside Python keep integers exact up to here.
LARGEST = 2**53
#: Larger files of structure are none of ours.
_LARGEST_FILE = 2 << 30

#: What a structure that nobody wrote can cause.
_MALFORMED = (
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    AttributeError,
    RuntimeError,
)
#: What objects have that can be saved, but not inside a container.
_OF_ADAPTERS = ("state_dict", "get_state", "variables", "get_params")
OWN_NAME = "Save it under a name of its own, such as _run.checkpoint(model=model)."
MODULE_ITSELF = "Name the module itself, such as _run.checkpoint(model=model)."
WAYS_OUT = (
    "Give it get_state() and set_state(), or state_dict() and load_state_dict(),"
    " or keep the numbers, text, containers or arrays that it is made of."
)


class _Flat:
    """One flattening: the arrays met so far, by the key they will be stored under."""

    def __init__(self, *, copy: bool) -> None:
        self.arrays: dict[str, Array] = {}
        self._copy = copy
        self._stored: dict[Hashable, dict[str, Any]] = {}

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
            return self.numpy(x, path)
        if isinstance(x, Array):
            return self.array(x, path)
        leaf = leaf_of(x, path, copy=self._copy)
        if leaf is not None:
            return self.leaf(leaf, path)
        if is_state_of_module(x):
            what = f"{path or 'it'} is what state_dict() of a module gave"
            raise Refused(what, MODULE_ITSELF)
        kind = f"{type(x).__module__}.{type(x).__qualname__}"
        what = f"{path or 'it'} is a {kind}, which has no plain form"
        # Inside a container nobody asks the adapter that would take it.
        alone = path and any(hasattr(x, name) for name in _OF_ADAPTERS)
        raise Refused(what, OWN_NAME if alone else WAYS_OUT)

    def numpy(self, x: Any, path: str) -> dict[str, Any]:
        """Set an array or a number of NumPy aside."""
        import numpy as np

        a = np.asarray(x)
        if a.dtype.hasobject or a.dtype.names:
            raise Refused(
                f"{path or 'it'} is an array of {a.dtype}, which has no plain form",
                "Use an array of numbers or text, or a list.",
            )
        # A view is written as it is then; a copy as it is now.
        a = np.array(a, order="C") if self._copy else a
        more: dict[str, Any] = {"scalar": True} if isinstance(x, np.generic) else {}
        name = a.dtype.name
        if name in NATIVE.values() and a.dtype.isnative:
            array = Array(name, a.shape, lambda: np.ascontiguousarray(a))
            return self.array(array, path) | more
        more = more | {"dtype": _dtype_text(a.dtype), "shape": list(a.shape)}
        data = Array("uint8", (a.nbytes,), lambda: np.frombuffer(a.tobytes(), np.uint8))
        return self.array(data, path) | more

    def leaf(self, x: Leaf, path: str) -> dict[str, Any]:
        """Set an array of a framework aside, what is the same memory only once."""
        if x.memory in self._stored:
            return self._stored[x.memory]
        more: dict[str, Any] = {"of": x.of}
        if x.algorithm:
            more["algorithm"] = x.algorithm
        if x.dtype in NATIVE.values():
            array = Array(x.dtype, x.shape, x.fetch)
        else:
            more |= {"dtype": x.dtype, "shape": list(x.shape)}
            array = Array("uint8", (x.size,), x.fetch)
        found = self.array(array, path) | more
        if x.memory is not None:
            self._stored[x.memory] = found
        return found

    def array(self, array: Array, path: str) -> dict[str, Any]:
        """Name an array."""
        key = path or "value"
        # Two paths can read alike: {"a/b": x} and {"a": {"b": y}}.
        while key in self.arrays or key == "__metadata__":
            key += "'"
        self.arrays[key] = array
        return {"$array": key}

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


def flatten(tree: Any, *, copy: bool = False) -> tuple[Any, dict[str, Array]]:
    """Take a tree apart into a structure that JSON can say, and its arrays.

    Args:
        tree: Plain values, containers of them, arrays of NumPy, PyTorch and JAX.
        copy: Whether to copy the arrays, which may change before they are written.

    Returns:
        The structure, and the arrays by the keys the structure names them with.

    Raises:
        Refused: When a value has no plain form; it names the path inside the tree.
    """
    flat = _Flat(copy=copy)
    return flat.value(tree, ""), flat.arrays


def unflatten(
    structure: Any, arrays: Mapping[str, ReadArray], *, numpy: bool = False
) -> Any:
    """Put a tree together again.

    Args:
        structure: What `flatten` gave.
        arrays: The arrays by key, as they were read.
        numpy: Whether arrays of frameworks are wanted as arrays of NumPy.

    Returns:
        The tree, equal in every type to the one that was flattened.

    Raises:
        ForgeError: `checkpoint-damaged`, whatever was not written by `flatten`.
    """
    try:
        return _unflatten(structure, partial(_array, arrays=arrays, numpy=numpy))
    except RecursionError as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} is nested too deeply") from e
    except _MALFORMED as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} is not a tree: {e}") from e


def write_tree(tree: Any, folder: Path) -> dict[str, FileFact]:
    """Write a tree into a folder.

    Args:
        tree: Plain values, containers of them, and arrays.
        folder: An existing folder that holds no tree yet.

    Returns:
        The facts of the files, by name.

    Raises:
        Refused: When a value has no plain form; nothing is written then.
    """
    return write_flat(flatten(tree), folder)


def write_flat(flat: tuple[Any, dict[str, Array]], folder: Path) -> dict[str, FileFact]:
    """Write a tree that was taken apart.

    Args:
        flat: What `flatten` gave.
        folder: An existing folder that holds no tree yet.

    Returns:
        The facts of the files, by name.
    """
    structure, arrays = flat
    text = json.dumps(structure).encode("ascii")
    with (folder / TREE).open("xb") as f:
        f.write(text)
    facts = {TREE: FileFact.of(text)}
    if arrays:
        facts[ARRAYS] = write_arrays(folder / ARRAYS, arrays)
    return facts


def read_tree(folder: Path, *, numpy: bool = False) -> Any:
    """Read the tree that a folder holds.

    Args:
        folder: The folder that `write_tree` filled.
        numpy: Whether arrays of frameworks are wanted as arrays of NumPy.

    Returns:
        The tree; its arrays own their memory and may be written to.

    Raises:
        ForgeError: `checkpoint-damaged`, when the files are not such a tree.
    """
    try:
        structure = json.loads(read_bounded(folder / TREE, _LARGEST_FILE))
    except (OSError, ValueError, RecursionError) as e:
        raise ForgeError("checkpoint-damaged", f"{TREE} cannot be read: {e}") from e
    path = folder / ARRAYS
    arrays = read_arrays(path) if path.exists() else {}
    return unflatten(structure, arrays, numpy=numpy)


def _unflatten(x: Any, array: Callable[[Any], Any]) -> Any:
    """Put one value together, tag by tag."""
    if isinstance(x, list):
        return [_unflatten(v, array) for v in x]
    if not isinstance(x, dict):
        return x
    tag = next(iter(x), "")
    if not tag.startswith("$"):
        return {k: _unflatten(v, array) for k, v in x.items()}
    if tag == "$array":
        return array(x)
    return _READERS[tag](x[tag], array)


_READERS: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
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


def _array(x: dict[str, Any], arrays: Mapping[str, ReadArray], *, numpy: bool) -> Any:
    """Find an array, and give it back the type it had."""
    read = arrays[x["$array"]]
    if "dtype" in x:
        read = ReadArray(x["dtype"], tuple(x["shape"]), read.data)
    of = None if numpy else x.get("of")
    found = living(of, x.get("algorithm", ""), read) if of else _numpy(read)
    return found[()] if x.get("scalar") else found


def _numpy(read: ReadArray) -> Any:
    """Make an array of NumPy of any type but those that run code."""
    import numpy as np

    dtype = numpy_type(read.dtype)
    if dtype.hasobject:
        raise ValueError(f"arrays of {dtype} are never stored")
    if math.prod(read.shape) * dtype.itemsize != read.data.nbytes:
        raise ValueError("an array does not fit its shape")
    # A dtype of no width (empty text) has nothing to view.
    return np.ndarray(read.shape, dtype, buffer=read.data)


def _dtype_text(dtype: Any) -> str:
    """Name a type of array so that `_dtype` finds it again."""
    # The types of ml_dtypes have codes that NumPy reads as other types, or not at all.
    try:
        return str(dtype.str if numpy_type(dtype.str) == dtype else dtype.name)
    except (TypeError, AttributeError):
        return str(dtype.name)


def _is_array(x: Any) -> bool:
    """Say whether a value is a NumPy array or number."""
    import numpy as np

    return type(x) is np.ndarray or isinstance(x, np.generic)


def _join(path: str, part: Any) -> str:
    """Add a part to a path inside a tree."""
    return f"{path}/{part}" if path else str(part)
