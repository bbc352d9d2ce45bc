"""Numbers, text, containers, arrays, and objects that give their state as such."""

import copy
from collections.abc import Callable
from typing import Any

from forge.checkpoints.adapter import TreeAdapter
from forge.checkpoints.base import Prepared, Refused, Stored
from forge.checkpoints.difference import Difference, Variable
from forge.checkpoints.inplace import is_changeable, put_back
from forge.checkpoints.leaves import is_state_of_optimizer
from forge.checkpoints.tree import flatten, read_tree


#: Methods that give and take an object's state, in the order they are looked for.
PAIRS = (
    ("state_dict", "load_state_dict"),
    ("get_state", "set_state"),
    ("getstate", "setstate"),
)


class PlainCheckpointer(TreeAdapter):
    """Saves anything made of plain values, and takes whatever nobody else takes."""

    name = "plain"

    def version(self) -> str:
        """Name the version of NumPy, whose arrays are plain values.

        Returns:
            Such as `numpy 2.2.0`.
        """
        import numpy as np

        return f"numpy {np.__version__}"

    def matches(self, obj: Any) -> bool:
        """Take every object; those without a plain form are refused when saved.

        Args:
            obj: Any object.

        Returns:
            Always true.
        """
        return True

    def has_state(self, obj: Any) -> bool:
        """Say whether the object gives its state, or is changed in place.

        Args:
            obj: Any object.

        Returns:
            False for a number or a text, which a restore could not change, and for
            an object that has no plain form.
        """
        if state_methods(obj):
            return True
        if not is_changeable(obj):
            return False
        try:
            flatten(obj)
        except Exception:  # noqa: BLE001 - whatever refuses has no plain form
            return False
        return True

    def in_place(self, obj: Any) -> bool:
        """Say whether a restore changes the object itself.

        Args:
            obj: Any object.

        Returns:
            False for a number or a text.
        """
        return bool(state_methods(obj)) or is_changeable(obj)

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Take the value apart, or the state that the object gives.

        Args:
            obj: Any object.
            copy: Whether to copy arrays.

        Returns:
            What `flatten` gives.

        Raises:
            Refused: When a part of it has no plain form.
        """
        found = state_methods(obj)
        return flatten(found[0]() if found else obj, copy=copy)

    def check(self, obj: Any) -> None:
        """Refuse a value that has no plain form, or is a copy that nobody would read.

        Args:
            obj: Any object; one that gives its state is not asked for it yet.

        Raises:
            Refused: Which part of it has none.
        """
        _insist_on_optimizer(obj)
        if not state_methods(obj):
            flatten(obj)

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Compare the type, and an array's shape, with what is stored.

        Args:
            obj: Any object.
            stored: The entry.

        Returns:
            The difference, and how to put the value back: containers and arrays in
            place, an object's state through its own method, other values as new.
        """
        _insist_on_optimizer(obj)
        value = read_tree(stored.folder)
        found = state_methods(obj)
        if found:
            get, put = found
            former = copy.deepcopy(get())

            def load() -> Any:
                put(value)
                return obj

            fitting = Difference(fitting=("state",))
            return Prepared(fitting, load, lambda: put(former), fallible=True)
        difference = _compare(obj, value)
        return Prepared(
            difference,
            (lambda: obj) if difference else (lambda: put_back(obj, value)),
            in_place=is_changeable(obj),
        )


def state_methods(obj: Any) -> tuple[Callable[[], Any], Callable[[Any], Any]] | None:
    """Find the two methods that give and take an object's state.

    Args:
        obj: Any object.

    Returns:
        The method that gives it and the one that takes it; None without them.
    """
    # Of a class, `state_dict` would be a function without its object.
    if isinstance(obj, type):
        return None
    for give, take in PAIRS:
        methods = getattr(obj, give, None), getattr(obj, take, None)
        if callable(methods[0]) and callable(methods[1]):
            return methods[0], methods[1]
    return None


def _insist_on_optimizer(obj: Any) -> None:
    """Refuse the state of an optimizer in its place: restoring it changes nothing."""
    if is_state_of_optimizer(obj):
        raise Refused(
            "it is what state_dict() of an optimizer gave, a copy that the optimizer "
            "never reads",
            "Name the optimizer itself, such as optimizer=optimizer.",
        )


def _compare(obj: Any, value: Any) -> Difference:
    """Compare the types of two values, and of arrays the shapes."""
    mine, theirs = _described(obj), _described(value)
    if mine == theirs:
        return Difference(fitting=(str(mine),))
    return Difference(different=(f"{mine} here, saved as {theirs}",))


def _described(value: Any) -> str:
    """Name a value's type, of an array its shape too."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return Variable("", value.shape, value.dtype.name).kind
    return type(value).__name__
