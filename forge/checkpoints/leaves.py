"""Arrays of PyTorch and JAX inside trees: their bytes, and how they come back."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from forge.checkpoints.arrays import ReadArray
from forge.checkpoints.base import Refused


@dataclass(frozen=True, slots=True)
class Leaf:
    """An array of a framework, as a tree keeps it."""

    #: Whose it is: `torch`, `jax`, or `key` for a random key of JAX.
    of: str
    #: The name of its type of number.
    dtype: str
    #: Its extent in each dimension.
    shape: tuple[int, ...]
    #: How many bytes it takes.
    size: int
    #: Copies its bytes to the host's memory if need be, and returns them.
    fetch: Callable[[], Any]
    #: The algorithm of a random key.
    algorithm: str = ""
    #: Equal for two that are the same memory; such are stored once.
    memory: Hashable = None


def leaf_of(x: Any, path: str, *, copy: bool) -> Leaf | None:
    """Describe an array of a framework.

    Args:
        x: Any object.
        path: Where it is, for messages.
        copy: Whether later training may change it before it is written.

    Returns:
        The leaf; None for anything else.

    Raises:
        Refused: When its values are not all here.
    """
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    # While a framework is being imported, it is there without its classes.
    if isinstance(x, getattr(torch, "Tensor", ())):
        return _of_torch(torch, x, path, copy=copy)
    if isinstance(x, getattr(jax, "Array", ())):
        return _of_jax(jax, x, path, copy=copy)
    return None


def is_state_of_module(x: Any) -> bool:
    """Say whether a value is what `state_dict` of a module of PyTorch gives.

    Args:
        x: Any object.

    Returns:
        Whether it is such a dict of tensors.
    """
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    if tensor is None or not isinstance(x, OrderedDict) or not x:
        return False
    return all(isinstance(value, tensor) for value in x.values())


def is_state_of_optimizer(x: Any) -> bool:
    """Say whether a value is what `state_dict` of an optimizer of PyTorch gives.

    Args:
        x: Any object.

    Returns:
        Whether it is such a dict.
    """
    if type(x) is not dict or "torch" not in sys.modules:
        return False
    groups = x.get("param_groups")
    return {"state", "param_groups"} <= x.keys() and isinstance(groups, list)


def living(of: str, algorithm: str, read: ReadArray) -> Any:
    """Make the array of a framework that a leaf was made of.

    Args:
        of: Whose it was.
        algorithm: The algorithm of a random key.
        read: The stored values.

    Returns:
        The array, in the host's memory or on the default device; one of NumPy where
        the framework is not imported.
    """
    if not read.data.size and 0 not in read.shape:
        # Never allocated: an array of this shape has values.
        raise ValueError(f"an array of shape {read.shape} has no values")
    if of == "torch" and "torch" in sys.modules:
        torch = sys.modules["torch"]
        kind = getattr(torch, read.dtype)
        if not isinstance(kind, torch.dtype):
            raise TypeError(f"{read.dtype} is no type of tensor")
        if not read.data.size:
            return torch.empty(read.shape, dtype=kind)
        return torch.from_numpy(read.data).view(kind).reshape(read.shape)
    values = numpy_of(read)
    if of in ("jax", "key") and "jax" in sys.modules:
        jax = sys.modules["jax"]
        if of == "key":
            return jax.random.wrap_key_data(values, impl=algorithm)
        return jax.numpy.asarray(values)
    return values


def numpy_of(read: ReadArray) -> Any:
    """Make an array of NumPy.

    Args:
        read: The stored values.

    Returns:
        The array, which may be written to.
    """
    return read.data.view(numpy_type(read.dtype)).reshape(read.shape)


def numpy_type(name: str) -> Any:
    """Find a type of array by name, those of accelerators too.

    Args:
        name: Such as `float32`, `<U3` or `bfloat16`.

    Returns:
        NumPy's type.
    """
    import numpy as np

    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))


def _of_torch(torch: Any, x: Any, path: str, *, copy: bool) -> Leaf:
    """Describe a tensor of PyTorch."""
    import numpy as np

    where = path or "it"
    if x.layout is not torch.strided or x.is_quantized:
        raise Refused(f"{where} is a sparse or quantized tensor", "Use x.to_dense().")
    if x.is_meta:
        raise Refused(f"{where} is a tensor without values (on the meta device)")
    if hasattr(x, "full_tensor"):
        raise Refused(
            f"{where} is spread over processes", "Gather it first: x.full_tensor()."
        )
    tensor = x.detach().resolve_conj().resolve_neg()
    if copy:
        tensor = tensor.to("cpu", copy=True)

    def fetch() -> Any:
        here = tensor.to("cpu").contiguous()
        if not here.numel():
            return np.empty(0, np.uint8)
        return here.reshape(-1).view(torch.uint8).numpy()

    place = (x.device, x.data_ptr(), x.dtype, x.shape, x.stride())
    return Leaf(
        "torch",
        str(x.dtype).removeprefix("torch."),
        tuple(x.shape),
        x.numel() * x.element_size(),
        fetch,
        memory=place if x.numel() and not (x.is_conj() or x.is_neg()) else None,
    )


def _of_jax(jax: Any, x: Any, path: str, *, copy: bool) -> Leaf:
    """Describe an array of JAX, random keys too."""
    import numpy as np

    where = path or "it"
    if isinstance(x, jax.core.Tracer):
        raise Refused(f"{where} has no values inside jit", "Save outside of it.")
    if not x.is_fully_addressable:
        raise Refused(
            f"{where} is spread over processes",
            "Gather it first: jax.experimental.multihost_utils.process_allgather.",
        )
    algorithm = ""
    if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
        algorithm = str(jax.random.key_impl(x))
        x = jax.random.key_data(x)
    # A buffer that is donated to a compiled function is overwritten by it.
    copied = np.array(x, copy=True) if copy else None

    def fetch() -> Any:
        return np.ascontiguousarray(x if copied is None else copied)

    of = "key" if algorithm else "jax"
    size = x.size * x.dtype.itemsize
    return Leaf(of, x.dtype.name, tuple(x.shape), size, fetch, algorithm)
