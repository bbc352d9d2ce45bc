"""Graphs and sessions of TensorFlow, and the variables in them."""

import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from forge._text import aligned
from forge.errors import ForgeError


def tensorflow() -> ModuleType:
    """Return TensorFlow, which the script has imported.

    Raises:
        ForgeError: `no-tensorflow` when it has not.
    """
    found = sys.modules.get("tensorflow")
    if found is None:
        raise ForgeError(
            "no-tensorflow",
            "this needs TensorFlow, which the script has not imported:  "
            "import tensorflow as tf",
        )
    return found


def get_session(**options: Any) -> Any:
    """Open a session that takes memory of the GPU only as it needs it.

    Args:
        **options: What `tf.compat.v1.ConfigProto` takes.

    Returns:
        A `tf.compat.v1.Session` on the present graph.

    Raises:
        ForgeError: `no-tensorflow`.
    """
    v1 = tensorflow().compat.v1
    config = v1.ConfigProto(allow_soft_placement=True, **options)
    config.gpu_options.allow_growth = True
    return v1.Session(config=config)


def set_gpu(num: int | str | None) -> None:
    """Let the process see one GPU only; to be called before a framework is used.

    Args:
        num: The number of the GPU, several as `0,1`, or None for none.
    """
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = "" if num is None else str(num)


def print_num_params(model: Any = None) -> None:
    """Print how many numbers are trained.

    Args:
        model: A model, or its variables; by default the variables of the graph.

    Raises:
        ForgeError: `no-tensorflow` when there is no model, and no TensorFlow either.
    """
    total = sum(count for _, _, count in _counted(_trainable(model)))
    print(f"Number of trainable parameters: {total:,}")  # noqa: T201 - what it is for


def print_variables_by_scope(model: Any = None) -> None:
    """Print the variables that are trained, grouped by the first part of their name.

    Args:
        model: A model, or its variables; by default the variables of the graph.

    Raises:
        ForgeError: `no-tensorflow` when there is no model, and no TensorFlow either.
    """
    print(variables_table(_trainable(model)))  # noqa: T201 - what it is for


def variables_table(variables: Iterable[Any]) -> str:
    """List variables by scope.

    Args:
        variables: Variables of TensorFlow or PyTorch, or pairs of name and parameter.

    Returns:
        The lines: a scope with its sum, and below it its variables with their shapes.
    """
    scopes: dict[str, list[tuple[str, str, int]]] = {}
    for name, shape, count in _counted(variables):
        scopes.setdefault(_scope(name), []).append((name, shape, count))
    rows = []
    for scope, inside in scopes.items():
        rows.append([scope, "", f"{sum(count for *_, count in inside):,}"])
        rows += [[f"  {name}", shape, f"{count:,}"] for name, shape, count in inside]
    return "\n".join(aligned(rows))


def is_graph_mode() -> bool:
    """Tell whether TensorFlow is imported and builds a graph, as version 1 did."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and not tf.executing_eagerly()


def _trainable(model: Any) -> Iterable[Any]:
    """List what is trained: of a model, or of the graph."""
    if model is None:
        return list(tensorflow().compat.v1.trainable_variables())
    named = getattr(model, "named_parameters", None)
    if callable(named):
        return [(name, p) for name, p in named() if p.requires_grad]
    variables = getattr(model, "trainable_variables", model)
    return list(variables() if callable(variables) else variables)


def _counted(variables: Iterable[Any]) -> list[tuple[str, str, int]]:
    """Read name, shape and number of values of each variable."""
    found = []
    for variable in variables:
        name, value = (
            variable if isinstance(variable, tuple) else (_name(variable), variable)
        )
        count = 1
        for size in value.shape:
            count *= int(size)
        shape = "x".join(str(int(size)) for size in value.shape) or "()"
        found.append((str(name).removesuffix(":0"), shape, count))
    return found


def _name(variable: Any) -> str:
    """Name a variable; that of Keras 3 by its path."""
    return str(getattr(variable, "path", None) or getattr(variable, "name", "") or "")


def _scope(name: str) -> str:
    """Take the first part of a name, with slashes or with dots."""
    for mark in ("/", "."):
        if mark in name:
            return name.partition(mark)[0]
    return name
