"""The flags that a file defines, read without running it."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import decode_source
from pathlib import Path
from typing import Any, Final

from forge._text import near
from forge.classic.constants import NotConstantError, constant
from forge.classic.definitions import ALIASES, KINDS, UNREAD, Definition
from forge.errors import ForgeError
from forge.run.imports import imports_of
from forge.run.project import Project, is_library, project_root


_DOOR: Final = "forge.flags"
_FORGE: Final = "forge"
_MARK: Final = "DEFINE_"
_DEFINES: Final = tuple(f"{_MARK}{kind}" for kind in (*KINDS, *ALIASES))
_ENUM: Final = ("name", "default", "enum_values", "help")
_OTHER: Final = ("name", "default", "help")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read in a file and in the project files that it imports.

    Attributes:
        definitions: The flags, in the order of the files and lines.
        computed: Files that define flags whose names only running them would tell.
    """

    definitions: tuple[Definition, ...] = ()
    computed: tuple[str, ...] = ()


def flags_of(file: Path, main_file: Path | None = None) -> Findings:
    """Read the flags of a file and of the project files that it imports.

    Nothing is imported or run.

    Args:
        file: The file.
        main_file: The script, which tells what the project is.

    Returns:
        What was found.

    Raises:
        ForgeError: `config-import` if the file is no Python; one that it imports may
            be.
    """
    root = project_root(main_file or file)
    project = Project(root, main_file or file, modules={})
    todo, seen = [str(file.resolve())], set[str]()
    definitions: list[Definition] = []
    computed: list[str] = []
    while todo:
        path = todo.pop(0)
        if path in seen or is_library(path):
            continue
        seen.add(path)
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue  # whoever imports it will say so
        try:
            found = read_flags(data, path)
        except SyntaxError as error:
            if len(seen) == 1:
                raise _no_python(path, error) from None
            continue
        definitions.extend(found.definitions)
        computed.extend(found.computed)
        for imported in imports_of(data):
            if imported.name.partition(".")[0] != _FORGE:
                todo.extend(project.find(imported, path))
    return Findings(tuple(definitions), tuple(computed))


def read_flags(data: bytes, file: str) -> Findings:
    """Read the flags that one source defines.

    Args:
        data: The source.
        file: What its definitions name as their file.

    Returns:
        What was found; of the flags of absl and TensorFlow nothing.

    Raises:
        SyntaxError: It is no Python.
    """
    if _MARK.encode() not in data:
        # Still parsed by others; what cannot be, is said where it is imported.
        ast.parse(data, file)
        return Findings()
    tree = ast.parse(decode_source(data), file)
    doors = _doors(tree)
    names = _constants(tree)
    definitions, computed = [], False
    for call in _calls(tree.body):
        kind = _kind_of(call, doors)
        if kind is None:
            continue
        definition = _definition(call, kind, names, file)
        if definition is None:
            computed = True
        else:
            definitions.append(definition)
    return Findings(tuple(definitions), (file,) if computed else ())


def _doors(tree: ast.Module) -> dict[str, str]:
    """List what names stand for that come from Forge, dotted."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                if top == _FORGE:
                    found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module in (_FORGE, _DOOR):
            for alias in node.names:
                everything = alias.name == "*" and node.module == _DOOR
                for name in _DEFINES if everything else [alias.name]:
                    found[alias.asname or name] = f"{node.module}.{name}"
    return found


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """List the names that the module binds once, to an expression."""
    stores = Counter(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and stores[target.id] == 1
    }


def _calls(body: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Go through calls in the order of the text, without `if __name__ == …` blocks."""
    for node in body:
        if isinstance(node, ast.If) and _is_guard(node.test):
            yield from _calls(node.orelse)
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from _calls(ast.iter_child_nodes(node))


def _is_guard(test: ast.expr) -> bool:
    """Whether a condition holds only for the script itself."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
    )


def _kind_of(call: ast.Call, doors: Mapping[str, str]) -> str | None:
    """Tell what kind of flag a call defines; None for any other call."""
    parts: list[str] = []
    function: ast.expr = call.func
    while isinstance(function, ast.Attribute):
        parts.insert(0, function.attr)
        function = function.value
    if not isinstance(function, ast.Name) or function.id not in doors:
        return None
    dotted = ".".join([doors[function.id], *parts])
    module, _, name = dotted.rpartition(".")
    if module != _DOOR or not name.startswith(_MARK):
        return None
    kind = name.removeprefix(_MARK)
    kind = ALIASES.get(kind, kind)
    return kind if kind in KINDS else None


def _definition(
    call: ast.Call, kind: str, names: Mapping[str, ast.expr], file: str
) -> Definition | None:
    """Read one definition; None when its name is computed."""
    order = _ENUM if kind == "enum" else _OTHER
    given: dict[str | None, ast.expr] = dict(zip(order, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}

    def read(argument: str, otherwise: Any) -> Any:
        try:
            return constant(given[argument], names)
        except (KeyError, NotConstantError):
            return otherwise

    name = read("name", None)
    if not isinstance(name, str):
        return None
    choices = read("enum_values", ()) if kind == "enum" else ()
    known = isinstance(choices, list | tuple)
    return Definition(
        name=name,
        kind=kind,
        default=read("default", UNREAD),
        help=str(read("help", "") or ""),
        choices=tuple(map(str, choices)) if known else (),
        file=file,
        line=call.lineno,
    )


def _no_python(file: str, error: SyntaxError) -> ForgeError:
    """Say where a file is no Python."""
    line = (error.text or "").strip()
    return ForgeError(
        "config-import",
        f"{near(file)} is no Python: {error.msg}.\n  {near(file)}:{error.lineno}: "
        f"{line}",
        path=file,
    )
