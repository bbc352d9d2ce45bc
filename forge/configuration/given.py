"""Values as layers give them, brought into the types of parameters."""

from typing import Any

from forge.configuration.brackets import split_items
from forge.configuration.layers import Layer
from forge.configuration.reading import parse
from forge.configuration.shapes import Mismatch, describe
from forge.configuration.stored import from_stored
from forge.configuration.tree import Node
from forge.configuration.types import convert
from forge.errors import ForgeError
from forge.signature import EMPTY


def value_for(node: Node, value: Any, layer: Layer) -> Any:
    """Bring a value into the type of a parameter.

    Args:
        node: The parameter.
        value: A word, a stored value or a Python value, as the layer says.
        layer: Who gives it.

    Returns:
        The value.

    Raises:
        ForgeError: `bad-value` and its kin; it says so when only the default made
            the parameter an int.
    """
    try:
        if layer.stored:
            kind, default = node.type, node.default
            return from_stored(value, kind, default=default, resolve=layer.resolve)
        return _read(value, node.type, layer)
    except Mismatch as mismatch:
        error = _bad_value(node.path, value, node.type, layer, mismatch=mismatch)
    inferred = node.argument.annotation is EMPTY and node.type is int
    if error.code != "bad-value" or not inferred or not _is_float(value):
        raise error
    text = (
        f"{error.text} The default {node.default} makes it an int; write "
        f"{node.default}.0 or annotate it float."
    )
    raise ForgeError(error.code, text, **error.facts)


def typed(path: str, value: Any, kind: Any, layer: Layer) -> Any:
    """Bring a word or a Python value into a type.

    Args:
        path: What it is for.
        value: The value.
        kind: The type.
        layer: Who gives it.

    Returns:
        The value.

    Raises:
        ForgeError: `bad-value`, `several-values` or `record`.
    """
    try:
        return _read(value, kind, layer)
    except Mismatch as mismatch:
        raise _bad_value(path, value, kind, layer, mismatch=mismatch) from None


def group(node: Node) -> ForgeError:
    """Say that a group of parameters has no value of its own.

    Args:
        node: The group.

    Returns:
        `record`.
    """
    names = ", ".join(child.path for child in node.children)
    return ForgeError(
        "record",
        f"{node.path} is a group of parameters ({names}); set them one by one.",
        key=node.path,
    )


def _read(value: Any, kind: Any, layer: Layer) -> Any:
    """Words are parsed, Python values are checked."""
    return parse(value, kind) if layer.text else convert(value, kind)


def _is_float(value: Any) -> bool:
    """Whether a value or a word is a number."""
    try:
        convert(value, float)
    except Mismatch:
        return False
    return True


def _bad_value(
    path: str, value: Any, kind: Any, layer: Layer, *, mismatch: Mismatch
) -> ForgeError:
    """Say what a value should have been."""
    shown = f"{path}={value}"
    if mismatch.code == "record":
        return ForgeError(
            "record",
            f"{layer.prefix}{shown}: {path} takes a {describe(kind)}, which no word "
            f"can spell; set it from Python.",
            key=path,
        )
    if layer.text and kind in (int, float) and _are_several(value, kind):
        return ForgeError(
            "several-values",
            f"{shown}: expected one {describe(kind)}. "
            f"To run several:  sweep with {shown}",
            key=path,
        )
    got = f"'{value}'" if layer.text else repr(value)
    hint = mismatch.hint.strip()
    return ForgeError(
        "bad-value",
        f"{layer.prefix}{shown}: expected {describe(kind)}, got {got}."
        f"{' ' if hint else ''}{hint}",
        key=path,
        value=value,
    )


def _are_several(value: str, kind: Any) -> bool:
    """Whether a word is a comma list of what one is expected of."""
    try:
        items = split_items(value)
        for item in items:
            parse(item, kind)
    except Mismatch:
        return False
    return len(items) > 1
