"""Event files that users write beside the run, noticed as they are opened."""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

from forge._hooks import on_import


class Informed(Protocol):
    """A run, as far as it is told of writers."""

    #: What the user wants to know of the run.
    info: dict[str, Any]


@contextmanager
def noticing(run: Informed) -> Iterator[None]:
    """Note the folders of writers that are made from here on in the info of a run.

    `tf.summary.create_file_writer` and `tf.compat.v1.summary.FileWriter` are noted in
    `info["tensorflow"]["logdirs"]`, `torch.utils.tensorboard.SummaryWriter` in
    `info["torch"]["logdirs"]`. Nothing is imported for it. Outside of runs, libraries
    are as their authors made them.

    Args:
        run: The run; within a run inside another one, the inner run.

    Yields:
        Nothing.
    """
    _watch()
    _runs.append(run)
    if len(_runs) == 1:
        _replace()
    try:
        yield
    finally:
        _runs.remove(run)
        if not _runs:
            _put_back()


def note(library: str, folder: Any) -> None:
    """Note the folder of a writer; never fails.

    Args:
        library: The library that writes.
        folder: The folder, however the user gave it.
    """
    if not _runs or folder is None:
        return
    info = _runs[-1].info
    try:
        folders = info.setdefault(library, {}).setdefault("logdirs", [])
        if (text := _text(folder)) not in folders:
            folders.append(text)
    except Exception:  # noqa: BLE001 - what stands there is the user's own
        return


def _text(folder: Any) -> str:
    """Write a folder so that it is found from anywhere."""
    if callable(getattr(folder, "numpy", None)):
        # A tensor.
        folder = folder.numpy()
    path = os.fsdecode(folder)
    # gs://bucket/folder
    return path if "://" in path else os.path.abspath(path)  # noqa: PTH100 - keeps links


def _tensorflow(module: Any) -> None:
    """Watch TensorFlow 2's writers, and those of TensorFlow 1 that it still has."""
    with suppress(AttributeError):
        _watch_call(module.summary, "create_file_writer", _of_function)
        _watch_call(module.compat.v1.summary.FileWriter, "__init__", _of_file_writer)


def _torch(module: Any) -> None:
    """Watch PyTorch's writer."""
    with suppress(AttributeError):
        _watch_call(module.SummaryWriter, "__init__", _of_summary_writer)


def _of_function(args: Sequence[Any], options: dict[str, Any]) -> None:
    """Note the folder of TensorFlow 2's writer."""
    note("tensorflow", args[0] if args else options.get("logdir"))


def _of_file_writer(args: Sequence[Any], options: dict[str, Any]) -> None:
    """Note the folder of TensorFlow 1's writer."""
    note("tensorflow", args[1] if len(args) > 1 else options.get("logdir"))


def _of_summary_writer(args: Sequence[Any], options: dict[str, Any]) -> None:
    """Note the folder of PyTorch's writer."""
    # Left out, it is made up from the time and the machine.
    note("torch", getattr(args[0], "log_dir", None))


def _watch_call(
    owner: Any, name: str, told: Callable[[Sequence[Any], dict[str, Any]], None]
) -> None:
    """Have calls of a function or method told, while a run is on.

    A class keeps its identity, so that `isinstance` and subclasses go on to work.
    """
    original = getattr(owner, name)

    @functools.wraps(original)
    def watched(*args: Any, **options: Any) -> Any:
        made = original(*args, **options)
        told(args, options)
        return made

    _watched.append((owner, name, original, watched))
    if _runs:
        setattr(owner, name, watched)


def _replace() -> None:
    """Let the watched calls be told."""
    for owner, name, original, watched in _watched:
        # Somebody else may have put something of their own there.
        if getattr(owner, name) is original:
            setattr(owner, name, watched)


def _put_back() -> None:
    """Leave the libraries as they were."""
    for owner, name, original, watched in _watched:
        if getattr(owner, name) is watched:
            setattr(owner, name, original)


def _watch() -> None:
    """Ask, once, to be told when a library is there."""
    while _libraries:
        module, action = _libraries.pop()
        on_import(module, action)


_libraries: Final[list[tuple[str, Callable[[Any], None]]]] = [
    ("tensorflow", _tensorflow),
    ("torch.utils.tensorboard", _torch),
]
_watched: Final[list[tuple[Any, str, Any, Any]]] = []
_runs: Final[list[Informed]] = []
