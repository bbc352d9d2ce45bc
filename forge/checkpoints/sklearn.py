"""Estimators of scikit-learn, stored by skops."""

import io
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from forge.checkpoints.adapter import Adapter
from forge.checkpoints.arrays import FileFact
from forge.checkpoints.base import Prepared, Refused, Stored
from forge.checkpoints.difference import Difference
from forge.errors import ForgeError
from forge.records.trusted import TRUSTED, is_below_trusted


ESTIMATOR = "estimator.skops"
_SCHEMA = "schema.json"
#: In front of the names under which modules of stored sources live.
_PRIVATE = "forge._runs."
_NEEDED = (
    "scikit-learn's estimators are saved with skops, which is not installed",
    "pip install forge-ml[sklearn]",
)


class SklearnCheckpointer(Adapter):
    """Saves estimators without pickle, and builds only what is known when it reads.

    Known are the types that skops knows, those of scikit-learn itself, and those that
    the estimator holds which the program has made for the values to be put into.
    """

    name = "sklearn"

    def version(self) -> str:
        """Name the versions of scikit-learn and skops.

        Returns:
            Such as `sklearn 1.9.1, skops 0.16.0`.
        """
        found = (f"{n} {sys.modules[n].__version__}" for n in ("sklearn", "skops"))
        return ", ".join(found)

    def matches(self, obj: Any) -> bool:
        """Say whether the object is an estimator.

        Args:
            obj: Any object.

        Returns:
            Whether it derives from scikit-learn's base class.
        """
        base = sys.modules.get("sklearn.base")
        return isinstance(obj, getattr(base, "BaseEstimator", ()))

    def facts(
        self, obj: Any, snapshot: Any, others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """List the types that skops does not know by itself.

        Args:
            obj: An estimator.
            snapshot: What `snapshot` returned.
            others: Every object of the same checkpoint.

        Returns:
            Their names, where there are any.
        """
        types = _unknown(snapshot)
        return {"types": types} if types else {}

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Let skops write the estimator to memory.

        Args:
            obj: An estimator.
            copy: Whether the estimator may change; what skops writes does not.

        Returns:
            The file.

        Raises:
            Refused: When it holds what skops cannot store.
        """
        try:
            data = _skops().dumps(obj)
        except (TypeError, ValueError, AttributeError) as e:
            text = f"skops cannot store it: {type(e).__name__}: {e}"
            raise Refused(text, "Keep what it names out of the estimator.") from e
        nameless = [name for name in _unknown(data) if "<" in name]
        if nameless:
            raise Refused(
                f"it holds {nameless[0]}, which no other process can find",
                "Define the function or class at the top of a module.",
            )
        return data

    def write(self, snapshot: Any, folder: Path) -> dict[str, FileFact]:
        """Write the file.

        Args:
            snapshot: What `snapshot` returned.
            folder: An empty folder.

        Returns:
            Its facts.
        """
        (folder / ESTIMATOR).write_bytes(snapshot)
        return {ESTIMATOR: FileFact.of(snapshot)}

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Read the estimator, as far as all its types are known.

        Args:
            obj: An estimator.
            stored: The entry.

        Returns:
            The difference, and how to take over the attributes.

        Raises:
            Refused: When it holds types that nobody vouches for.
        """
        skops = _skops()
        try:
            data = _uncompressed((stored.folder / ESTIMATOR).read_bytes())
            own = _unknown(skops.dumps(obj))
            data = _renamed(data, own)
            types = _unknown(data)
            _check(types, own, stored.folder)
            found = skops.loads(data, trusted=types)
        except Refused:
            raise
        except Exception as e:  # whatever skops makes of what it has not written
            text = f"{ESTIMATOR} cannot be read: {type(e).__name__}: {e}"
            raise ForgeError("checkpoint-damaged", text) from e
        mine, theirs = type(obj), type(found)
        if mine is not theirs:
            words = f"it is a {_name(mine)}, saved as a {_name(theirs)}"
            return Prepared(Difference(different=(words,)), lambda: obj)
        former = dict(vars(obj))

        def become(attributes: Mapping[str, Any]) -> Any:
            vars(obj).clear()
            vars(obj).update(attributes)
            return obj

        fitting = Difference(fitting=tuple(vars(found)))
        return Prepared(
            fitting, lambda: become(vars(found)), lambda: become(former) and None
        )


def _skops() -> Any:
    """Import skops, which nobody imports for its own sake."""
    try:
        import skops.io
    except ModuleNotFoundError as e:
        raise Refused(*_NEEDED, code="not-installed") from e
    return skops.io


def _uncompressed(data: bytes) -> bytes:
    """Refuse a file whose parts are larger than the file, before they are unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > len(data):
            raise ValueError("it is compressed, which checkpoints never are")
    return data


def _unknown(data: bytes) -> list[str]:
    """List the types in a file that skops does not know by itself."""
    return sorted(_skops().get_untrusted_types(data=data))


def _check(types: Iterable[str], own: Iterable[str], folder: Path) -> None:
    """Refuse types that nobody vouches for."""
    unknown = [t for t in types if t not in own and not _is_of_sklearn(t)]
    if unknown and not is_below_trusted(folder):
        raise Refused(
            f"it holds types that the estimator given does not: {', '.join(unknown)}",
            f"Give an estimator made with them; or, if you trust who made the file: "
            # The run that the checkpoint is of.
            f"{TRUSTED}={folder.parents[2]}",
            "checkpoint-untrusted",
        )


def _is_of_sklearn(name: str) -> bool:
    """Say whether a type is a class that scikit-learn defines."""
    module, _, word = name.rpartition(".")
    # Asked before anything is imported: a module can be of anybody.
    if module.split(".")[0] != "sklearn" or "externals" in module:
        return False
    found = sys.modules.get(module)
    if found is None:
        import importlib

        try:
            found = importlib.import_module(module)
        except ImportError:
            return False
    kind = getattr(found, word, None)
    # Not what it has imported from elsewhere, and nothing that could be called.
    return isinstance(kind, type) and kind.__module__.split(".")[0] == "sklearn"


def _renamed(data: bytes, own: Iterable[str]) -> bytes:
    """Name the classes of a run's sources as they are called where it was loaded."""
    places: dict[tuple[str, str], str] = {}
    for name in own:
        module, _, word = name.rpartition(".")
        if module.startswith(_PRIVATE):
            # After the prefix comes the name of the run, then that of the module.
            plain = module.removeprefix(_PRIVATE).partition(".")[2]
            places[plain, word] = places["__main__", word] = module
    if not places:
        return data
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed, "w") as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == _SCHEMA:
                schema = json.loads(content, object_hook=lambda x: _moved(x, places))
                content = json.dumps(schema).encode()
            new.writestr(entry, content)
    return packed.getvalue()


def _moved(node: dict[str, Any], places: Mapping[tuple[str, str], str]) -> Any:
    """Name the module of one node anew."""
    key = node.get("__module__"), node.get("__class__")
    place = places.get(key)  # type: ignore[arg-type]
    return node if place is None else node | {"__module__": place}


def _name(kind: type) -> str:
    """Name a class in full."""
    return f"{kind.__module__}.{kind.__qualname__}"
