"""Tools for scripts that configure by files: runs, flags, checkpoints, sessions."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final


__all__ = [
    "find_model_files",
    "get_session",
    "git_commit",
    "init_checkpoint",
    "load",
    "load_from_checkpoint",
    "print_flags",
    "print_num_params",
    "print_variables_by_scope",
    "set_flags",
    "set_gpu",
    "tensors_from_data",
]

if TYPE_CHECKING:
    from forge.classic.configfile import load as load
    from forge.classic.graph import get_session as get_session
    from forge.classic.graph import print_num_params as print_num_params
    from forge.classic.graph import print_variables_by_scope as print_variables_by_scope
    from forge.classic.graph import set_gpu as set_gpu
    from forge.classic.loading import load_from_checkpoint as load_from_checkpoint
    from forge.classic.program import print_flags as print_flags
    from forge.classic.program import set_flags as set_flags
    from forge.classic.recorded import init_checkpoint as init_checkpoint
    from forge.classic.repository import git_commit as git_commit
    from forge.classic.saved import find_model_files as find_model_files
    from forge.classic.tensors import tensors_from_data as tensors_from_data

# A name is imported when it is used: scripts import this module whether they begin a
# run, or only show their help.
_HOMES: Final = {
    "find_model_files": "saved",
    "get_session": "graph",
    "git_commit": "repository",
    "init_checkpoint": "recorded",
    "load": "configfile",
    "load_from_checkpoint": "loading",
    "print_flags": "program",
    "print_num_params": "graph",
    "print_variables_by_scope": "graph",
    "set_flags": "program",
    "set_gpu": "graph",
    "tensors_from_data": "tensors",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"forge.classic.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
