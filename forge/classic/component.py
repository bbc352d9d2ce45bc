"""Config files as components: their `load` builds, their flags are the parameters."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal

from forge.classic.definitions import Definition
from forge.classic.reading import flags_of
from forge.classic.space import FlagSpace
from forge.classic.spaces import RUN_NAME, meaning, space_of
from forge.classic.view import Flags
from forge.component import Component
from forge.errors import ForgeError
from forge.loaders import register


LOAD: Final = "load"
_TYPES: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "list": list[str],
}
_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@register
def component_of_config(module: ModuleType, kind: str) -> Component | None:
    """Make a component of a config file.

    The flags of the file and of the project files it imports are its parameters. What
    its `load` takes beside the flags, and what it reads of them that is defined
    elsewhere, are its inputs, to be injected.

    Args:
        module: The module of the file.
        kind: The kind it is to have.

    Returns:
        The component; None for a file without `load`.
    """
    load = getattr(module, LOAD, None)
    if not inspect.isfunction(load) or not module.__file__:
        return None
    recipe = _Recipe(module, load)
    return Component(
        kind=kind,
        name=Path(module.__file__).stem,
        function=recipe.function(),
        module=module.__name__,
        qualname=LOAD,
        file=load.__code__.co_filename,
        line=load.__code__.co_firstlineno,
    )


class _Recipe:
    """How a `load` is called with values by name."""

    def __init__(self, module: ModuleType, load: Callable[..., Any]) -> None:
        self._load = load
        self._is_stored = RUN_NAME in vars(module)
        self._space = space_of(vars(module))
        taken = inspect.signature(load).parameters.values()
        named = [one for one in taken if one.kind not in _VARIADIC]
        #: What `load` takes beside the flags.
        self._arguments = named[1:]
        self._takes_flags = bool(named)
        others = {one.name for one in self._arguments}
        self._flags = [f for f in self._own_flags(module) if f.name not in others]
        read = set(_read_of(load, named[0].name)) if named else set()
        known = {flag.name for flag in self._flags} | others
        #: Flags that `load` reads and that are defined elsewhere.
        self._foreign = sorted(read - known - {*dir(Flags)})

    def function(self) -> Callable[..., Any]:
        """Make the function that the component is built with."""

        def build(**values: Any) -> Any:
            return self._build(values)

        parameters = list(self._parameters())
        made: Any = build
        made.__name__ = made.__qualname__ = LOAD
        made.__module__ = self._load.__module__
        made.__doc__ = self._help()
        made.__signature__ = inspect.Signature(parameters)
        made.__annotations__ = {
            one.name: one.annotation
            for one in parameters
            if one.annotation is not inspect.Parameter.empty
        }
        return build

    def _own_flags(self, module: ModuleType) -> Iterator[Definition]:
        """List the flags of the file and of the project files that it imports."""
        known = self._space.definitions
        for flag in dict.fromkeys(f.name for f in _definitions(module)):
            if flag in known:
                yield known[flag]

    def _parameters(self) -> Iterator[inspect.Parameter]:
        """Describe what is injected and what is set."""
        only = inspect.Parameter.KEYWORD_ONLY
        for one in self._arguments:
            yield one.replace(kind=only)
        for name in self._foreign:
            yield inspect.Parameter(name, only)
        for flag in self._flags:
            default = self._space.default(flag.name)
            kind = Literal[flag.choices] if flag.choices else _TYPES[flag.kind]
            if default is None:
                kind = kind | None
            yield inspect.Parameter(flag.name, only, default=default, annotation=kind)

    def _help(self) -> str:
        """Say what the parameters are for, as docstrings do."""
        about = inspect.getdoc(self._load) or ""
        lines = [f"    {flag.name}: {flag.help}" for flag in self._flags if flag.help]
        return "\n".join([about, "", "Args:", *lines]) if lines else about

    def _build(self, values: Mapping[str, Any]) -> Any:
        """Call `load` with flags of these values."""
        space = FlagSpace()
        for flag in self._flags:
            space.define(flag)
            space.give(flag.name, values[flag.name])
            if self._is_stored:
                self._space.restore(flag.name, values[flag.name])
        for name in self._foreign:
            space.hold(name, values[name])
        arguments = {one.name: values[one.name] for one in self._arguments}
        flags = (Flags(lambda: space),) if self._takes_flags else ()
        with meaning(space):
            return self._load(*flags, **arguments)


def _definitions(module: ModuleType) -> tuple[Definition, ...]:
    """Read the flags of a file; one that cannot be read again has none."""
    try:
        return flags_of(Path(str(module.__file__))).definitions
    except ForgeError:
        return ()


def _read_of(load: Callable[..., Any], name: str) -> Iterator[str]:
    """List what a function reads of the flags: `config.x` and `config["x"]`."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(load)))
    except (OSError, SyntaxError, TypeError):
        return
    for node in ast.walk(tree):
        of: Any = None
        read: Any = None
        if isinstance(node, ast.Attribute):
            of, read = node.value, node.attr
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            of, read = node.value, node.slice.value
        if isinstance(of, ast.Name) and of.id == name and isinstance(read, str):
            yield read
