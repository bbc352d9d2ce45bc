"""What is said when an injection or a build cannot be."""

from collections.abc import Mapping, Sequence
from typing import Any

from forge._text import close
from forge.building.entries import entries_of
from forge.component import Component
from forge.configuration.shapes import is_plain_scalar
from forge.configuration.sources import offering_datasets
from forge.configuration.tree import Node, Scope
from forge.errors import ForgeError


LONGEST = 60


def cycle(active: Sequence[str], path: str) -> ForgeError:
    """Say that components need each other.

    Args:
        active: The slots being built, outermost first.
        path: The slot that is needed again.

    Returns:
        `cycle`.
    """
    again = [*active[active.index(path) :], path]
    text = " -> ".join(again)
    return ForgeError("cycle", f"components need each other: {text}", cycle=again)


def ambiguous(node: Node, paths: Sequence[str]) -> ForgeError:
    """Say that an input could come from several places.

    Args:
        node: The input.
        paths: The places.

    Returns:
        `ambiguous-injection`.
    """
    last = paths[-1].partition(".")[0]
    return ForgeError(
        "ambiguous-injection",
        f"{node.path} could come from {' or '.join(paths)}.\n"
        f"  Take the whole object instead (a parameter named '{last}'), rename one of "
        f"them, or give it:  with {node.path}=...",
        key=node.path,
        options=list(paths),
    )


def missing(scope: Scope, names: Sequence[str], built: Mapping[str, Any]) -> ForgeError:
    """Say which inputs nothing supplies, now that the datasets are built.

    Args:
        scope: The component at its place.
        names: The inputs.
        built: Objects by path.

    Returns:
        `missing-injection`, with what each dataset returned.
    """
    component = scope.component
    node = scope.names[names[0]]
    offers: dict[str, tuple[Component | None, Any]] = {
        slot.path: (slot.component, built[slot.path])
        for slot in offering_datasets(node)
        if slot.path in built
    }
    every = [name for _, value in offers.values() for name in entries_of(value)]
    lines = [
        f"{scope.path or component.name}: {component.kind} '{component.name}' needs"
    ]
    for name in names:
        guess = close(name, every)
        hint = f"   did you mean '{guess[0]}'?" if guess else ""
        lines.append(f"  '{name}'{hint}")
    said = "; ".join(_said(path, *offer) for path, offer in offers.items())
    lines += [
        f"  which nothing supplies. {said or 'There is no dataset'}.",
        (
            f"  Return it from the dataset, give it a default, or set it:  "
            f"with {node.path}=..."
        ),
    ]
    return ForgeError(
        "missing-injection", "\n".join(lines), path=scope.path, names=list(names)
    )


def conflict(node: Node, slot: Node, entry: Any, default: Any) -> ForgeError:
    """Say that a dataset contradicts a default that nobody set.

    Args:
        node: The parameter.
        slot: The dataset's slot.
        entry: What the dataset says.
        default: What the code says.

    Returns:
        `default-conflict`.
    """
    component = node.scope.component
    name = slot.component.name if slot.component else slot.path
    return ForgeError(
        "default-conflict",
        f"{node.path}: dataset '{name}' says {entry!r}, the default of "
        f"{component.kind} '{component.name}' says {default!r}. Remove the default, "
        f"or set it:  with {node.path}=...",
        key=node.path,
    )


def built_nothing(node: Node, component: Component) -> ForgeError:
    """Say that a component returned None.

    Args:
        node: The slot.
        component: What fills it.

    Returns:
        `built-nothing`.
    """
    return ForgeError(
        "built-nothing",
        f"{node.path}: {component.kind} '{component.name}' ({component.where}) "
        f"returned None. Return the {component.kind} it builds.",
        key=node.path,
    )


def brief(value: Any) -> str:
    """Write a value in a message: short, and never a page of numbers.

    Args:
        value: Any value.

    Returns:
        Its text if it is plain, else its type.
    """
    if not is_plain_scalar(value):
        return f"<{type(value).__name__}>"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _said(path: str, component: Component | None, built: Any) -> str:
    """Write what a dataset returned."""
    name = component.name if component else path
    entries = entries_of(built)
    what = ", ".join(map(str, entries))
    if not what:
        kind = f"a {type(built).__name__}"
        empty = isinstance(built, Mapping)
        what = "nothing in it" if empty else f"{kind}, which has no entries"
    return f"{path} ('{name}') returned {what}"
