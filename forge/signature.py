"""The one reader of signatures: which arguments are parameters, inputs and slots."""

import enum
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, get_args, get_origin

from forge.annotations import hints_of, split_annotated, split_optional
from forge.errors import ForgeError


EMPTY: Any = inspect.Parameter.empty
MARK = "__forge_component__"
SPECIAL = frozenset({"_seed", "_rng", "_run", "_log", "_config"})
RESERVED = frozenset({"git_commit"})
BUILT_IN_KINDS = ("dataset", "model")
#: Types of defaults that are always parameters of their own.
_PLAIN: Final = frozenset({bool, int, float, str})


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


class Argument(NamedTuple):
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
        by_name: Every argument by name.
        extra: Slots of the decorator that the function itself does not take.
    """

    arguments: tuple[Argument, ...]
    positional_only: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()
    by_name: Mapping[str, Argument] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()


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
    hints = hints_of(function)
    found = dict(_defaults(function))
    extra = {k: v for k, v in declared.items() if k not in found}
    arguments = []
    for argument, own in {**found, **extra}.items():
        default = declared.get(argument, own)
        _check_name(argument, default, name)
        arguments.append(_argument(argument, default, hints.get(argument, EMPTY)))
    return Signature(
        tuple(a for a in arguments if not _is_private(a)),
        _positional_only(function),
        tuple(a.name for a in arguments if _guarded(a)),
        {a.name: a for a in arguments},
        frozenset(extra),
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


def with_default(argument: Argument, default: Any) -> Argument:
    """Give an argument another default, as `forge.slot(component, name=value)` does.

    Args:
        argument: The argument as its signature has it.
        default: The value, component or derived value that belongs to the slot.

    Returns:
        The argument as if its signature had that default.
    """
    return _argument(argument.name, default, argument.annotation)


def _argument(name: str, default: Any, annotation: Any) -> Argument:
    """Classify an argument."""
    if name in SPECIAL:
        return Argument(name, Role.SPECIAL, default, *split_annotated(annotation))
    if annotation is EMPTY:
        if type(default) in _PLAIN:
            return Argument(name, Role.PARAMETER, default)
        bare, text, optional = EMPTY, "", False
    else:
        annotation, text = split_annotated(annotation)
        bare, optional = split_optional(annotation)
    slot_argument = _slot(name, default, bare)
    if slot_argument is not None:
        role, kind, fill = slot_argument
        factory = bare is Factory and not TYPE_CHECKING
        by_name = role is Role.SLOT and default is EMPTY
        implicit = by_name and _kind_of(bare) is None
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
    items = get_args(annotation) if get_origin(annotation) is list else ()
    kind = _kind_of(items[0]) if items else None
    if isinstance(default, list | tuple) and default:
        fills = [fill_of(item) for item in default]
        marks = [component_mark(fill.component) for fill in fills if fill]
        kind = next((mark.kind for mark in marks if mark), kind)
        if all(fills):
            return Role.SLOTS, kind or name, fills
    if kind is not None:
        return Role.SLOTS, kind, []
    if default is EMPTY or default is None:
        kind = _kind_of(annotation)
        if kind is None and name in BUILT_IN_KINDS and default is EMPTY:
            kind = name
        return (Role.SLOT, kind, None) if kind else None
    return None


def _kind_of(annotation: Any) -> str | None:
    """The kind of component that an annotation takes."""
    kind = getattr(annotation, "forge_kind", None)
    return kind if isinstance(kind, str) else None


def _guarded(argument: Argument) -> bool:
    """Whether a plain call cannot use the default."""
    if argument.fill:
        return argument.role is Role.SLOT or argument.role is Role.SLOTS
    return type(argument.default) is Derived


def _is_private(argument: Argument) -> bool:
    """Whether an argument is none of Forge's business."""
    return argument.name.startswith("_") and argument.name not in SPECIAL


def _check_name(argument: str, default: Any, function: str) -> None:
    """Refuse a name that Forge cannot give a meaning."""
    if argument in RESERVED:
        raise ForgeError(
            "reserved-name",
            f"{function}() has an argument '{argument}', which is kept for the "
            f"commit of a run. Rename it.",
            name=argument,
        )
    if default is EMPTY and argument.startswith("_") and argument not in SPECIAL:
        raise ForgeError(
            "reserved-name",
            f"{function}() has an argument '{argument}' without a default. Names that "
            f"start with _ are never injected, but for {', '.join(sorted(SPECIAL))}.",
            name=argument,
        )


def _defaults(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Every argument but `**kwargs` with its default, or `EMPTY`."""
    if type(function) is not FunctionType or function.__dict__:
        for parameter in _parameters(function):
            if parameter.kind is not parameter.VAR_KEYWORD:
                yield parameter.name, parameter.default
        return
    # The same for a plain function, without what makes inspect.signature slow.
    code, keyword = function.__code__, function.__kwdefaults__ or {}
    n = code.co_argcount
    defaults = function.__defaults__ or ()
    names = code.co_varnames
    yield from zip(names, (EMPTY,) * (n - len(defaults)) + defaults, strict=False)
    for name in names[n : n + code.co_kwonlyargcount]:
        yield name, keyword.get(name, EMPTY)


def _positional_only(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names that can only be passed by position."""
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_posonlyargcount:
        return ()
    return tuple(p.name for p in _parameters(function) if p.kind is p.POSITIONAL_ONLY)


def _parameters(function: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    """The parameters as Python itself sees them."""
    return inspect.signature(function).parameters.values()
