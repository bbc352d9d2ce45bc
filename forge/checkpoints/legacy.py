"""TensorFlow's random operations of old, whose place nobody can save."""

import sys
from typing import Any, Final


#: They keep a counter of their own inside the runtime.
_OPERATIONS: Final = frozenset(
    {
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniformInt",
        "TruncatedNormal",
        "ParameterizedTruncatedNormal",
        "RandomShuffle",
        "Multinomial",
        "RandomGamma",
        "RandomPoissonV2",
    }
)
#: What TensorFlow calls the function around a single operation that runs eagerly.
_EAGER: Final = "__wrapped__"
_seen: dict[str, frozenset[str]] = {}


def legacy_operations() -> list[str]:
    """List the random operations of old that compiled functions of TensorFlow hold.

    Those that run eagerly draw their seeds from a generator that is saved.

    Returns:
        Their names, sorted; nothing where TensorFlow has compiled none.
    """
    module = sys.modules.get("tensorflow.python.eager.context")
    context: Any = None if module is None else module.context()
    if not getattr(context, "_initialized", False):
        return []
    try:
        names = {
            name
            for name in context.list_function_names()
            if not name.startswith(_EAGER)
        }
        for name in names - _seen.keys():
            _seen[name] = _held(context, name)
    except (AttributeError, TypeError):
        return []  # a version that does not tell
    return sorted({operation for name in names for operation in _seen.get(name, ())})


def _held(context: Any, name: str) -> frozenset[str]:
    """Find the operations of old in one compiled function."""
    nodes = context.get_function_def(name).node_def
    return frozenset(node.op for node in nodes) & _OPERATIONS
