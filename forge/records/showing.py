"""Stored values shown to people, without the classes that they may ask for."""

import base64
from typing import Any

from forge.records.plain import not_finite


def readable(value: Any) -> Any:
    """Turn back what `rich` made as far as that needs no class: for showing.

    Args:
        value: A parsed JSON value out of a run folder.

    Returns:
        The value with its tuples, sets, bytes and numbers such as NaN; objects stay in
        their stored form. This never fails.
    """
    try:
        return _shown(value)
    except RecursionError:
        return value


def _shown(node: Any) -> Any:
    """Turn back what needs no class, without trusting the value."""
    if isinstance(node, str):
        number = not_finite(node)
        return node if number is None else number
    if isinstance(node, list):
        return [_shown(item) for item in node]
    if not isinstance(node, dict):
        return node
    text = node.get("forge/text")
    if isinstance(text, str) and len(node) == 1:
        return text  # also one that reads like a number
    shown = {key: _shown(item) for key, item in node.items()}
    try:
        # Never by way of _restore: what is shown was not scanned.
        return _shown_tag(shown)
    except (TypeError, ValueError):
        return node


def _shown_tag(node: dict[str, Any]) -> Any:
    """Turn back one tagged mapping whose items are shown already."""
    match node:
        case {"py/tuple": list(items), **rest} if not rest:
            return tuple(items)
        case {"py/set": list(items), **rest} if not rest:
            return set(items)
        case {"py/b64": str(text), **rest} if not rest:
            return base64.b64decode(text, validate=True)
        case {"forge/dict": list(pairs), **rest} if not rest:
            return dict(pairs)
    return node
