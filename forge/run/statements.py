"""The statements of executed cells: what each binds, needs and computes."""

import ast
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar


T = TypeVar("T", bound=ast.AST)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# What Python calls the scopes of comprehensions, which run where they stand.
_COMPREHENSIONS: Final = ("listcomp", "setcomp", "dictcomp", "genexpr")
_COMPREHENSION: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LAZY: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SIMPLE: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass)
_COMPUTING: Final = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was executed.

    Attributes:
        number: What the notebook calls it.
        text: Its source, as plain Python.
        file: What its code objects name as their file.
        until: The line that is being executed; None for a cell that is done.
    """

    number: int
    text: str
    file: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement at the top level of a cell.

    Attributes:
        order: Its place among all statements, as they were executed.
        cell: Where it stands.
        node: Its syntax.
        text: Its source.
        binds: The names that it gives a value, or changes the value of.
        eager: The names that it needs when it is executed.
        lazy: The names that functions in it need when they are called.
        calls: What it calls when it is executed, as dotted names; empty for what has
            none.
        computes: Whether it does more than to define, import and assign.
    """

    order: int
    cell: Cell
    node: ast.stmt
    text: str
    binds: frozenset[str] = frozenset()
    eager: frozenset[str] = frozenset()
    lazy: frozenset[str] = frozenset()
    calls: tuple[str, ...] = ()
    computes: bool = False

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or a class, or imports."""
        return isinstance(self.node, Definition | ast.Import | ast.ImportFrom)

    @property
    def first_line(self) -> str:
        """What shows it in messages."""
        return _short(self.text.strip().partition("\n")[0])


def statements_of(cells: Sequence[Cell]) -> list[Statement]:
    """Read the statements of cells in the order in which they were executed.

    Args:
        cells: The cells; those that are no Python are passed over.

    Returns:
        The statements that bind a name, or register something.
    """
    found: list[Statement] = []
    for cell in cells:
        text = cell.text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        lines = text.split("\n")
        for node in body:
            # The rest of a cell that starts a run has not been executed yet.
            if cell.until is not None and node.lineno > cell.until:
                break
            if not isinstance(node, ast.Delete):
                found.append(_read(len(found), cell, node, _source(node, lines)))
    return found


def dotted(node: ast.expr) -> str:
    """Spell a name with its attributes.

    Args:
        node: An expression.

    Returns:
        `a.b.c`; empty for any other expression.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return ""


def decorators_of(node: ast.stmt) -> list[str]:
    """List the decorators of a definition, as dotted names without their arguments."""
    if not isinstance(node, Definition):
        return []
    bare = (d.func if isinstance(d, ast.Call) else d for d in node.decorator_list)
    return [name for name in map(dotted, bare) if name]


def imported_name(node: ast.stmt, name: str) -> str:
    """Tell what an import statement binds a name to.

    Args:
        node: A statement.
        name: The name that it binds.

    Returns:
        The full dotted name; empty when it is no import, or a relative one.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname == name:
                return alias.name
        return name
    if isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            if name == (alias.asname or alias.name):
                return f"{node.module}.{alias.name}"
    return ""


@dataclass(slots=True)
class _Names:
    """The names that some source uses."""

    binds: set[str] = field(default_factory=set)
    eager: set[str] = field(default_factory=set)
    lazy: set[str] = field(default_factory=set)


def _read(order: int, cell: Cell, node: ast.stmt, text: str) -> Statement:
    """Find out all about a statement."""
    names = _Names()
    try:
        _look_up(symtable.symtable(text, "cell", "exec"), names)
    except (SyntaxError, ValueError, RecursionError):
        # Such as `await` outside of functions, which only notebooks execute.
        names.binds |= {n.id for n in _nodes(node, ast.Name) if _is_store(n)}
    # From 3.12 on the scopes of comprehensions are parts of those around them.
    inner = _comprehended(node)
    names.binds -= inner
    names.eager -= inner
    changed = {name for target in _targets(node) if (name := _base(target))}
    names.binds |= changed
    names.eager |= changed
    names.lazy |= _annotated(node) - names.eager
    if isinstance(node, ast.AugAssign):
        names.eager |= names.binds
    if isinstance(node, ast.AnnAssign) and node.value is None:
        names.binds.clear()
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        names.binds.add("*")
    return Statement(
        order=order,
        cell=cell,
        node=node,
        text=text,
        binds=frozenset(names.binds),
        eager=frozenset(names.eager),
        lazy=frozenset(names.lazy),
        calls=tuple(_calls(node)),
        computes=not _is_plain(node),
    )


def _look_up(table: symtable.SymbolTable, names: _Names, *, lazy: bool = False) -> None:
    """Sort the names of a scope and of those inside it."""
    kind = str(table.get_type()).rpartition(".")[2].lower()
    lazy = lazy or (kind == "function" and table.get_name() not in _COMPREHENSIONS)
    for symbol in table.get_symbols():
        name = symbol.get_name()
        if kind == "module":
            if symbol.is_assigned() or symbol.is_imported():
                names.binds.add(name)
            if symbol.is_referenced():
                names.eager.add(name)
        elif symbol.is_global():
            (names.lazy if lazy else names.eager).add(name)
    for child in table.get_children():
        _look_up(child, names, lazy=lazy)


def _comprehended(node: ast.AST) -> set[str]:
    """Find the names that only comprehensions bind and use."""
    inside: set[str] = set()
    outside: set[str] = set()
    todo: list[tuple[ast.AST, frozenset[str]]] = [(node, frozenset())]
    while todo:
        part, bound = todo.pop()
        if isinstance(part, ast.Name) and part.id not in bound:
            outside.add(part.id)
        elif isinstance(part, _COMPREHENSION):
            stores = (_nodes(g.target, ast.Name) for g in part.generators)
            bound |= {name.id for names in stores for name in names}
            inside |= bound
        if not isinstance(part, _LAZY):
            todo += [(child, bound) for child in ast.iter_child_nodes(part)]
    return inside - outside


def _targets(node: ast.stmt) -> Iterator[ast.expr]:
    """Find the items and attributes that a statement sets where it stands."""
    for inner in _executed(node):
        if isinstance(inner, ast.Subscript | ast.Attribute) and _is_store(inner):
            yield inner


def _base(node: ast.expr) -> str:
    """The name that items and attributes are taken of."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_store(node: ast.Name | ast.Subscript | ast.Attribute) -> bool:
    """Whether a place is assigned to."""
    return isinstance(node.ctx, ast.Store)


def _nodes(node: ast.AST, kind: type[T]) -> Iterator[T]:
    """The parts of a syntax tree that are of one kind."""
    return (inner for inner in ast.walk(node) if isinstance(inner, kind))


def _annotated(node: ast.stmt) -> set[str]:
    """The names in annotations, those in quotes included."""
    found: set[str] = set()
    for inner in ast.walk(node):
        for given in (
            getattr(inner, "annotation", None),
            getattr(inner, "returns", None),
        ):
            if isinstance(given, ast.expr):
                found |= _names_in(given)
    return found


def _names_in(annotation: ast.expr) -> set[str]:
    """The names in one annotation."""
    found = {name.id for name in _nodes(annotation, ast.Name)}
    for constant in _nodes(annotation, ast.Constant):
        if isinstance(constant.value, str):
            try:
                parsed = ast.parse(constant.value, mode="eval")
            except (SyntaxError, ValueError):
                continue  # one of the texts of a Literal
            found |= {name.id for name in _nodes(parsed, ast.Name)}
    return found


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what is executed where it stands, not inside of functions."""
    yield node
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, _LAZY):
            yield from _executed(inner)


def _calls(node: ast.stmt) -> Iterator[str]:
    """Find what a statement calls; definitions may call what they like."""
    if isinstance(node, Definition):
        return
    for inner in _executed(node):
        if isinstance(inner, ast.Call):
            yield dotted(inner.func)


def _is_plain(node: ast.stmt) -> bool:
    """Whether a statement only defines, imports and assigns."""
    if isinstance(node, Definition | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If | ast.Try):
        parts = list(ast.iter_child_nodes(node))
        handlers = [h for h in parts if isinstance(h, ast.ExceptHandler)]
        inside = [s for h in handlers for s in h.body]
        inside += [s for s in parts if isinstance(s, ast.stmt)]
        return all(map(_is_plain, inside)) and not any(
            isinstance(e, _COMPUTING) for p in parts for e in _executed(p)
        )
    if not isinstance(node, _SIMPLE) and not _is_text(node):
        return False
    return not any(isinstance(inner, _COMPUTING) for inner in _executed(node))


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a constant, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _source(node: ast.stmt, lines: Sequence[str]) -> str:
    """The source of a statement, with decorators and the comments inside."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    last = node.end_lineno or node.lineno
    text = "\n".join(lines[first - 1 : last])
    try:
        alone = len(ast.parse(text).body) == 1
    except (SyntaxError, ValueError):
        alone = False
    # Statements with a semicolon between them share a line.
    return text if alone else ast.unparse(node)


def _short(line: str, most: int = 60) -> str:
    """Cut a line that is too long for a message."""
    return line if len(line) <= most else f"{line[: most - 1]}…"
