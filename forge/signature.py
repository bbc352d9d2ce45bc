"""The one reader of signatures: which arguments are parameters, inputs and slots."""

import enum
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Union, get_args, get_origin

from forge.errors import ForgeError


EMPTY: Any = inspect.Parameter.empty
MARK = "__forge_component__"
SPECIAL = frozenset({"_seed", "_rng", "_run", "_log", "_config"})
RESERVED = frozenset({"git_commit"})
BUILT_IN_KINDS = ("dataset", "model")


class Role(enum.Enum):
    """What an argument is to Forge."""

    PARAMETER = "parameter"
    GROUP = "group"
    INPUT = "input"
    SLOT = "slot"
    SLOTS = "slots"
    SPECIAL = "special"


class Marked:
    """Base of decorated functions: they carry their component as `MARK`."""


if TYPE_CHECKING:
    # What fills a slot is the user's own type, which no annotation here can name.
    Dataset = Any
    Model = Any
    Factory = Any
else:

    class Dataset:
        """Annotation of a slot for a dataset."""

        forge_kind: ClassVar[str] = "dataset"

    class Model:
        """Annotation of a slot for a model."""

        forge_kind: ClassVar[str] = "model"

    class Factory:
        """Annotation of a slot that yields a callable instead of a built object.

        The callable has its configuration filled in; what is left are arguments of
        the call: `def train(model, opt: forge.Factory = adam)` calls
        `opt(model.parameters())`.
        """


@dataclass(frozen=True, slots=True)
class Derived:
    """A default computed from other values of the configuration.

    Attributes:
        function: Takes parameters by name and returns the value.
        names: The names of its arguments.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotDefault:
    """A component as the default of a slot, with values that belong to the slot.

    Attributes:
        component: The decorated function or class; None leaves the choice open.
        values: Values by parameter name, kept for whatever fills the slot.
    """

    component: Any
    values: Mapping[str, Any]


def slot(component: Any = None, /, **values: Any) -> Any:
    """Make the default of a slot: a component together with values for it.

    The values belong to the slot: they are kept for whatever fills it, and a
    component that does not have such a parameter is refused.

    Args:
        component: A decorated function or class.
        **values: Values for its parameters, inputs and slots.

    Returns:
        A default to write in a signature.

    Raises:
        ForgeError: `not-a-component` when the first argument was never decorated.
    """
    if component is not None and component_mark(component) is None:
        name = getattr(component, "__name__", repr(component))
        raise ForgeError(
            "not-a-component",
            f"forge.slot({name}): {name} is not a component. "
            f"Decorate it, for example with @forge.model.",
            name=name,
        )
    return SlotDefault(component, values)


def derived(function: Callable[..., Any], /) -> Any:
    """Make a default that is computed from other values of the configuration.

    Args:
        function: Its arguments are looked up by name, from the function that has the
            default outwards. It is called after all overrides are known.

    Returns:
        A default to write in a signature; overriding the parameter replaces it.
    """
    names = tuple(inspect.signature(function).parameters)
    return Derived(function, names)


def component_mark(value: Any) -> Any:
    """Read the component off a decorated function or class.

    Args:
        value: Any object.

    Returns:
        Its component, or None. Subclasses of a decorated class are not decorated.
    """
    if isinstance(value, type):
        return value.__dict__.get(MARK)
    return getattr(value, MARK) if isinstance(value, Marked) else None


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """One argument of a component.

    Attributes:
        name: As in the signature.
        role: What it is to Forge.
        default: The value in the code, or `EMPTY`.
        annotation: The evaluated annotation without `Annotated`, or `EMPTY`.
        help: What `Annotated[..., "text"]` says of it.
        kind: The kind of component that a slot takes; None for other roles.
        optional: A slot that may stay empty.
        factory: A slot that yields a callable.
        implicit: A slot by its name alone; an enclosing scope may supply it instead.
        fill: The default of a slot: a component, a list of slot defaults, or None.
    """

    name: str
    role: Role
    default: Any = EMPTY
    annotation: Any = EMPTY
    help: str = ""
    kind: str | None = None
    optional: bool = False
    factory: bool = False
    implicit: bool = False
    fill: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """The arguments of a component, in order.

    Attributes:
        arguments: All but `**kwargs`.
        positional_only: Names that can only be passed by position.
        guarded: Names whose default is no value of their own in a plain call.
    """

    arguments: tuple[Argument, ...]
    positional_only: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()
    by_name: Mapping[str, Argument] = field(default_factory=dict)


def check_variadic(function: Callable[..., Any], kind: str, name: str) -> None:
    """Refuse a function that takes positional arguments without names.

    Args:
        function: A function or class.
        kind: The kind it is to be registered as.
        name: Its name.

    Raises:
        ForgeError: `var-positional`.
    """
    code = getattr(_callee(function), "__code__", None)
    if code is not None and code.co_flags & inspect.CO_VARARGS:
        star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        raise ForgeError(
            "var-positional",
            f"{kind} '{name}' takes *{star}; values are injected by name, "
            f"so list the parameters instead:  def {name}(a, b, ...)",
            name=name,
        )


def read_signature(
    function: Callable[..., Any], name: str, declared: Mapping[str, Any]
) -> Signature:
    """Read the arguments of a component.

    Args:
        function: The undecorated function or class.
        name: Its name, for messages.
        declared: Slots declared at the decorator, by name.

    Returns:
        The arguments, those of the decorator last.

    Raises:
        ForgeError: `reserved-name` for an argument that Forge cannot give a meaning.
    """
    hints = _hints(_callee(function))
    arguments = []
    positional_only = []
    for parameter in _parameters(function):
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional_only.append(parameter.name)
        default = declared.get(parameter.name, parameter.default)
        annotation = hints.get(parameter.name, EMPTY)
        _check_name(parameter.name, default, name)
        arguments.append(_argument(parameter.name, default, annotation))
    known = {argument.name for argument in arguments}
    arguments += [
        _argument(extra, default, EMPTY)
        for extra, default in declared.items()
        if extra not in known
    ]
    return Signature(
        tuple(a for a in arguments if not _is_private(a)),
        tuple(positional_only),
        tuple(a.name for a in arguments if _guarded(a)),
        {a.name: a for a in arguments},
    )


def fill_of(default: Any) -> SlotDefault | None:
    """Read a slot's default: a component, or one with values.

    Args:
        default: What the signature or the decorator has.

    Returns:
        The component with its values, or None when the default is none.
    """
    if isinstance(default, SlotDefault):
        return default
    return SlotDefault(default, {}) if component_mark(default) is not None else None


def _argument(name: str, default: Any, annotation: Any) -> Argument:
    annotation, text = _split_annotated(annotation)
    if name in SPECIAL:
        return Argument(name, Role.SPECIAL, default, annotation, text)
    bare, optional = _split_optional(annotation)
    slot_argument = _slot(name, default, bare)
    if slot_argument is not None:
        role, kind, fill = slot_argument
        factory = bare is Factory and not TYPE_CHECKING
        implicit = default is EMPTY and _kind_of(bare) is None
        return Argument(
            name=name,
            role=role,
            default=default,
            annotation=annotation,
            help=text,
            kind=kind,
            optional=optional or default is None,
            factory=factory,
            implicit=implicit,
            fill=fill,
        )
    role = Role.INPUT if default is EMPTY else Role.PARAMETER
    return Argument(name, role, default, annotation, text)


def _slot(name: str, default: Any, annotation: Any) -> tuple[Role, str, Any] | None:
    """Classify an argument as a slot: its role, its kind and what fills it."""
    single = fill_of(default)
    if single is not None:
        mark = component_mark(single.component)
        kind = mark.kind if mark else _kind_of(annotation) or name
        return Role.SLOT, kind, single
    if isinstance(default, list | tuple) and default:
        fills = [fill_of(item) for item in default]
        if all(fills):
            first = component_mark(fills[0].component) if fills[0] else None
            return Role.SLOTS, first.kind, fills
    if get_origin(annotation) is list and _kind_of(get_args(annotation)[0]):
        kind = _kind_of(get_args(annotation)[0])
        return Role.SLOTS, str(kind), []
    if default is EMPTY or default is None:
        kind = _kind_of(annotation)
        if kind is None and name in BUILT_IN_KINDS and default is EMPTY:
            kind = name
        return (Role.SLOT, kind, None) if kind else None
    return None


def _kind_of(annotation: Any) -> str | None:
    kind = getattr(annotation, "forge_kind", None)
    return kind if isinstance(kind, str) else None


def _guarded(argument: Argument) -> bool:
    """Whether a plain call cannot use the default."""
    if isinstance(argument.default, Derived):
        return True
    return argument.role in (Role.SLOT, Role.SLOTS) and bool(argument.fill)


def _is_private(argument: Argument) -> bool:
    return argument.name.startswith("_") and argument.name not in SPECIAL


def _check_name(argument: str, default: Any, function: str) -> None:
    private = argument.startswith("_") and argument not in SPECIAL
    if argument in RESERVED:
        raise ForgeError(
            "reserved-name",
            f"{function}() has an argument '{argument}', which is kept for the "
            f"commit of a run. Rename it.",
            name=argument,
        )
    if private and default is EMPTY:
        raise ForgeError(
            "reserved-name",
            f"{function}() has an argument '{argument}' without a default. Names that "
            f"start with _ are never injected, but for {', '.join(sorted(SPECIAL))}.",
            name=argument,
        )


def _split_annotated(annotation: Any) -> tuple[Any, str]:
    if get_origin(annotation) is not Annotated:
        return annotation, ""
    bare, *extras = get_args(annotation)
    return bare, next((e for e in extras if isinstance(e, str)), "")


def _split_optional(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    members = [a for a in get_args(annotation) if a is not type(None)]
    if len(members) == 1 and len(get_args(annotation)) > 1:
        return members[0], True
    return annotation, False


def _callee(function: Callable[..., Any]) -> Any:
    """The function that takes the arguments: of a class, its constructor."""
    if not isinstance(function, type):
        return function
    if "__init__" not in vars(function) and "__new__" in vars(function):
        return function.__new__
    return function.__init__


def _parameters(function: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    return inspect.signature(function).parameters.values()


def _hints(function: Any) -> dict[str, Any]:
    annotations = getattr(function, "__annotations__", None)
    if not annotations:
        return {}
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation is any expression
        return _hints_one_by_one(function, annotations)


def _hints_one_by_one(function: Any, annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate what can be: a name under TYPE_CHECKING must not hide the others."""
    module = sys.modules.get(function.__module__)
    scope = {**vars(typing), **(vars(module) if module else {})}
    scope.update(getattr(function, "__globals__", {}))
    hints = {}
    for name, annotation in annotations.items():
        try:
            hints[name] = (
                eval(annotation, scope)  # noqa: S307 - the user's own source
                if isinstance(annotation, str)
                else annotation
            )
        except Exception:  # noqa: BLE001, S112 - then the default's type decides
            continue
    return hints


def with_default(argument: Argument, default: Any) -> Argument:
    """Give an argument another default, as `forge.slot(component, name=value)` does.

    Args:
        argument: The argument as its signature has it.
        default: The value, component or derived value that belongs to the slot.

    Returns:
        The argument as if its signature had that default.
    """
    return _argument(argument.name, default, argument.annotation)
