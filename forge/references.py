"""Components that users name by file or module: `model=path/file.py:name`."""

import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path

from forge.errors import ForgeError


#: How a reference to a component of a recorded run begins.
RUN = "run:"

#: Kinds of slots that a recorded run fills as a whole: those annotated
#: `forge.Experiment` and `forge.Record`.
RUN_KINDS = ("experiment", "record")

_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<name>\w+))?\Z")
_MODULE = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>\w+)\Z")


def is_reference(text: str) -> bool:
    """Tell whether a word names a file, a module or a run rather than a component.

    Args:
        text: What was typed for a slot.

    Returns:
        Whether it has the form of a reference.
    """
    return bool(text.startswith(RUN) or _FILE.match(text) or _MODULE.match(text))


def import_reference(reference: str) -> tuple[str, str | None, str]:
    """Import the file or module that a user named.

    Only what a user types comes here, never a name read from a stored file.

    Args:
        reference: `path/file.py`, `path/file.py:name` or `package.module:name`.

    Returns:
        The module's name, the component's name if one was given, and the reference
        without it.

    Raises:
        ForgeError: `no-file` when there is no such file or module. An error that the
            file itself raises is the user's and passes through.
    """
    match = _FILE.match(reference)
    if match:
        return import_file(match["file"]), match["name"], match["file"]
    match = _MODULE.match(reference)
    if match is None:
        raise ForgeError("no-file", f"{reference}: no file and no module:name.")
    module = match["module"]
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise ForgeError(
            "no-file",
            f"no module is called '{error.name}' (looked along sys.path).",
            reference=reference,
        ) from None
    return module, match["name"], module


def no_file(text: str) -> ForgeError:
    """Make the error for a file that does not exist.

    Args:
        text: What was asked for.

    Returns:
        The error `no-file`.
    """
    return ForgeError(
        "no-file", f"no file {text} (looked in {Path.cwd()}).", reference=text
    )


def module_name_of(path: Path) -> str:
    """Name the module of a file that is imported by its path.

    Two files of one basename are two modules, so the name comes from the whole path.

    Args:
        path: The file.

    Returns:
        An identifier that no ordinary module has.
    """
    import hashlib  # noqa: PLC0415 - a file by its path only

    full = os.path.realpath(path)
    digest = hashlib.sha256(os.fsencode(full)).hexdigest()[:10]
    stem = re.sub(r"\W", "_", path.stem)
    return f"forge_file_{stem}_{digest}"


def _existing(text: str) -> Path | None:
    """The file of a path; None too for what no file can be called."""
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError):  # too long a name, nobody's home
        return None


def import_file(text: str) -> str:
    """Import a file under a name of its own, unless it is imported already.

    Its folder is put at the end of `sys.path`, so that files beside each other may
    import each other.

    Args:
        text: Its path.

    Returns:
        The name of the module.

    Raises:
        ForgeError: `no-file`. What the file itself raises passes through.
    """
    path = _existing(text)
    if path is None:
        raise no_file(text)
    full = os.path.realpath(path)
    for name, module in tuple(sys.modules.items()):
        # A file the program has imported already, also as __main__, is that module.
        file = getattr(module, "__file__", None)
        same_name = isinstance(file, str) and file.endswith(path.name)
        if same_name and os.path.realpath(str(file)) == full:
            return name
    folder = os.path.dirname(full)  # noqa: PTH120 - as text, like sys.path
    if folder not in map(os.path.realpath, sys.path):
        sys.path.append(folder)
    name = module_name_of(path)
    spec = importlib.util.spec_from_file_location(name, full)
    if spec is None or spec.loader is None:
        raise ForgeError("no-file", f"{text} cannot be imported.", reference=text)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return name
