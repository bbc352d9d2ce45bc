"""What datasets offer to the inputs of components."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from forge.configuration.shapes import is_plain_scalar


class Offer(NamedTuple):
    """An entry of a dataset that has an input's name."""

    path: str
    value: Any


def entries_of(built: Any) -> Mapping[str, Any]:
    """Read the entries of a dataset.

    Args:
        built: What a dataset returned.

    Returns:
        Its items if it is a mapping, its fields if it is a NamedTuple or dataclass.
    """
    if isinstance(built, Mapping):
        return built
    if isinstance(built, tuple) and hasattr(built, "_fields"):
        return dict(zip(built._fields, built, strict=True))
    if dataclasses.is_dataclass(built) and not isinstance(built, type):
        return {f.name: getattr(built, f.name) for f in dataclasses.fields(built)}
    return {}


def agree(offers: Sequence[Offer]) -> bool:
    """Whether there is one offer, or all say the same plain scalar."""
    if len(offers) <= 1:
        return True
    if not all(is_plain_scalar(offer.value) for offer in offers):
        return False
    return len({repr(_plain(offer.value)) for offer in offers}) == 1


def _plain(value: Any) -> Any:
    """The Python value of a scalar, also inside of lists."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    item = getattr(value, "item", None)  # numpy scalars compare as what they hold
    return item() if callable(item) else value
