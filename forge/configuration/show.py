"""A config as people read it: what was changed, and where each value comes from."""

import os
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from forge.configuration.sources import enclosing_source
from forge.configuration.tree import Choice, Node, Tree
from forge.configuration.values import Config
from forge.signature import EMPTY, Derived, Role


#: Wider values do not move the remarks of the others.
WIDEST = 40


class Row(NamedTuple):
    """One line of a shown config."""

    mark: str
    name: str
    value: str
    remark: str


def show(config: Config) -> str:
    """Write a config as an indented table.

    `*` marks what was given, `=` what was given but equals its default, `~` what was
    derived.

    Args:
        config: The config.

    Returns:
        The lines, without a final newline.
    """
    rows = list(_rows(config))
    width = max(len(row.name) for row in rows)
    wide = max((len(r.value) for r in rows if len(r.value) < WIDEST), default=0)
    return "\n".join(_line(row, width, wide) for row in rows)


def written(value: Any) -> str:
    """Write a value as one reads it: members by name, paths as they are.

    Args:
        value: A default, or a value of a config.

    Returns:
        Its text.
    """
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    return str(getattr(value, "__name__", "") or repr(value))


def _line(row: Row, width: int, wide: int) -> str:
    """Write one row in its columns."""
    remark = f"  # {row.remark}" if row.remark else ""
    line = f"{row.mark} {row.name:<{width}} {row.value:<{wide}}{remark}"
    return line.rstrip()


def _rows(config: Config) -> Iterator[Row]:
    """The experiment's rows, then those of commands and captured functions."""
    tree = config.tree
    yield from _scope_rows(config, tree.root.names.values(), "")
    for scope in tree.scopes.values():
        # Commands and captured functions stand beside the slots, under their name.
        if scope.parent is tree.root and scope.node is None and scope.names:
            yield Row(" ", scope.path, f"({scope.component.kind})", "")
            yield from _scope_rows(config, scope.names.values(), "  ")


def _scope_rows(config: Config, nodes: Iterable[Node], indent: str) -> Iterator[Row]:
    """Plain values first, then slots with what is below them."""
    for node in sorted(nodes, key=lambda n: n.is_slot):
        yield from _node_rows(config, node, indent)


def _node_rows(config: Config, node: Node, indent: str) -> Iterator[Row]:
    """The row of a node, and those of what is inside it."""
    if node.role is Role.INPUT and node.path not in config:
        yield Row(" ", indent + node.name, f"<- {_source(node, config.tree)}", "")
        return
    if node.role is Role.GROUP:
        yield Row(" ", indent + node.name, "", "")
        yield from _scope_rows(config, node.children, indent + "  ")
        return
    yield _value_row(config, node, indent)
    inner = list(node.inner.names.values()) if node.inner else []
    yield from _scope_rows(config, [*inner, *node.items], indent + "  ")


def _value_row(config: Config, node: Node, indent: str) -> Row:
    """The row of a value with its mark and remark."""
    value = config.shared(node.path)
    origin = config.origin(node.path)
    remark = "" if origin.source == "default" else origin.source
    mark = "~" if origin.is_derived else " "
    if origin.is_given:
        mark = "*"
        default = _default(node)
        if default is not EMPTY:
            same = type(default) is type(value) and default == value
            mark = "=" if same else "*"
            remark += "; same as default" if same else f"; default {_brief(default)}"
    return Row(mark, indent + node.name, f"= {_shown(node, value)}", remark)


def _default(node: Node) -> Any:
    """What the value would have been, as it is shown; `EMPTY` when there is none."""
    if node.is_slot:
        if isinstance(node.fill, Choice):
            return node.fill.spelled
        if isinstance(node.fill, tuple):
            return [choice.spelled for choice in node.fill]
        return EMPTY
    return node.default


def _brief(default: Any) -> str:
    """Write a default in a remark."""
    if isinstance(default, Derived):
        return "derived"
    if isinstance(default, list) and all(isinstance(item, str) for item in default):
        return ",".join(default)
    return default if isinstance(default, str) else written(default)


def _shown(node: Node, value: Any) -> str:
    """Write a value as its row shows it."""
    if isinstance(value, Derived):
        return "(at build)"
    if node.role is Role.SLOTS:
        return ",".join(map(str, value)) or "[]"
    return str(value) if node.is_slot else written(value)


def _source(node: Node, tree: Tree) -> str:
    """Say where an input comes from, as far as that is known."""
    source = enclosing_source(node)
    if source is not None:
        return source.path
    slot = node.scope.node
    if slot is not None and slot.argument.factory:
        return "call argument"
    return "caller" if node.scope.component.kind == "capture" else "dataset entry"
