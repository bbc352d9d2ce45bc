"""Keras models, layers, optimizers, metrics and random generators, on any backend."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from forge.checkpoints.adapter import TreeAdapter, holding
from forge.checkpoints.arrays import NATIVE, Array
from forge.checkpoints.assets import load_assets, save_assets
from forge.checkpoints.base import Prepared, Refused, Stored
from forge.checkpoints.difference import Difference, Variable, match
from forge.checkpoints.tree import flatten, read_tree, unflatten
from forge.errors import ForgeError


#: The learning rates that optimizers were made with.
_given: "WeakKeyDictionary[Any, float]" = WeakKeyDictionary()


class KerasCheckpointer(TreeAdapter):
    """Saves all `variables` of an object in order, never only its weights.

    Weights leave out the state of Dropout's random generator and the statistics of
    metrics, and training that goes on from them is not the training that stopped.
    """

    name = "keras"

    def version(self) -> str:
        """Name the versions of Keras and of the backend it runs on.

        Returns:
            Such as `keras 3.9.0, tensorflow 2.19.0`.
        """
        keras = sys.modules["keras"]
        backend = keras.backend.backend()
        behind = getattr(sys.modules.get(backend), "__version__", "")
        return f"keras {keras.__version__}, {backend} {behind}".strip()

    def matches(self, obj: Any) -> bool:
        """Say whether the object is one of Keras.

        Args:
            obj: Any object.

        Returns:
            Whether it holds variables of Keras.
        """
        keras = sys.modules.get("keras")
        return keras is not None and isinstance(
            obj,
            (
                keras.layers.Layer,
                keras.optimizers.Optimizer,
                keras.metrics.Metric,
                keras.random.SeedGenerator,
                keras.Variable,
            ),
        )

    def has_state(self, obj: Any) -> bool:
        """Say whether the object is built and holds anything.

        Args:
            obj: An object of Keras.

        Returns:
            Whether saving it would save something.
        """
        return self.built(obj) and bool(_variables(obj) or any(_asset_layers(obj)))

    def built(self, obj: Any) -> bool:
        """Say whether the object has made its variables.

        Args:
            obj: An object of Keras.

        Returns:
            False for a model that has seen no input shape, an unused optimizer.
        """
        if _is(obj, "optimizers.Optimizer"):
            # A loss-scale optimizer never says so itself, only of the one inside.
            return bool(obj.built or _inner_built(obj))
        if _is(obj, "layers.Layer"):
            # A vocabulary can be adapted without the layer being built.
            return bool(obj.built or _keeps_assets(obj))
        return True

    def notice(self, obj: Any) -> None:
        """Remember the learning rate that an optimizer was made with.

        Args:
            obj: An object of Keras that was not restored yet.
        """
        rate = _rate(obj)
        if rate is not None:
            _given.setdefault(obj, float(to_numpy(rate)))

    def facts(
        self, obj: Any, snapshot: Any, others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Record what is needed to build the object before its values are put back.

        Args:
            obj: An object of Keras that is built.
            snapshot: What `snapshot` returned.
            others: Every object of the same checkpoint by name.

        Returns:
            For a layer its build shapes; for an optimizer which variables of which
            other object it trains.
        """
        if _is(obj, "optimizers.Optimizer"):
            given = {"learning_rate": _given[obj]} if obj in _given else {}
            return _trained_by(obj, others) | given
        if not _is(obj, "layers.Layer"):
            return {}
        try:
            structure, arrays = flatten(obj.get_build_config())
        except Exception:  # noqa: BLE001 - user code; without it, build by hand
            return {}
        return {} if arrays or structure is None else {"build": structure}

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Take every variable; those that need not be copied are fetched in writing.

        Args:
            obj: An object of Keras.
            copy: Whether to copy them to the host now.

        Returns:
            Paths and values, and the vocabularies that no variable holds, taken apart.

        Raises:
            Refused: When the object is not built.
        """
        if not self.built(obj):
            raise Refused(
                f"its {type(obj).__name__} is not built, so it has no variables yet",
                _how_to_build(obj),
                "checkpoint-unbuilt",
            )
        found: dict[str, Any] = {
            "variables": [
                {"path": v.path, "value": _value(v, copy=copy)} for v in _variables(obj)
            ]
        }
        assets = [save_assets(layer) for layer in _asset_layers(obj)]
        # What is fetched is a copy already.
        return flatten(found | ({"assets": assets} if assets else {}))

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Build the object if need be, and match its variables with the stored ones.

        Args:
            obj: An object of Keras.
            stored: The entry.

        Returns:
            The difference, and how to assign the values that fit.
        """
        self.notice(obj)
        kept = _given_anew(obj, stored.facts)
        tree = read_tree(stored.folder)
        with holding("the variables of a Keras object"):
            entries, assets = tree["variables"], tree.get("assets", [])
            saved = [_described(x["path"], x["value"]) for x in entries]
        remedy = "" if self.built(obj) else self._build(obj, stored)
        variables, layers = _variables(obj), list(_asset_layers(obj))
        found = match(saved, [_described(v.path, v) for v in variables])
        difference = _with_assets(found.difference, assets, layers, remedy)

        def apply() -> Any:
            for i, j in found.pairs:
                if kept is None or variables[j] is not kept:
                    variables[j].assign(entries[i]["value"])
            for layer, files in zip(layers, assets, strict=False):
                load_assets(layer, files)
            for layer in _layers(obj):
                # Normalization computes with constants made from its variables.
                if _is(layer, "layers.Normalization"):
                    layer.finalize_state()
            return obj

        note = "" if kept is None else _note(obj, stored.facts)
        return Prepared(difference, apply, note=note)

    def _build(self, obj: Any, stored: Stored) -> str:
        """Make the variables as they were; return what to do if that fails."""
        try:
            if _is(obj, "optimizers.Optimizer"):
                return self._build_optimizer(obj, stored)
            _build_layer(obj, stored.facts)
        except Exception as e:  # noqa: BLE001 - whatever the user's build raises
            reason = f"{type(e).__name__}: {e}".splitlines()[0]
            return f"Building it failed with {reason}. {_how_to_build(obj)}"
        # Asked of the variables: some models stay "not built" although they are.
        return "" if self.built(obj) or obj.weights else _how_to_build(obj)

    def _build_optimizer(self, obj: Any, stored: Stored) -> str:
        """Give an optimizer the variables it trained; return what is lacking."""
        wanted = stored.facts.get("trains", [])
        absent = sorted({name for name, _ in wanted} - set(stored.together))
        if absent or not wanted:
            with_it = f" Or restore {absent[0]} with it." if absent else ""
            return _how_to_build(obj) + with_it
        variables: dict[str, list[Any]] = {}
        for name in {name for name, _ in wanted}:
            other, facts = stored.together[name]
            if not self.built(other):
                _build_layer(other, facts)
            variables[name] = _variables(other)
        obj.build([variables[name][i] for name, i in wanted])
        return ""


def is_saved(model: Any, folder: Path) -> bool:
    """Say whether a checkpoint holds the very weights that a model has.

    Args:
        model: A model that is built.
        folder: The folder of its entry.

    Returns:
        Whether each of them is the same; false where the folder cannot be read.
    """
    try:
        entries = read_tree(folder)["variables"]
        saved = [_described(x["path"], x["value"]) for x in entries]
    except (ForgeError, KeyError, TypeError, AttributeError):
        return False
    variables = _variables(model)
    found = match(saved, [_described(v.path, v) for v in variables])
    values = {j: entries[i]["value"] for i, j in found.pairs}
    # Not the metrics, which begin again whenever something is evaluated.
    weights = {id(weight) for weight in model.weights}
    return all(
        j in values and to_numpy(v).tobytes() == values[j].tobytes()
        for j, v in enumerate(variables)
        if id(v) in weights
    )


def _rate(obj: Any) -> Any:
    """The variable of an optimizer's learning rate; None where a schedule gives it."""
    if not _is(obj, "optimizers.Optimizer"):
        return None
    inner = getattr(obj, "inner_optimizer", obj)
    rate = getattr(inner, "_learning_rate", None)
    return rate if _is(rate, "Variable") else None


def _given_anew(obj: Any, facts: Mapping[str, Any]) -> Any:
    """The learning rate that is not restored, because another one is given now."""
    rate, before = _rate(obj), facts.get("learning_rate")
    if rate is None or before is None:
        return None
    return None if _given[obj] == before else rate


def _note(obj: Any, facts: Mapping[str, Any]) -> str:
    """Say which learning rate an optimizer has, and why."""
    return (
        f"the learning rate is {_given[obj]:g}, as it is given now; what was saved "
        f"began with {facts['learning_rate']:g}"
    )


def _is(obj: Any, kind: str) -> bool:
    """Say whether an object is of a class of Keras, given as `layers.Layer`."""
    found = sys.modules["keras"]
    for part in kind.split("."):
        found = getattr(found, part)
    return isinstance(obj, found)  # type: ignore[arg-type]


def _inner_built(optimizer: Any) -> bool:
    """Say whether the optimizer inside a wrapping one is built."""
    return bool(getattr(getattr(optimizer, "inner_optimizer", None), "built", False))


def _variables(obj: Any) -> list[Any]:
    """List the variables of any object of Keras, in its order."""
    if _is(obj, "Variable"):
        return [obj]
    return [obj.state] if _is(obj, "random.SeedGenerator") else list(obj.variables)


def _layers(obj: Any) -> Iterator[Any]:
    """Walk over a layer and all layers inside it, as Keras does itself."""
    walk = getattr(obj, "_flatten_layers", None)
    return iter(walk()) if walk else iter(())


def _asset_layers(obj: Any) -> Iterator[Any]:
    """Find the layers, this one included, that keep state in files."""
    return filter(_keeps_assets, _layers(obj))


def _keeps_assets(layer: Any) -> bool:
    """Say whether a layer keeps state in files, such as an adapted vocabulary."""
    given = getattr(layer, "input_vocabulary", None) is not None
    return hasattr(layer, "save_assets") and not given


def _value(variable: Any, *, copy: bool) -> Any:
    """Give a variable's value to a tree, copied now or fetched when it is written."""
    facts = _described(variable.path, variable)
    if copy or facts.dtype not in NATIVE.values():
        return to_numpy(variable)
    return Array(facts.dtype, facts.shape, lambda: _viewed(variable))


def _viewed(variable: Any) -> Any:
    """Look at a variable's value; where it is on the host, nothing is copied."""
    import numpy as np

    keras, value = sys.modules["keras"], variable.value
    if keras.backend.backend() == "tensorflow":
        return np.ascontiguousarray(value.read_value())
    return np.ascontiguousarray(keras.ops.convert_to_numpy(value))


def to_numpy(variable: Any) -> Any:
    """Copy a variable to the host's memory.

    Args:
        variable: A variable of Keras.

    Returns:
        An array of its own: on a CPU some backends hand out the memory they train in.
    """
    import numpy as np

    keras, value = sys.modules["keras"], variable.value
    # Keras converts variables of TensorFlow in a way that NumPy 2 warns of.
    if keras.backend.backend() == "tensorflow":
        return np.array(value.numpy(), copy=True)
    return np.array(keras.ops.convert_to_numpy(value), copy=True)


def _described(path: str, value: Any) -> Variable:
    """Describe a variable or a stored array."""
    dtype = getattr(value.dtype, "name", value.dtype)
    return Variable(path, tuple(int(n) for n in value.shape), str(dtype))


def _trained_by(optimizer: Any, others: Mapping[str, Any]) -> dict[str, Any]:
    """Find the variables an optimizer trains among those of the other objects."""
    places: dict[int, tuple[str, int]] = {}
    for name, other in others.items():
        if other is not optimizer and _is(other, "layers.Layer"):
            for i, v in enumerate(_variables(other)):
                places.setdefault(id(v), (name, i))
    trained = getattr(optimizer, "_trainable_variables", None) or ()
    found = [places.get(id(v)) for v in trained]
    return {} if None in found or not found else {"trains": found}


def _build_layer(obj: Any, facts: Mapping[str, Any]) -> None:
    """Build a layer for the shapes it was built for when it was saved."""
    if "build" in facts:
        with warnings.catch_warnings():
            # Keras warns where it cannot build; the comparison says it better.
            warnings.simplefilter("ignore")
            obj.build_from_config(unflatten(facts["build"], {}))


def _how_to_build(obj: Any) -> str:
    """Say how a user builds an object."""
    if _is(obj, "optimizers.Optimizer"):
        return "Build it first: optimizer.build(model.trainable_variables)."
    return "Build it first: call it once on a batch, or model.build(input_shape)."


def _with_assets(
    found: Difference, assets: Sequence[Any], layers: Sequence[Any], remedy: str
) -> Difference:
    """Add vocabularies that only one side has to a difference."""
    more = tuple(f"vocabulary of {x.name}" for x in layers[len(assets) :])
    left = tuple(f"vocabulary {i}" for i in range(len(layers), len(assets)))
    return Difference(
        fitting=found.fitting,
        missing=found.missing + more,
        unexpected=found.unexpected + left,
        different=found.different,
        remedy=remedy,
    )
