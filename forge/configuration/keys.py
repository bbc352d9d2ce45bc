"""Keys as users type them, matched against the tree."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from forge._text import close, plural
from forge.component import Component, Lookup
from forge.configuration.tree import Node, Tree
from forge.errors import ForgeError
from forge.signature import EMPTY, Derived, Role


class Target(NamedTuple):
    """What a key stands for.

    Attributes:
        node: The node.
        entry: The key inside an open dict, or None for the node itself.
    """

    node: Node
    entry: str | None = None


def match(key: str, tree: Tree, *, short: bool, source: str) -> list[Target]:
    """Find what a key stands for.

    Args:
        key: A full path, a short name, or a pattern with `*`.
        tree: The active tree.
        short: Whether short names are allowed, as they are on the command line.
        source: Who says it, for messages.

    Returns:
        The targets; none when the key is unknown, several only for a pattern.

    Raises:
        ForgeError: `ambiguous-key` or `short-key-in-file`.
    """
    node = own_node(key, tree) if short else tree.nodes.get(key)
    if node is not None:
        return [Target(node)]
    if "*" in key:
        return [Target(n) for n in _pattern(key, tree)]
    hits = _by_suffix(key, tree)
    if not hits:
        return _entry(key, tree, short=short, source=source)
    if len(hits) > 1:
        raise _ambiguous(key, hits)
    if not short:
        raise ForgeError(
            "short-key-in-file",
            f"{source}: '{key}' is a short name; files and presets need the full one: "
            f"{hits[0].path}",
            key=key,
            full=hits[0].path,
        )
    return [Target(hits[0])]


def own_node(key: str, tree: Tree) -> Node | None:
    """Find what a short name means before all else.

    Args:
        key: The name.
        tree: The active tree.

    Returns:
        The experiment's own, else that of the command that is called; None where
        neither has it.
    """
    node = tree.nodes.get(key)
    if node is not None:
        return node
    scopes = tree.scopes.items()
    command = next((path for path, s in scopes if s.component.kind == "command"), None)
    found = tree.nodes.get(f"{command}.{key}") if command else None
    # What a command takes from the experiment is settled there.
    return None if found is None or found.role is Role.INPUT else found


def unknown(key: str, tree: Tree, lookup: Lookup, prefix: str) -> ForgeError:
    """Say that a key is unknown, or where it would be known.

    Args:
        key: The key.
        tree: The active tree.
        lookup: The components that could fill slots.
        prefix: Who says it, with a colon, or nothing for the command line.

    Returns:
        `inactive-key` when another component has the parameter, else `unknown-key`.
    """
    return _inactive(key, tree, lookup, prefix) or _unknown(key, tree, prefix)


def drifted(error: ForgeError) -> ForgeError:
    """Say that a stored key is unknown to today's code, and what can be done.

    Args:
        error: What is wrong with the key.

    Returns:
        `drift-removed`.
    """
    return ForgeError(
        "drift-removed",
        f"{error.text.partition(chr(10))[0]}\n"
        f"  The code changed since the run. Use load(..., ignore=[...]), "
        f"load(..., rename={{old: new}}), or load(..., code='stored').",
        **error.facts,
    )


def is_known_anywhere(key: str, tree: Tree, lookup: Lookup) -> bool:
    """Tell whether any component that could be chosen has a parameter of a name.

    Args:
        key: The key; its last element is what counts.
        tree: The active tree.
        lookup: The components that could fill slots.

    Returns:
        Whether another choice of components could give the key a meaning.
    """
    leaf = key.rpartition(".")[2]
    todo = {str(node.argument.kind) for node in tree.nodes.values() if node.is_slot}
    seen: set[str] = set()
    while todo - seen:
        kind = (todo - seen).pop()
        seen.add(kind)
        for component in lookup.of_kind(kind):
            names = component.signature.by_name
            if leaf in names:
                return True
            todo |= {str(a.kind) for a in names.values() if a.kind}
    return False


def parameter_names(tree: Tree) -> list[str]:
    """List every key that can be set, in the order of the tree."""
    return [path for path, node in tree.nodes.items() if node.role is not Role.INPUT]


def _by_suffix(key: str, tree: Tree) -> list[Node]:
    """Nodes at the end of whose path a key stands: inputs only if nothing else."""
    found = tree.ending_with(key)
    firm = [n for n in found if n.role is not Role.INPUT]
    return firm or found


def _pattern(key: str, tree: Tree) -> list[Node]:
    """Nodes that a pattern hits: the whole path, or else the end of it."""
    parts = key.split(".")

    def fits(node: Node, *, whole: bool) -> bool:
        path = node.path.split(".")
        if len(path) < len(parts) or (whole and len(path) > len(parts)):
            return False
        tail = path[-len(parts) :]
        return all(map(fnmatchcase, tail, parts))

    nodes = list(tree.nodes.values())
    hits = [n for n in nodes if fits(n, whole=True)]
    hits = hits or [n for n in nodes if fits(n, whole=False)]
    return [n for n in hits if n.role is not Role.INPUT] or hits


def _entry(key: str, tree: Tree, *, short: bool, source: str) -> list[Target]:
    """Look for an open dict that would take a new key."""
    head = key
    while "." in head:
        head = head.rpartition(".")[0]
        node = tree.nodes.get(head)
        if node is None:
            if tree.ending_with(head):
                found = match(head, tree, short=short, source=source)
                node = found[0].node if found else None
            if node is None:
                continue
        return [Target(node, key[len(head) + 1 :])] if node.is_open else []
    return []


def _ambiguous(key: str, hits: Sequence[Node]) -> ForgeError:
    """Say which nodes a short name may mean."""
    rows = [(n.path, _shown(n), _owner(n.scope.component)) for n in hits]
    width = max(len(path) for path, _, _ in rows)
    wide = max(len(value) for _, value, _ in rows)
    lines = [f"    {p:<{width}} {value:<{wide}}    ({by})" for p, value, by in rows]
    pattern = f"*.{key}"
    depth = pattern.count(".")
    every = all(n.path.count(".") == depth for n in hits)
    both = "both" if len(hits) == 2 else f"all {len(hits)}"  # noqa: PLR2004
    more = f"   or {both}:  with '{pattern}=...'" if every else ""
    return ForgeError(
        "ambiguous-key",
        f"'{key}' is ambiguous, {plural(len(hits), 'place')} have it:\n"
        + "\n".join(lines)
        + f"\n  Write the full name, e.g.  with {hits[-1].path}=...{more}",
        key=key,
        options=[n.path for n in hits],
    )


def _shown(node: Node) -> str:
    """Write what a node holds unless it is set."""
    if node.is_slot:
        return f"= {getattr(node.choice, 'spelled', '...')}"
    default = node.default
    if default is EMPTY:
        return "(injected)"
    return "(derived)" if isinstance(default, Derived) else f"= {default!r}"


def _owner(component: Component) -> str:
    """Write whose parameter it is."""
    return f"{component.kind} {component.name}"


def _inactive(key: str, tree: Tree, lookup: Lookup, prefix: str) -> ForgeError | None:
    """The error for a key that belongs to a component nobody chose."""
    head, _, leaf = key.rpartition(".")
    for path, node in tree.nodes.items():
        component = node.component
        if component is None or not _stands_at(path, head):
            continue
        others = [
            other.name
            for other in lookup.of_kind(component.kind)
            if other is not component and leaf in other.signature.by_name
        ]
        if others:
            return _inactive_at(key, node, others, prefix)
    return None


def _stands_at(path: str, head: str) -> bool:
    """Whether a slot is what a key names before its last dot."""
    return not head or path == head or path.endswith(f".{head}")


def _inactive_at(
    key: str, node: Node, others: Sequence[str], prefix: str
) -> ForgeError:
    """Say which choice would give a key a meaning."""
    leaf = key.rpartition(".")[2]
    path, name = node.path, getattr(node.choice, "spelled", "")
    own = [
        n.path
        for n in (node.inner.names.values() if node.inner else ())
        if n.role is not Role.INPUT
    ]
    have = "has" if len(others) == 1 else "have"
    return ForgeError(
        "inactive-key",
        f"{prefix}{key}: {path} is '{name}', which has no parameter '{leaf}'; "
        f"{', '.join(others)} {have}.\n"
        f"  Use  with {path}={others[0]} {path}.{leaf}=...   or a parameter of {name}: "
        f"{', '.join(own) or 'none'}",
        key=key,
        slot=path,
        options=list(others),
    )


def _unknown(key: str, tree: Tree, prefix: str) -> ForgeError:
    """Say that no component at all has such a parameter."""
    names = parameter_names(tree)
    guesses = _guesses(key, names)
    hint = f" Did you mean {' or '.join(guesses)}?" if guesses else ""
    return ForgeError(
        "unknown-key",
        f"{prefix}unknown parameter '{key}'.{hint}\n  parameters: {', '.join(names)}",
        key=key,
        guesses=guesses,
        options=names,
    )


def _guesses(key: str, names: Iterable[str]) -> list[str]:
    """Full names like the key, then names whose last element is like its last."""
    names = list(names)
    found = [n for n in close(key, names, 3) if close(key, [n])]
    leaf = key.rpartition(".")[2]
    leaves = {n.rpartition(".")[2] for n in names}
    alike = set(close(leaf, leaves, 3))
    found += [n for n in names if n.rpartition(".")[2] in alike]
    return list(dict.fromkeys(found))[:3]
