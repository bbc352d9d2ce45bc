"""The annotations of a function, evaluated as far as they can be."""

import sys
import typing
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin


def callee_of(function: Callable[..., Any]) -> Any:
    """Find the function that takes the arguments of a call.

    Args:
        function: A function or class.

    Returns:
        The function itself; of a class, its constructor.
    """
    if not isinstance(function, type):
        return function
    made: Any = function
    own = vars(function)
    return made.__new__ if "__new__" in own and "__init__" not in own else made.__init__


def hints_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Evaluate the annotations of a callable.

    Args:
        function: A function or class.

    Returns:
        Annotations by argument, `Annotated` included; those that cannot be evaluated
        are left out.
    """
    return evaluated(callee_of(function))


def evaluated(annotated: Any) -> Mapping[str, Any]:
    """Evaluate the annotations that an object carries.

    Args:
        annotated: A function, or a class with annotated fields.

    Returns:
        Annotations by name, `Annotated` included; those that cannot be evaluated are
        left out.
    """
    annotations = getattr(annotated, "__annotations__", None)
    if not annotations:
        return {}
    try:
        return typing.get_type_hints(annotated, include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation is any expression
        return _one_by_one(annotated, annotations)


def split_annotated(annotation: Any) -> tuple[Any, str]:
    """Take the help off an annotation.

    Args:
        annotation: Any annotation.

    Returns:
        The annotation without `Annotated`, and the first text in it or nothing.
    """
    if get_origin(annotation) is not Annotated:
        return annotation, ""
    bare, *extras = get_args(annotation)
    return bare, next((e for e in extras if isinstance(e, str)), "")


def split_optional(annotation: Any) -> tuple[Any, bool]:
    """Take the `| None` off an annotation.

    Args:
        annotation: Any annotation.

    Returns:
        The only other member and True; an annotation that is no such union as it is.
    """
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    members = [a for a in get_args(annotation) if a is not type(None)]
    if len(members) == 1 and len(get_args(annotation)) > 1:
        return members[0], True
    return annotation, False


def _one_by_one(function: Any, annotations: Mapping[str, Any]) -> dict[str, Any]:
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
