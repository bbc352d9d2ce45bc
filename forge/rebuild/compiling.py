"""Imports that a compiler of functions does in place of the stored code it reads."""

import builtins
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from forge._hooks import on_import
from forge.errors import ForgeError


#: What a stored module calls the `StoredSources` that it belongs to.
RUN_NAME: Final = "__forge_run__"

#: Where PyTorch's compiler follows the instructions of a function. It finds what an
#: import statement in it would find with Python's own import, and so today's code.
_TRACER: Final = "torch._dynamo.symbolic_convert"


def keep_out() -> None:
    """Let no compiler import anything in place of stored code, from now on."""
    on_import(_TRACER, _keep_out)


def _keep_out(module: ModuleType) -> None:
    """Let the compiler leave imports of stored code to Python."""
    vars(module)["__import__"] = _import


def _import(  # noqa: PLR0917 - as Python calls it
    name: str,
    globals: Mapping[str, Any] | None = None,  # noqa: A002
    locals: Mapping[str, Any] | None = None,  # noqa: A002
    fromlist: Any = (),
    level: int = 0,
) -> ModuleType:
    """Import what a compiler asks for, unless stored code does."""
    sources = (globals or {}).get(RUN_NAME)
    if sources is not None and level == 0:
        try:
            own = sources.judge(name, fromlist or ())
        except ForgeError as error:
            raise ImportError(str(error), name=name) from error
        if own:
            # The answer to this is that the function is not compiled but executed.
            raise ImportError(f"{name} is a module of a stored run", name=name)
    return builtins.__import__(name, globals, locals, fromlist or (), level)
