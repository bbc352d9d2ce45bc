"""Tools for scripts that configure by files: runs, flags, checkpoints, sessions."""

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
