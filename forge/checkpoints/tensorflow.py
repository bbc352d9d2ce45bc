"""TensorFlow modules, variables, generators and dataset iterators."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from forge.checkpoints.adapter import Adapter
from forge.checkpoints.arrays import FileFact
from forge.checkpoints.base import Prepared, Stored
from forge.checkpoints.difference import Variable, match


#: What the files of an entry begin with.
PREFIX = "ckpt"
_SUFFIX = "/.ATTRIBUTES/"


class TensorFlowCheckpointer(Adapter):
    """Saves what TensorFlow tracks, with TensorFlow's own checkpoint format."""

    name = "tensorflow"

    def version(self) -> str:
        """Name the version of TensorFlow.

        Returns:
            Such as `tensorflow 2.19.0`.
        """
        return f"tensorflow {sys.modules['tensorflow'].__version__}"

    def matches(self, obj: Any) -> bool:
        """Say whether TensorFlow tracks the object.

        Args:
            obj: Any object.

        Returns:
            Whether it is a module, variable, generator, iterator or checkpoint.
        """
        tf = sys.modules.get("tensorflow")
        return tf is not None and isinstance(
            obj,
            (
                tf.Module,
                tf.Variable,
                tf.train.Checkpoint,
                tf.random.Generator,
                tf.data.Iterator,
            ),
        )

    def has_state(self, obj: Any) -> bool:
        """Say whether the object holds a variable.

        Args:
            obj: An object that TensorFlow tracks.

        Returns:
            False for a module that has made no variable yet.
        """
        return bool(getattr(obj, "variables", True))

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Hand the object on; TensorFlow copies and writes in one act.

        Args:
            obj: An object that TensorFlow tracks.
            copy: Whether to let TensorFlow write it now, into a folder of its own.

        Returns:
            The object itself, or that folder.
        """
        if not copy:
            return obj
        folder = tempfile.TemporaryDirectory(prefix="forge-")
        _checkpoint(obj).write(str(Path(folder.name) / PREFIX))
        return folder

    def write(self, snapshot: Any, folder: Path) -> dict[str, FileFact]:
        """Write the object.

        Args:
            snapshot: What `snapshot` returned.
            folder: An empty folder.

        Returns:
            Nothing: TensorFlow does not hash what it writes.
        """
        if isinstance(snapshot, tempfile.TemporaryDirectory):
            with snapshot as written:
                shutil.copytree(written, folder, dirs_exist_ok=True)
        else:
            _checkpoint(snapshot).write(str(folder / PREFIX))
        return {}

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Compare the stored values with those the object would save now.

        TensorFlow compares only while it assigns. So the object is written to a
        folder of its own first, which shows the difference and can be read back.

        Args:
            obj: An object that TensorFlow tracks.
            stored: The entry.

        Returns:
            The difference, and how to read the values.
        """
        source = str(stored.folder / PREFIX)
        former = Path(tempfile.mkdtemp(prefix="forge-"))

        def release() -> None:
            shutil.rmtree(former, ignore_errors=True)

        try:
            self.write(obj, former)
            living = variables_in(str(former / PREFIX))
            difference = match(variables_in(source), living).difference
        except BaseException:
            release()
            raise

        def apply() -> Any:
            status = _checkpoint(obj).read(source)
            if difference:
                status.expect_partial()
            else:
                status.assert_existing_objects_matched()
                status.assert_consumed()
            return obj

        def undo() -> None:
            _checkpoint(obj).read(str(former / PREFIX))

        return Prepared(difference, apply, undo, release, fallible=True)


def _checkpoint(obj: Any) -> Any:
    """Wrap an object as TensorFlow's checkpoints want it."""
    tf = sys.modules["tensorflow"]
    if isinstance(obj, tf.Variable):
        # As a root it is asked whether it is true, and one that holds 0 is left out.
        return tf.train.Checkpoint(value=obj)
    return tf.train.Checkpoint(root=obj)


def variables_in(prefix: str) -> list[Variable]:
    """List what a checkpoint of TensorFlow's objects holds.

    Args:
        prefix: The path without the endings of its files.

    Returns:
        The variables by the path of their object.
    """
    reader = sys.modules["tensorflow"].train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    found = []
    for key in sorted(shapes):
        path, mark, kind = key.partition(_SUFFIX)
        if mark:
            # The extent of an iterator's state is its position, no structure.
            shape = () if kind == "ITERATOR_STATE" else tuple(shapes[key])
            found.append(Variable(path or "value", shape, dtypes[key].name))
    return found
