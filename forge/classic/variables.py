"""Variables of TensorFlow, restored from what a `Saver` or a `Checkpoint` saved."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from forge.checkpoints.difference import Difference, Variable, match
from forge.checkpoints.tensorflow import variables_in
from forge.classic.graph import is_graph_mode, tensorflow
from forge.classic.objects import entries_of, nothing_to_restore
from forge.errors import ForgeError


_OBJECTS: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"
_COUNTER: Final = "save_counter"


class GraphVariables:
    """The variables of a graph, those set apart that were there before."""

    def __init__(self) -> None:
        self._before = {variable.name for variable in _global_variables()}

    def needed(self) -> list[Any]:
        """List the variables that came since."""
        return [v for v in _global_variables() if v.name not in self._before]

    def others(self) -> list[Any]:
        """List the variables that were there before."""
        return [v for v in _global_variables() if v.name in self._before]


def restore_tensorflow(
    prefix: str, model: Any, graph: GraphVariables | None, *, session: Any
) -> None:
    """Restore what TensorFlow saved.

    Args:
        prefix: The path without the endings of its files.
        model: What was rebuilt.
        graph: The variables of the graph; None where none was built.
        session: The session that holds their values.

    Raises:
        ForgeError: `checkpoint-mismatch`, `no-session` or `not-in-checkpoint`; no value
            was changed.
    """
    reader = tensorflow().train.load_checkpoint(prefix)
    if graph is not None or is_graph_mode():
        _restore_graph(prefix, reader, graph or GraphVariables(), session)
    elif reader.has_tensor(_OBJECTS):
        _restore_objects(prefix, reader, model)
    else:
        _restore_named(prefix, reader, model)


def _restore_graph(
    prefix: str, reader: Any, graph: GraphVariables, session: Any
) -> None:
    """Restore variables by their names, into a session."""
    v1 = tensorflow().compat.v1
    session = session if session is not None else v1.get_default_session()
    if session is None:
        raise ForgeError(
            "no-session",
            "restore() needs the session that holds the variables of the graph:  "
            "with tf.compat.v1.Session() as session: restore(session)",
        )
    with session.graph.as_default():
        needed = graph.needed() or _global_variables()
        stored = _stored(reader)
        living = {v.op.name: v for v in needed}
        others = {v.op.name: v for v in graph.others() if v.op.name in stored}
        _compare(prefix, stored, living)
        same = {n: v for n, v in others.items() if _shape(v) == stored[n].shape}
        v1.train.Saver({**same, **living}).restore(session, prefix)


def _restore_named(prefix: str, reader: Any, model: Any) -> None:
    """Assign values by the names of variables, without a session."""
    living = {_plain_name(variable): variable for variable in _variables_of(model)}
    if not living:
        raise nothing_to_restore(sorted(_stored(reader)), model, Path(prefix))
    _compare(prefix, _stored(reader), living)
    for name, variable in living.items():
        variable.assign(reader.get_tensor(name))


def _restore_objects(prefix: str, reader: Any, model: Any) -> None:
    """Restore what `tf.train.Checkpoint(name=object)` saved."""
    names = _names_in(reader)
    objects = entries_of(model, names)
    if not objects:
        raise nothing_to_restore(names, model, Path(prefix))
    checkpoint = tensorflow().train.Checkpoint(**objects)
    folder = tempfile.mkdtemp(prefix="forge-")
    try:
        # What it would save now shows what it has.
        written = checkpoint.write(str(Path(folder) / "now"))
        wanted = [v for v in variables_in(written) if not v.path.startswith(_COUNTER)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    there = [v for v in variables_in(prefix) if v.path.partition("/")[0] in objects]
    difference = match(there, wanted).difference
    if difference.missing or difference.different:
        raise _mismatch(prefix, difference)
    checkpoint.read(prefix).expect_partial()


def _compare(
    prefix: str, stored: Mapping[str, Variable], living: Mapping[str, Any]
) -> None:
    """Refuse variables that have no value, or one of another shape."""
    missing, different = [], []
    for name, variable in living.items():
        here = Variable(name, _shape(variable), _dtype(variable))
        there = stored.get(name)
        if there is None:
            missing.append(str(here))
        elif not here.fits(there):
            different.append(f"{name} is {here.kind}, saved as {there.kind}")
    if missing or different:
        unexpected = [str(v) for name, v in stored.items() if name not in living]
        raise _mismatch(
            prefix, Difference((), tuple(missing), tuple(unexpected), tuple(different))
        )


def _mismatch(prefix: str, difference: Difference) -> ForgeError:
    """Say what does not fit."""
    remedy = (
        "Build the model as it was when it was saved: load_from_checkpoint(..., "
        "override_flags=) changes it."
    )
    lines = ["the checkpoint does not fit the model; nothing was changed."]
    lines += [*difference.lines(), prefix, remedy]
    return ForgeError(
        "checkpoint-mismatch",
        "\n  ".join(lines),
        missing=difference.missing,
        different=difference.different,
    )


def _stored(reader: Any) -> dict[str, Variable]:
    """List what a checkpoint holds, by name."""
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    return {
        name: Variable(name, tuple(shapes[name]), dtypes[name].name)
        for name in sorted(shapes)
        if not name.startswith("_CHECKPOINT")
    }


def _names_in(reader: Any) -> list[str]:
    """List the names that objects were saved under."""
    keys = reader.get_variable_to_shape_map()
    names = {key.partition("/")[0] for key in keys if "/" in key}
    return sorted(names - {_OBJECTS, _COUNTER})


def _global_variables() -> list[Any]:
    """List the variables of the graph."""
    return list(tensorflow().compat.v1.global_variables())


def _variables_of(model: Any) -> Iterable[Any]:
    """List the variables of a model, or of what a mapping or sequence holds."""
    if isinstance(model, Mapping):
        model = list(model.values())
    if isinstance(model, list | tuple):
        return [v for one in model for v in _variables_of(one)]
    variables = getattr(model, "variables", None)
    if variables is None:
        is_variable = hasattr(model, "assign") and hasattr(model, "shape")
        return [model] if is_variable else []
    return list(variables() if callable(variables) else variables)


def _plain_name(variable: Any) -> str:
    """Name a variable as a `Saver` does."""
    name = getattr(variable, "path", None) or variable.name
    return str(name).removesuffix(":0")


def _shape(variable: Any) -> tuple[int, ...]:
    """Read the shape of a variable."""
    return tuple(int(size) for size in variable.shape)


def _dtype(variable: Any) -> str:
    """Name the type of a variable's numbers."""
    dtype = variable.dtype
    name = getattr(dtype, "base_dtype", dtype)
    return str(getattr(name, "name", name))
