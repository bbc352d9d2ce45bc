"""Arrays of JAX and trees of them: parameters, Flax, Equinox, Optax, random keys."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from forge.checkpoints.adapter import TreeAdapter, holding
from forge.checkpoints.base import Prepared, Stored
from forge.checkpoints.difference import Variable, compare
from forge.checkpoints.inplace import is_changeable, put_back, put_into
from forge.checkpoints.tree import flatten, read_tree


#: What stands for a leaf that is not stored, such as an activation function.
_STATIC = "function"
_NUMBERS = {"int", "float", "bool", "complex"}


class JaxCheckpointer(TreeAdapter):
    """Saves the leaves of a tree by their paths, and puts them back where they were.

    Arrays of JAX never change, so training makes a new tree of each step. A tree whose
    outermost container is a dict or list is changed in place, one of another kind is
    replaced. Objects of `flax.nnx` change in place always.
    """

    name = "jax"

    def version(self) -> str:
        """Name the version of JAX.

        Returns:
            Such as `jax 0.10.2`.
        """
        return f"jax {sys.modules['jax'].__version__}"

    def matches(self, obj: Any) -> bool:
        """Say whether the object is a tree with an array of JAX in it.

        Args:
            obj: Any object.

        Returns:
            Whether it is, or is an object of `flax.nnx`.
        """
        array = getattr(sys.modules.get("jax"), "Array", None)
        if array is None or isinstance(obj, type):
            return False
        if _is_nnx(obj):
            return True
        try:
            leaves = sys.modules["jax"].tree_util.tree_leaves(obj)
        except (TypeError, ValueError, RecursionError):
            # Such as a dict whose keys have no order.
            return False
        return any(isinstance(leaf, array) for leaf in leaves)

    def has_state(self, obj: Any) -> bool:
        """Say whether there is anything to save.

        Args:
            obj: A tree.

        Returns:
            False for an object of `flax.nnx` without variables.
        """
        return bool(_leaves(obj)[0])

    def in_place(self, obj: Any) -> bool:
        """Say whether a restore changes the object itself.

        Args:
            obj: A tree.

        Returns:
            True for dicts, lists and objects of `flax.nnx`.
        """
        return _is_nnx(obj) or is_changeable(obj)

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Take the leaves apart.

        Args:
            obj: A tree.
            copy: Whether to copy arrays to the host now.

        Returns:
            What `flatten` gives.

        Raises:
            Refused: When a leaf has no stored form; functions are passed over.
        """
        leaves, _ = _leaves(obj)
        kinds = {path: _variable(path, leaf) for path, leaf in leaves.items()}
        tree = {
            "kinds": {path: [v.dtype, list(v.shape)] for path, v in kinds.items()},
            "leaves": {p: x for p, x in leaves.items() if kinds[p].dtype != _STATIC},
        }
        return flatten(tree, copy=copy)

    def check(self, obj: Any) -> None:
        """Refuse a tree with a leaf that has no stored form.

        Args:
            obj: A tree.

        Raises:
            Refused: Which leaf it is.
        """
        if not _is_nnx(obj):
            self.snapshot(obj, copy=False)

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Compare paths, shapes and types with the stored ones.

        Args:
            obj: A tree.
            stored: The entry.

        Returns:
            The difference, and how to put the leaves back, on the devices where the
            present ones are.
        """
        tree = read_tree(stored.folder, numpy=True)
        with holding("the leaves of a tree of JAX"):
            saved = {
                path: Variable(path, tuple(shape), dtype)
                for path, (dtype, shape) in tree["kinds"].items()
            }
            values = dict(tree["leaves"])
            for path, value in values.items():
                _insist(saved[path], value)
        leaves, treedef = _leaves(obj)
        here = {
            path: _fitted(_variable(path, leaf), saved.get(path))
            for path, leaf in leaves.items()
        }
        difference = compare(saved, here)
        fitting = {*difference.fitting} & values.keys()

        def apply() -> Any:
            # Made one after the other: the host holds the stored ones meanwhile.
            found = [
                _placed(leaf, values.pop(path)) if path in fitting else leaf
                for path, leaf in leaves.items()
            ]
            return _assembled(obj, treedef, found)

        return Prepared(difference, apply, in_place=self.in_place(obj))


def fixed_leaves(obj: Any) -> list[Callable[[], Any]]:
    """List the leaves of a dict or list of arrays of JAX, if none of them can change.

    Args:
        obj: Any object.

    Returns:
        What gives each leaf, or None once an array is gone; nothing for another object,
        and for one that holds no array of JAX or anything that changes in place.
    """
    jax = sys.modules["jax"]
    if not isinstance(obj, dict | list) or not JaxCheckpointer().matches(obj):
        return []
    leaves = jax.tree_util.tree_leaves(obj)
    fixed = (jax.Array, bool, int, float, complex, str, bytes)
    if not all(isinstance(leaf, fixed) or callable(leaf) for leaf in leaves):
        return []
    # Held by their names alone: nobody wants the parameters of two steps in memory.
    return [
        ref(leaf) if isinstance(leaf, jax.Array) else partial(_itself, leaf)
        for leaf in leaves
    ]


def _itself(leaf: Any) -> Any:
    """Give what was given."""
    return leaf


def _is_nnx(obj: Any) -> bool:
    """Say whether an object is one of `flax.nnx`, which holds variables."""
    nnx = sys.modules.get("flax.nnx")
    kinds = (getattr(nnx, name, None) for name in ("Pytree", "Object", "Variable"))
    return isinstance(obj, tuple(kind for kind in kinds if isinstance(kind, type)))


def _leaves(obj: Any) -> tuple[dict[str, Any], Any]:
    """List the leaves of a tree by path, and what puts them together again."""
    util = sys.modules["jax"].tree_util
    tree = obj
    if _is_nnx(obj):
        nnx: Any = sys.modules["flax.nnx"]
        tree = nnx.to_pure_dict(nnx.state(obj))
    pairs, treedef = util.tree_flatten_with_path(tree)
    short = [util.keystr(path, simple=True, separator="/") for path, _ in pairs]
    if len(set(short)) < len(short):
        # Two paths can read alike: {"a/b": x} and {"a": {"b": y}}.
        short = [util.keystr(path) for path, _ in pairs]
    return {name: leaf for name, (_, leaf) in zip(short, pairs, strict=True)}, treedef


def _assembled(obj: Any, treedef: Any, leaves: list[Any]) -> Any:
    """Put a tree together of new leaves, in the object where that can be."""
    tree = sys.modules["jax"].tree_util.tree_unflatten(treedef, leaves)
    if not _is_nnx(obj):
        return put_back(obj, _ordered(obj, tree))
    nnx: Any = sys.modules["flax.nnx"]
    state = nnx.state(obj)
    nnx.replace_by_pure_dict(state, tree)
    nnx.update(obj, state)
    return obj


def _ordered(old: Any, new: Any) -> Any:
    """Give dicts the order of keys that they had, which JAX sorts."""
    if type(old) is dict and type(new) is dict:
        return {key: _ordered(value, new[key]) for key, value in old.items()}
    if type(old) is list and type(new) is list:
        return [_ordered(a, b) for a, b in zip(old, new, strict=True)]
    return new


def _variable(path: str, leaf: Any) -> Variable:
    """Describe a leaf; an array of NumPy fits where one of JAX was."""
    shape, dtype = getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
    if shape is not None and dtype is not None:
        jax = sys.modules["jax"]
        if jax.dtypes.issubdtype(dtype, jax.dtypes.prng_key):
            return Variable(path, tuple(shape), f"key<{jax.random.key_impl(leaf)}>")
        return Variable(path, tuple(shape), dtype.name)
    return Variable(path, (), _STATIC if callable(leaf) else type(leaf).__name__)


def _insist(saved: Variable, value: Any) -> None:
    """Refuse a stored leaf that is not what the tree says of it."""
    if saved.dtype.startswith("key<"):
        # It is read as the numbers that the key is made of.
        fits = value.shape[: len(saved.shape)] == saved.shape
    else:
        fits = _variable(saved.path, value).fits(saved)
    if not fits:
        raise ValueError(saved.path)


def _fitted(here: Variable, saved: Variable | None) -> Variable:
    """Let a number of Python stand for an array of one number, and the reverse.

    Counters of steps begin as the one, and are the other after the first step.
    """
    if saved is None or here.shape or saved.shape:
        return here
    kinds = {here.dtype, saved.dtype}
    families = {_family(kind) for kind in kinds}
    return saved if kinds & _NUMBERS and len(families) == 1 else here


def _family(dtype: str) -> str:
    """Say what kind of number a type holds."""
    return (
        "".join(filter(str.isalpha, dtype)).removeprefix("u").replace("bfloat", "float")
    )


def _placed(old: Any, new: Any) -> Any:
    """Make a leaf like the present one, with a stored value."""
    jax = sys.modules["jax"]
    if type(old).__name__ in _NUMBERS and hasattr(new, "dtype"):
        return jax.numpy.asarray(new)
    if not isinstance(old, jax.Array):
        return old if put_into(old, new) else new
    if jax.dtypes.issubdtype(old.dtype, jax.dtypes.prng_key):
        new = jax.random.wrap_key_data(new, impl=jax.random.key_impl(old))
    elif not old.shape:
        # A number of Python takes on the type of what it meets, and so did this one.
        number = getattr(new, "item", lambda: new)()
        kind = None if old.weak_type else old.dtype
        new = jax.numpy.asarray(number, dtype=kind)
    if getattr(old, "committed", True):
        return jax.device_put(new, old.sharding)
    return jax.numpy.asarray(new)
