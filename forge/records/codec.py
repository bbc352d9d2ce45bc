"""Values that JSON cannot express, in the form of jsonpickle."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from forge.errors import ForgeError
from forge.records.plain import finite, not_finite
from forge.records.plain import from_json as from_json
from forge.records.plain import pretty_json as pretty_json
from forge.records.plain import to_json as to_json


#: Tags of our own: a dict whose keys are not all plain text, as a list of pairs;
#: and the description of a value that cannot be stored.
_PAIRS = "forge/dict"
_TEXT = "forge/text"

#: Classes whose instances anybody may rebuild: making one has no effect but itself.
_STANDARD = (
    "builtins.bytearray",
    "builtins.complex",
    "builtins.frozenset",
    "builtins.range",
    "collections.OrderedDict",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Decimal",
    "fractions.Fraction",
    "pathlib.PosixPath",
    "pathlib._local.PosixPath",
    "pathlib._local.PurePosixPath",
    "pathlib.PurePosixPath",
    "uuid.UUID",
)

#: Tags below an object that hold data only.
_DATA_TAGS = ("py/tuple", "py/set", "py/b64", "py/b85", "py/newargs", "py/state")

#: Packages whose objects are large graphs or arrays: described, never taken apart.
_OPAQUE = frozenset(
    ("jax", "jaxlib", "keras", "numpy", "pandas", "sklearn", "tensorflow", "torch")
)

#: The most numbers of an array that are stored one by one, and the longest description.
_MOST_NUMBERS = 1_000
_LONGEST_TEXT = 1_000

#: The most bytes of JSON that one object may take.
_LARGEST_OBJECT = 100_000

#: How deep jsonpickle follows the attributes of an object.
_DEEPEST = 12


def rich(value: Any) -> Any:
    """Turn any value into what JSON expresses.

    Plain values stay themselves, numbers of arrays become plain numbers, tuples, sets,
    bytes and objects take the form of jsonpickle. This never fails: what cannot be
    stored is described in words.

    Args:
        value: Anything.

    Returns:
        A JSON-ready value, which `unrich` turns back where that is possible.
    """
    try:
        return _enrich(value)
    except RecursionError:
        return {_TEXT: f"{type(value).__name__}, nested too deeply"}


def unrich(value: Any, allowed: Mapping[str, type] = MappingProxyType({})) -> Any:
    """Turn back what `rich` made, without importing or calling anything unlisted.

    Args:
        value: A parsed JSON value out of a run folder.
        allowed: The classes that may be rebuilt, by `module.qualname`, beside a few
            standard ones.

    Returns:
        The value; what was only described stays its description.

    Raises:
        ForgeError: `untrusted-value`, before anything is rebuilt, if the value asks
            for another class or for a call.
    """
    try:
        _scan(value, {*_STANDARD, *allowed}, "$")
        return _restore(value, dict(allowed))
    except ForgeError:
        raise
    except RecursionError:
        raise _untrusted("$", "is nested too deeply") from None
    except Exception as error:
        # Damaged data, or a class that has changed: its own code ran.
        raise _untrusted("$", f"cannot be rebuilt ({error})") from error


def is_tagged(value: Any) -> bool:
    """Tell whether a stored value stands for what JSON cannot express.

    Args:
        value: A parsed JSON value out of a run folder.

    Returns:
        Whether `rich` made it of something else than plain values.
    """
    return isinstance(value, dict) and any(map(_reserved, value))


def is_described(value: Any) -> bool:
    """Tell whether a stored value is only a description of what could not be stored.

    Args:
        value: A parsed JSON value out of a run folder.

    Returns:
        Whether nothing turns it back.
    """
    return isinstance(value, dict) and list(value) == [_TEXT]


def classes_in(value: Any) -> set[str]:
    """List the classes that turning back a value would need beside standard ones.

    Args:
        value: A parsed JSON value out of a run folder.

    Returns:
        Their names, `module.qualname`, as the value gives them: nothing is imported.
    """
    found: set[str] = set()
    todo = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            asked = (node.get("py/object"), node.get("py/type"))
            found.update(name for name in asked if isinstance(name, str))
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    return found.difference(_STANDARD)


def is_of_framework(value: Any) -> bool:
    """Tell whether a value may be an array, tensor or number of a framework.

    Args:
        value: Anything.

    Returns:
        Whether `numbers_of` may turn it into plain numbers.
    """
    return _root(type(value)) in _OPAQUE or hasattr(value, "__array__")


def numbers_of(value: Any) -> Any:
    """Turn an array, tensor or number of a framework into what Python has.

    Args:
        value: Such a value, of any size.

    Returns:
        A number, or lists of them.

    Raises:
        AttributeError: It is nothing of this kind.
    """
    # Tensors of every framework have `tolist` or `numpy`; both fetch them once.
    if not hasattr(value, "tolist") and hasattr(value, "numpy"):
        value = value.numpy()
    return value.tolist()


def _enrich(value: Any) -> Any:
    """Turn one value and all below it into what JSON expresses."""
    kind = type(value)
    if kind in (bool, int, float, type(None)):
        return value
    if kind is str:
        # Read back, a bare one would be the number that JSON lacks.
        return value if not_finite(value) is None else {_TEXT: value}
    container = _CONTAINERS.get(kind)
    if container is not None:
        return container(value)
    return _enrich_object(value)


def _enrich_dict(value: dict[Any, Any]) -> Any:
    """Keep a mapping of plain names; write any other as pairs."""
    if all(type(key) is str and not _reserved(key) for key in value):
        return {key: _enrich(item) for key, item in value.items()}
    return {_PAIRS: [[_enrich(key), _enrich(item)] for key, item in value.items()]}


def _enrich_list(value: Iterable[Any]) -> Any:
    """Turn each item of a sequence."""
    return [_enrich(item) for item in value]


def _enrich_tuple(value: Iterable[Any]) -> Any:
    """Write a tuple in the form of jsonpickle."""
    return {"py/tuple": _enrich_list(value)}


def _enrich_set(value: Iterable[Any]) -> Any:
    """Write a set in the form of jsonpickle."""
    # Sorted by their text, so that equal sets are stored alike.
    return {"py/set": sorted(_enrich_list(value), key=repr)}


def _enrich_bytes(value: bytes) -> Any:
    """Write bytes in the form of jsonpickle."""
    return {"py/b64": base64.b64encode(value).decode()}


_CONTAINERS: Mapping[type, Callable[[Any], Any]] = MappingProxyType(
    {
        dict: _enrich_dict,
        list: _enrich_list,
        tuple: _enrich_tuple,
        set: _enrich_set,
        bytes: _enrich_bytes,
    }
)


def _reserved(key: str) -> bool:
    """Tell whether a key of the user's could be taken for a tag."""
    return key.startswith(("py/", "json://", "forge/"))


def _enrich_object(value: Any) -> Any:
    """Turn what is neither plain nor a plain container."""
    try:
        if is_of_framework(value):
            return _numbers(value)
        return _pickled(value)
    except Exception:  # noqa: BLE001 - the value's own code runs, and may do anything
        return _described(value)


def _root(kind: type) -> str:
    """Name the package that a class comes from."""
    return kind.__module__.partition(".")[0]


def _numbers(value: Any) -> Any:
    """Turn an array or tensor into plain numbers, if it is small."""
    # The `size` of a tensor of PyTorch is a method that gives its shape.
    size: Any = getattr(value, "numel", None) or getattr(value, "size", 1)
    if (size() if callable(size) else size) > _MOST_NUMBERS:
        return _described(value)
    plain = numbers_of(value)
    # numpy leaves alone what Python has no number for; asking again would not end.
    return _enrich(plain) if _root(type(plain)) not in _OPAQUE else _described(value)


def _pickled(value: Any) -> Any:
    """Take an object apart with jsonpickle."""
    from jsonpickle.pickler import Pickler  # noqa: PLC0415

    form = Pickler(keys=True, make_refs=False, max_depth=_DEEPEST).flatten(value)
    # Functions come out as nothing, and objects that hold arrays or models as a flood.
    if form is None or len(to_json(form)) > _LARGEST_OBJECT:
        return _described(value)
    return finite(_with_marked_texts(form))


def _with_marked_texts(form: Any) -> Any:
    """Mark the texts in the form of an object that read like a number."""
    if isinstance(form, dict):
        return {key: _with_marked_texts(item) for key, item in form.items()}
    if isinstance(form, list):
        return [_with_marked_texts(item) for item in form]
    return _enrich(form) if isinstance(form, str) else form


def _with_plain_texts(form: Any) -> Any:
    """Take marks and names of numbers away again, for jsonpickle to read."""
    if isinstance(form, list):
        return [_with_plain_texts(item) for item in form]
    if isinstance(form, dict):
        if list(form) == [_TEXT]:
            return form[_TEXT]
        return {key: _with_plain_texts(item) for key, item in form.items()}
    number = not_finite(form) if isinstance(form, str) else None
    return form if number is None else number


def _described(value: Any) -> Any:
    """Say in words what cannot be stored."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the value's own code again
        text = object.__repr__(value)
    return {_TEXT: text[:_LONGEST_TEXT]}


def _scan(node: Any, names: set[str], where: str) -> None:
    """Refuse a value that asks for more than the listed classes."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            _scan(item, names, f"{where}[{index}]")
    elif isinstance(node, dict):
        for key, item in node.items():
            _scan_key(key, item, names, where)
            _scan(item, names, f"{where}.{key}")


def _scan_key(key: str, item: Any, names: set[str], where: str) -> None:
    """Refuse one key that asks for more than the listed classes."""
    if key.startswith("json://"):
        try:
            inner = json.loads(key.removeprefix("json://"))
        except ValueError:
            raise _untrusted(where, "has a key that cannot be read") from None
        _scan(inner, names, f"{where}.<key>")
    elif key in ("py/object", "py/type"):
        if not isinstance(item, str) or item not in names:
            raise _untrusted(where, f"asks for {str(item)[:60]!r}")
    elif key == "py/reduce":
        # A call: only of a class that may be rebuilt anyway, and then as its name.
        first = item[0] if isinstance(item, list) and item else None
        if not (isinstance(first, dict) and list(first) == ["py/type"]):
            raise _untrusted(where, "asks for a call")
    elif key.startswith("py/") and key not in _DATA_TAGS:
        raise _untrusted(where, f"has the tag {key[:60]!r}")


def _untrusted(where: str, what: str) -> ForgeError:
    """Make the error for a value that is not rebuilt."""
    return ForgeError(
        "untrusted-value",
        f"a stored value {what}, at {where}.\n"
        "  Only tuples, sets, bytes, common standard types and classes of the run's own"
        " sources are rebuilt.",
        where=where,
    )


def _restore(node: Any, classes: dict[str, type]) -> Any:
    """Turn back a value that was scanned."""
    if isinstance(node, list):
        return [_restore(item, classes) for item in node]
    if not isinstance(node, dict):
        return _with_plain_texts(node)
    for tag, restore in _TAGS.items():
        if tag in node:
            return restore(node[tag], classes)
    if any(key in node for key in ("py/object", "py/type", "py/reduce")):
        return _unpickled(node, classes)
    return {key: _restore(item, classes) for key, item in node.items()}


def _restore_pairs(item: Any, classes: dict[str, type]) -> Any:
    """Turn back a mapping that was written as pairs."""
    return dict(_restore(pair, classes) for pair in item)


def _restore_bytes(item: Any, classes: dict[str, type]) -> Any:
    """Turn back bytes."""
    try:
        return base64.b64decode(item, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise _untrusted("$", "has bytes that cannot be read") from None


_TAGS: Mapping[str, Callable[[Any, dict[str, type]], Any]] = MappingProxyType(
    {
        "py/tuple": lambda item, classes: tuple(_restore(item, classes)),
        "py/set": lambda item, classes: set(_restore(item, classes)),
        "py/b64": _restore_bytes,
        _PAIRS: _restore_pairs,
        _TEXT: lambda item, classes: item,
    }
)


def _unpickled(node: dict[str, Any], classes: dict[str, type]) -> Any:
    """Rebuild one object of a scanned value with jsonpickle."""
    from jsonpickle.unpickler import Unpickler  # noqa: PLC0415

    reader = Unpickler(keys=True, safe=True, on_missing="error")
    return reader.restore(_with_plain_texts(node), classes=classes)
