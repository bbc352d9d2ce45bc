"""Experiments typed into notebooks and prompts: their source is that of the cells."""

import ast
import inspect
import linecache
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

from forge.component import Component
from forge.registry import registry_of
from forge.run.collected import collected
from forge.run.facts import files_of
from forge.run.plan import Plan
from forge.run.project import Script
from forge.run.sources import Sources, collect, project_root
from forge.run.statements import Cell, Definition, Statement
from forge.signature import component_mark


_MAIN: Final = "__main__"
#: What a prompt calls the files of what is typed in, where Python keeps the source.
_PROMPT: Final = re.compile(r"<(?:python-input|stdin)>?-(\d+)>?\Z")
# Cell magics whose body is executed in the notebook's own namespace.
_TRANSPARENT: Final = ("time", "capture", "prun")
_DEEPEST: Final = 10
_REMEDY: Final = (
    "  Compute it in a function that the experiment calls, such as the dataset, or "
    "make it a parameter."
)
_NO_SOURCE: Final = "  Write it to a file, and run that or import it."


def collect_for(plan: Plan) -> Sources:
    """Copy every project file that a run needs, cells included.

    Args:
        plan: The run.

    Returns:
        The copies. What was typed in is one of them, a script of its own.
    """
    script = typed_script(plan.root, _components(plan))
    main, typed = plan.main_file, script.files if script else frozenset()
    files = files_of(plan)
    if typed:
        if os.path.realpath(plan.root.file) in typed:
            main = None
        files = [file for file in files if os.path.realpath(file) not in typed]
    root, results = project_root(main), Path(os.path.realpath(plan.results_dir))
    if root.is_relative_to(results):
        # The results lie among the sources, or above them.
        results /= plan.name
    components = [Path(file) for file in files]
    if main is not None and script is None and not plan.source_globs:
        return collected.collect(root, main, components=components, exclude=[results])
    return collect(
        root,
        main,
        extra=plan.source_globs,
        components=components,
        exclude=[results],
        script=script,
    )


def typed_script(root: Component, used: Iterable[Component] = ()) -> Script | None:
    """Make a script of what was typed in for an experiment.

    Args:
        root: The experiment.
        used: What else has to be in it.

    Returns:
        The script; None for an experiment that comes from files altogether.
    """
    namespace = vars(sys.modules[_MAIN])
    needed = [c for c in (root, *used) if c.module == _MAIN]
    cells = executed_cells() if needed else []
    files = {cell.file for cell in cells if cell.file}
    typed = [c for c in needed if _is_typed(c, files)]
    if not typed:
        return None
    kept = frozenset(os.path.realpath(c.file) for c in typed if c.file)
    if not cells:
        quoted = [f"'{name}'" for name in dict.fromkeys(c.name for c in typed)]
        names = f"{', '.join(quoted)} {'were' if quoted[1:] else 'was'}"
        text = f"{names} typed in, or made by exec, where Python keeps no source"
        return Script(b"", kept, f"{text}\n{_NO_SOURCE}")
    from forge.run.slicing import slice_cells  # noqa: PLC0415 - notebooks only

    others = (c for c in registry_of(root.function) if c.module == _MAIN)
    cut = slice_cells(
        cells,
        _names(typed, namespace),
        extra=_names(others, namespace),
        owners=_names([root], namespace),
        namespace=namespace,
        holds=_Holds(namespace, files),
    )
    reasons = ";\n  ".join(map(str, cut.problems))
    hindrance = f"{reasons}\n{_REMEDY}" if reasons else ""
    return Script(cut.text.encode("utf-8", "backslashreplace"), kept, hindrance)


def executed_cells() -> list[Cell]:
    """List the cells that this process has executed, as plain Python.

    Returns:
        The cells of IPython and Jupyter, magics translated by the shell itself; what
        was typed at Python's own prompt from 3.13 on, which keeps it; else nothing.
    """
    shell = _shell()
    cells = _prompt_cells() if shell is None else _shell_cells(shell)
    running = _running({cell.file for cell in cells if cell.file})
    if running is not None:
        file, line = running
        n = max(n for n, cell in enumerate(cells) if cell.file == file)
        cells[n] = Cell(cells[n].number, cells[n].text, file, line)
    return cells


def _is_typed(component: Component, files: set[str]) -> bool:
    """Whether a component of the main module comes from no file."""
    if component.file:
        # Each run asks, of each of its components: no Path is made for that.
        return component.file in files or not os.path.isfile(component.file)  # noqa: PTH113
    # A class without code of its own does not say where it comes from.
    return not hasattr(sys.modules[_MAIN], "__file__")


def _components(plan: Plan) -> list[Component]:
    """All that a run is made of, and what surrounds its body."""
    scopes = [scope.component for scope in plan.config.tree.scopes.values()]
    return [*scopes, *plan.before, *plan.after, *filter(None, [plan.command])]


def _shell() -> Any:
    """The IPython that this process is, if it is one."""
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return find() if callable(find) else None


def _shell_cells(shell: Any) -> list[Cell]:
    """Read the history of a shell."""
    # What is executed is kept for tracebacks under the name that its code objects bear.
    kept = {
        "".join(entry[2]).rstrip("\n"): file
        for file, entry in tuple(linecache.cache.items())
        if len(entry) > 1 and entry[1] is None
    }
    return [
        Cell(number, _unwrapped(text, shell), kept.get(text.rstrip("\n"), ""))
        for number, text in enumerate(shell.history_manager.input_hist_parsed)
    ]


def _unwrapped(text: str, shell: Any) -> str:
    """Take the body out of `%%time` and the like, which the shell passes as a text."""
    if "run_cell_magic" not in text:
        return text
    try:
        call = ast.parse(text).body[0].value  # type: ignore[attr-defined]
        name, _, body = (argument.value for argument in call.args)
        return str(shell.transform_cell(body)) if name in _TRANSPARENT else text
    except (SyntaxError, ValueError, AttributeError, IndexError):
        return text


def _prompt_cells() -> list[Cell]:
    """Read what was typed at Python's own prompt."""
    found = []
    for file, entry in tuple(linecache.cache.items()):
        match = _PROMPT.match(str(file))
        if match and len(entry) > 1:
            found.append(Cell(int(match[1]), "".join(linecache.getlines(file)), file))
    return sorted(found, key=lambda cell: cell.number)


def _running(files: set[str]) -> tuple[str, int] | None:
    """Find the line of a cell that is being executed: what follows it is not yet."""
    found = None
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - whose cell runs
    while frame is not None:
        code = frame.f_code
        if code.co_filename in files and not code.co_flags & inspect.CO_NEWLOCALS:
            found = code.co_filename, frame.f_lineno
        frame = frame.f_back
    return found


def _names(components: Iterable[Component], namespace: Mapping[str, Any]) -> list[str]:
    """Find the names of components in the notebook."""
    wanted = list(components)
    found: dict[str, None] = {}
    for component in wanted:
        names = [name for name, v in tuple(namespace.items()) if _is_made(v, component)]
        own = component.qualname.partition(".")[0]
        found |= dict.fromkeys([own] if own in names or not names else names)
    return list(found)


def _is_made(value: Any, component: Component) -> bool:
    """Whether a value is what a decorator made of a component."""
    if component_mark(value) is component:
        return True
    with suppress(TypeError):
        wrapped = vars(value).get("__wrapped__")
        return wrapped is not None and wrapped is component.function
    return False


class _Holds:
    """Tells whether a name still has the value that a statement gave it.

    A cell that failed half-way has not executed all that stands in it, and a list that
    was assigned empty may have been filled since.

    Args:
        namespace: The values by name.
        files: The files of cells.
    """

    def __init__(self, namespace: Mapping[str, Any], files: set[str]) -> None:
        self._namespace = namespace
        self._files = files

    def __call__(self, name: str, statement: Statement) -> bool | None:
        """Compare a value with a statement.

        Args:
            name: The name.
            statement: The statement.

        Returns:
            Whether it holds; None when that cannot be told.
        """
        if name not in self._namespace:
            return None
        value, node = self._namespace[name], statement.node
        if isinstance(node, Definition):
            return self._is_defined_by(value, statement)
        given = getattr(node, "value", None)
        single = isinstance(node, ast.AnnAssign) or (
            isinstance(node, ast.Assign)
            and all(isinstance(target, ast.Name) for target in node.targets)
        )
        return _is_still(value, given) if single and given is not None else None

    def _is_defined_by(self, value: Any, statement: Statement) -> bool | None:
        """Compare the place of a function's code with that of a definition."""
        node = statement.node
        last = node.end_lineno or node.lineno
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])  # type: ignore[attr-defined]
        places = [
            (code.co_filename, code.co_firstlineno)
            for code in _codes(value)
            if code.co_filename in self._files
        ]
        if not places or not statement.cell.file:
            return None
        return any(
            file == statement.cell.file and first <= line <= last
            for file, line in places
        )


def _codes(value: Any) -> Sequence[CodeType]:
    """The code of a function under its decorators, or of a class's methods."""
    for _ in range(_DEEPEST):
        inner = None
        with suppress(Exception):  # objects of any kind may stand here
            inner = getattr(value, "__wrapped__", None)
        if inner is None or isinstance(value, type):
            break
        value = inner
    members = vars(value).values() if isinstance(value, type) else [value]
    codes = (getattr(member, "__code__", None) for member in members)
    return [code for code in codes if isinstance(code, CodeType)]


def _is_still(value: Any, given: ast.expr) -> bool | None:
    """Compare a value with the literal that it was given as."""
    try:
        literal = ast.literal_eval(given)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        if isinstance(given, ast.Dict | ast.List) and None not in _items(given):
            return isinstance(value, dict | list) and len(value) == len(_items(given))
        return None
    if type(value) is not type(literal):
        return False
    try:
        return bool(value == literal)
    except Exception:  # noqa: BLE001 - a list may hold arrays by now
        return False


def _items(given: ast.Dict | ast.List) -> list[Any]:
    """The items of a display; None for those that are unpacked into several."""
    if isinstance(given, ast.Dict):
        return given.keys
    return [None if isinstance(e, ast.Starred) else e for e in given.elts]
