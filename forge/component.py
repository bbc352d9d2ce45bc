"""Components: frozen descriptions of registered callables."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import Any, Final, Protocol

from forge._text import brief
from forge.annotations import callee_of
from forge.errors import ForgeError
from forge.signature import Signature, read_signature


#: What marks a function whose call alone does nothing.
_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@dataclass(frozen=True, eq=False)
class Component:
    """A registered function or class that builds one object.

    Attributes:
        kind: What it builds: `dataset`, `model`, or a kind made by `forge.kind`.
        name: What users choose it by.
        function: The undecorated callable.
        module: The module that defines it.
        qualname: Its qualified name there.
        file: The file that defines it; empty when it was typed in.
        line: The line its definition starts at.
        declared: Slots declared at the decorator.
    """

    kind: str
    name: str
    function: Callable[..., Any]
    module: str
    qualname: str
    file: str = ""
    line: int = 0
    declared: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        kind: str,
        *,
        name: str | None = None,
        declared: Mapping[str, Any] | None = None,
    ) -> "Component":
        """Describe a callable.

        Args:
            function: A function or class.
            kind: What it builds.
            name: What users choose it by; by default its own name.
            declared: Slots declared at the decorator.

        Returns:
            Its description.
        """
        code = getattr(callee_of(function), "__code__", None)
        return cls(
            kind=kind,
            name=name or function.__name__,
            function=function,
            module=function.__module__,
            qualname=function.__qualname__,
            file=code.co_filename if code else "",
            line=code.co_firstlineno if code else 0,
            declared=dict(declared or {}),
        )

    @cached_property
    def signature(self) -> Signature:
        """Its arguments, read once."""
        return read_signature(self.function, self.name, self.declared)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it the same component when a cell or module runs again."""
        return self.module, self.qualname

    @property
    def spelled(self) -> str:
        """The name with its module, for where the name alone is ambiguous."""
        return f"{self.module}:{self.name}"

    @property
    def where(self) -> str:
        """File and line of the definition, for messages."""
        return f"{PurePath(self.file).name}:{self.line}" if self.file else self.module

    def help_for(self, argument: str) -> str:
        """Say what an argument is for.

        Args:
            argument: Its name.

        Returns:
            The text of `Annotated[..., "text"]`, else of the docstring's `Args:`
            section, else nothing.
        """
        known = self.signature.by_name.get(argument)
        if known and known.help:
            return known.help
        doc = self.function.__doc__ or ""
        match = re.search(
            rf"^\s*(?::param\s+)?{re.escape(argument)}\s*(?:\([^)\n]*\))?:\s*(.+?)\s*$",
            doc,
            re.MULTILINE,
        )
        return match.group(1) if match else ""


def check_function(
    function: Any, kind: str, name: str | None = None, *, awaited: bool = False
) -> None:
    """Refuse what values cannot be injected into, or nothing would come of.

    Args:
        function: What was decorated.
        kind: The kind it is to be registered as.
        name: Its name, by default its own.
        awaited: Whether who calls it may await what it returns.

    Raises:
        ForgeError: `not-a-function`; `async-function`; `var-positional` for a function
            that takes positional arguments without names.
    """
    if not (callable(function) and hasattr(function, "__qualname__")):
        raise _no_function(function, kind)
    name = name or function.__name__
    own = getattr(function, "__code__", None)
    if own is not None and own.co_flags & _ASYNC and not awaited:
        raise ForgeError(
            "async-function",
            f"{kind} '{name}' is async, and nothing awaits what it returns. Make it a "
            f"plain function that calls  asyncio.run(...)",
            name=name,
        )
    code = getattr(callee_of(function), "__code__", None)
    if code is not None and code.co_flags & inspect.CO_VARARGS:
        star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        raise ForgeError(
            "var-positional",
            f"{kind} '{name}' takes *{star}; values are injected by name, "
            f"so list the parameters instead:  def {name}(a, b, ...)",
            name=name,
        )


def _no_function(value: Any, kind: str) -> ForgeError:
    """Say that something was decorated that is no function."""
    if isinstance(value, str):
        cure = f"A name is given by  name={value!r}"
    else:
        cure = "Decorate a function that makes use of it."
    return ForgeError(
        "not-a-function",
        f"{kind}: {brief(value)} is neither a function nor a class. {cure}",
        kind=kind,
    )


class Lookup(Protocol):
    """Which components a name may mean, seen from one experiment."""

    def find(self, kind: str, name: str) -> Sequence[Component]:
        """List the components of a kind that a name may mean.

        Args:
            kind: The kind.
            name: A name, or `module:name`.

        Returns:
            None, one, or several when the name is ambiguous.
        """
        ...

    def of_kind(self, kind: str) -> Sequence[Component]:
        """List every component of a kind that can be seen, sorted by name.

        Args:
            kind: The kind.

        Returns:
            The components.
        """
        ...

    def kinds_of(self, name: str) -> Sequence[str]:
        """List the kinds under which a name is registered.

        Args:
            name: A name.

        Returns:
            The kinds, sorted.
        """
        ...

    def import_reference(self, reference: str, kind: str) -> Component:
        """Import the component of a file or module that a user named.

        Args:
            reference: `path/file.py`, `path/file.py:name` or `package.module:name`.
            kind: The kind it must have.

        Returns:
            The component.

        Raises:
            ForgeError: `no-file`, `file-choice`, or the import's own failure.
        """
        ...
