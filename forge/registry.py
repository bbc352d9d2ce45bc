"""The registry of components and the decorators that fill it."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any, Final, TypeVar, cast, overload

import wrapt

from forge._text import did_you_mean
from forge.component import Component, check_function
from forge.errors import ForgeError
from forge.loaders import component_of
from forge.references import RUN_KINDS, import_reference
from forge.signature import MARK, SPECIAL, Marked, Role, component_mark
from forge.visibility import import_chain, reachable


F = TypeVar("F", bound=Callable[..., Any])
REGISTRY_NAME: Final = "__forge_registry__"


class ComponentFunction(wrapt.FunctionWrapper, Marked):  # type: ignore[misc]
    """A decorated function: itself in every respect, and known to Forge."""

    def __init__(self, wrapped: Callable[..., Any], component: Component) -> None:
        super().__init__(wrapped, partial(_call_plainly, component))
        self._self_component = component

    @property
    def __forge_component__(self) -> Component:
        """The description that Forge builds from."""
        component: Component = self._self_component
        return component

    def __reduce_ex__(self, protocol: Any) -> str:
        """Pickle as a reference, so that workers import the function by name."""
        return str(self.__qualname__)

    def __copy__(self) -> "ComponentFunction":
        return self

    def __deepcopy__(self, memo: Any) -> "ComponentFunction":
        return self


class Registry:
    """Holds components by identity; builds nothing."""

    def __init__(self) -> None:
        self._components: dict[tuple[str, str], Component] = {}
        # Who was importing a module when it registered: namespaces alone do not
        # tell of modules imported inside a function or by importlib.
        self._importers: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[Component]:
        return iter(tuple(self._components.values()))

    def add(self, component: Component, importing: FrameType | None = None) -> None:
        """Register a component; the same identity again replaces the older one.

        Args:
            component: What to register.
            importing: The frame that runs the decorator.
        """
        self._components.pop(component.identity, None)
        self._components[component.identity] = component
        for importer, imported in import_chain(importing):
            self._importers.setdefault(importer, set()).add(imported)

    def seen_from(self, module: str) -> "View":
        """Look at the registry as a module does.

        Args:
            module: Name of the module, usually an experiment's.

        Returns:
            The components of the module and of the modules it imports.
        """
        registering = {component.module for component in self}
        visible = (
            {module}
            if registering <= {module}
            else reachable(module, registering, self._importers)
        )
        return View(self, module, [c for c in self if c.module in visible])


class View:
    """The components that one module can name."""

    def __init__(
        self, registry: Registry, module: str, components: Sequence[Component]
    ) -> None:
        self._registry = registry
        self._module = module
        self._by_kind: dict[str, dict[str, list[Component]]] = {}
        for component in components:
            names = self._by_kind.setdefault(component.kind, {})
            names.setdefault(component.name, []).append(component)

    def find(self, kind: str, name: str) -> Sequence[Component]:
        """List the components of a kind that a name may mean.

        Args:
            kind: The kind.
            name: A name, or `module:name`.

        Returns:
            The module's own component if it has one of that name, else all hits.
        """
        module, _, plain = name.rpartition(":")
        if module:
            return [
                c
                for c in self._registry
                if c.kind == kind and c.name == plain and c.module == module
            ]
        hits = self._by_kind.get(kind, {}).get(name, [])
        own = [c for c in hits if c.module == self._module]
        return own or hits

    def of_kind(self, kind: str) -> Sequence[Component]:
        """List every component of a kind that can be seen, sorted by name.

        Args:
            kind: The kind.

        Returns:
            The components; where the module has one of a name, only its own.
        """
        names = sorted(self._by_kind.get(kind, {}))
        return [component for name in names for component in self.find(kind, name)]

    def kinds_of(self, name: str) -> Sequence[str]:
        """List the kinds under which a name is registered.

        Args:
            name: A name.

        Returns:
            The kinds, sorted.
        """
        return sorted(kind for kind, names in self._by_kind.items() if name in names)

    def import_reference(self, reference: str, kind: str) -> Component:
        """Import the component of a file or module that a user named.

        Args:
            reference: `path/file.py`, `path/file.py:name` or `package.module:name`.
            kind: The kind it must have.

        Returns:
            The component.

        Raises:
            ForgeError: `no-file` when there is none, `file-choice` when the file does
                not settle which component is meant.
        """
        module, name, spelled = import_reference(reference)
        # Not that of this view, where a run's own code is given a file of today.
        registry = _of_module(sys.modules[module])
        mine = [c for c in registry if c.module == module and c.kind == kind]
        chosen = [c for c in mine if c.name == name] if name else mine
        if len(chosen) == 1:
            return chosen[0]
        if name is None and not mine:
            made = component_of(sys.modules[module], kind)
            if made is not None:
                return made
        names = sorted(component.name for component in mine)
        text = _no_choice(spelled, kind, name, names)
        raise ForgeError("file-choice", text, reference=reference, options=names)


class Kind:
    """Decorator that registers components of one kind, and annotates slots for it.

    Args:
        name: The kind, such as `optimizer`.
    """

    def __init__(self, name: str) -> None:
        self.forge_kind = name

    def __repr__(self) -> str:
        return f"forge.kind({self.forge_kind!r})"

    @overload
    def __call__(self, function: F, /) -> F: ...

    @overload
    def __call__(self, /, *, name: str | None = None) -> Callable[[F], F]: ...

    def __call__(
        self, function: F | None = None, /, *, name: str | None = None
    ) -> F | Callable[[F], F]:
        """Register a function or class under its name and this kind.

        Args:
            function: What builds the object.
            name: What users choose it by; by default its own name.

        Returns:
            The function, which still works as plain Python; a class as it was.

        Raises:
            ForgeError: `not-a-function`; `async-function`; `var-positional` for a
                function that takes `*args`.
        """
        frame = sys._getframe(1)  # noqa: SLF001 - who imports the deciding module

        def register(target: F) -> F:
            return _register(target, self.forge_kind, name, frame)

        return register if function is None else register(function)


def kind(name: str) -> Kind:
    """Make the decorator of a further kind of component.

    Args:
        name: The kind, such as `optimizer`; an identifier.

    Returns:
        The decorator.

    Raises:
        ForgeError: `kind-name` when the name cannot be a kind.
    """
    if not str(name).isidentifier() or name in (*RUN_KINDS, "command"):
        raise ForgeError(
            "kind-name",
            f"forge.kind({name!r}): a kind is named by an identifier of its own, "
            f"such as 'optimizer'.",
            name=name,
        )
    return Kind(name)


dataset = Kind("dataset")
model = Kind("model")
_DEFAULT = Registry()


def registry_of(function: Callable[..., Any]) -> Registry:
    """Find the registry that a function belongs to.

    Args:
        function: A function or class; one from a run's stored sources belongs to
            the registry of that run.

    Returns:
        The registry.
    """
    scope = getattr(function, "__globals__", None)
    if scope is None:
        return _of_module(sys.modules.get(function.__module__, sys))
    return cast("Registry", scope.get(REGISTRY_NAME, _DEFAULT))


def _of_module(module: ModuleType) -> Registry:
    """Find the registry that the components of a module belong to."""
    return cast("Registry", vars(module).get(REGISTRY_NAME, _DEFAULT))


def view_for(component: Component) -> View:
    """Look at the registry as the module of a component does.

    Args:
        component: The component, usually an experiment's.

    Returns:
        What it can name.
    """
    return registry_of(component.function).seen_from(component.module)


def _register(target: F, kind: str, name: str | None, frame: FrameType) -> F:
    """Register a component; wrap a function, mark a class."""
    check_function(target, kind, name)
    component = Component.of(target, kind, name=name)
    registry_of(target).add(component, frame)
    if isinstance(target, type):
        # Unwrapped: instances of a wrapped class could not be pickled.
        setattr(target, MARK, component)
        return target
    return cast("F", ComponentFunction(target, component))


def check_plain_call(
    component: Component, args: Sequence[Any], kwargs: Any, remedy: str
) -> None:
    """Refuse a plain call that would pass a component where an object is meant.

    Args:
        component: What is called.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        remedy: The call that would build the default.

    Raises:
        ForgeError: `plain-call`.
    """
    given = inspect.signature(component.function).bind_partial(*args, **kwargs)
    for name in component.signature.guarded:
        if name in given.arguments:
            continue
        argument = component.signature.by_name[name]
        what = "derived from other values"
        if argument.role is Role.SLOTS:
            what = "a list of components"
        elif argument.fill is not None:
            mark = component_mark(argument.fill.component)
            what = f"the component '{mark.name}'" if mark else "a slot"
        raise ForgeError(
            "plain-call",
            f"{component.name}() was called plainly, and its default for '{name}' is "
            f"{what}. Pass an object, or use {remedy}.",
            name=name,
        )


def with_specials(
    component: Component, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Add `_run` and the like to a plain call, where a function wants them.

    Args:
        component: What is called.
        args: Its positional arguments.
        kwargs: Its keyword arguments.

    Returns:
        The keyword arguments.
    """
    if SPECIAL.isdisjoint(component.signature.by_name):
        return dict(kwargs)
    # By its name, and only now: what makes them stands upon components.
    captured = import_module("forge.experiments.captured")
    return {**captured.plain_specials(component, args, kwargs), **kwargs}


def _call_plainly(  # noqa: PLR0917 - wrapt calls it
    component: Component,
    wrapped: Callable[..., Any],
    instance: Any,
    args: Sequence[Any],
    kwargs: Any,
) -> Any:
    """Call a decorated function as plain Python does."""
    if component.signature.guarded:
        check_plain_call(component, args, kwargs, f"forge.build({component.name})")
    return wrapped(*args, **with_specials(component, args, kwargs))


def _no_choice(spelled: str, kind: str, name: str | None, names: Sequence[str]) -> str:
    """Say why a file does not settle which component is meant."""
    shown = spelled.rpartition("/")[2]
    if name:
        return (
            f"{shown} registers no {kind} called '{name}'."
            f"{did_you_mean(name, names)}\n  {kind}s: {', '.join(names) or 'none'}"
        )
    if names:
        return (
            f"{shown} registers {len(names)} {kind}s ({', '.join(names)}); "
            f"choose one:  with {{slot}}={spelled}:{names[0]}"
        )
    cure = f"it needs a function decorated with @forge.{kind}, or one called `load`."
    return f"{shown} registers 0 {kind}s; {cure}"
