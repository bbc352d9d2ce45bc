"""Keras models and optimizers: exactly what was saved, or an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

TRAIN = """
import hashlib, sys
from pathlib import Path
import keras, numpy as np, tensorflow as tf
from forge.checkpoints.manager import Checkpoints

folder, kind, seed, start, stop = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
keras.utils.set_random_seed(seed)
tf.config.experimental.enable_op_determinism()

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.4)]
        self.norm = keras.layers.BatchNormalization()
        self.out = keras.layers.Dense(2)
    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training) if "Dropout" in str(block) else block(x)
        return self.out(self.norm(x, training=training))

def sequential(*first):
    return keras.Sequential([
        *first,
        keras.layers.Dense(16, "relu"),
        keras.layers.Dropout(0.4),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(2),
    ])

for _ in range(int(sys.argv[6])):
    sequential(keras.Input((4,)))            # counters of names move on
built = lambda: sequential(keras.Input((4,)))
model = {"built": built, "lazy": sequential, "class": Net}[kind]()
optimizer = keras.optimizers.Adam(0.01)
data = np.random.RandomState(0)
x, y = data.rand(40, 8, 4).astype("float32"), data.rand(40, 8, 2).astype("float32")

def train(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    weights = model.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    return float(loss)

saved = Checkpoints(Path(folder))
step = saved.restore({"model": model, "optimizer": optimizer}) if start else 0
assert step == start, step

def digest():
    everything = [v.value.numpy() for v in (*model.variables, *optimizer.variables)]
    return hashlib.sha256(b"".join(a.tobytes() for a in everything)).hexdigest()

if start:
    print("at", step, digest())
while step < stop:
    loss = train(x[step], y[step])
    step += 1
    noise = keras.random.normal((1,))
    if step == 5:
        saved.save(step, {"model": model, "optimizer": optimizer})
        print("at", step, digest())
print("end", loss, digest(), noise.numpy())
"""


@pytest.mark.parametrize("kind", ["built", "lazy", "class"])
def test_training_that_goes_on_is_training_that_never_stopped(
    tmp_path: Path, kind: str, lines: Callable[..., list[str]]
) -> None:
    """Bit for bit, in another process, into a model that was not built there."""

    def train(seed: int, start: int, stop: int, *, made_before: int) -> list[str]:
        return lines(TRAIN, tmp_path, kind, seed, start, stop, made_before)

    whole = train(1, 0, 12, made_before=0)
    assert train(2, 5, 12, made_before=2) == whole


def dense(*units: int, size: int = 3, dtype: str | None = None) -> Any:
    """Make a model of dense layers."""
    import keras

    layers = [keras.layers.Dense(n, dtype=dtype) for n in units]
    return keras.Sequential([keras.Input((size,)), *layers])


def values(obj: Any) -> list[Any]:
    """Copy the variables of an object."""
    return [v.value.numpy() for v in obj.variables]


def unchanged(obj: Any, before: list[Any]) -> bool:
    """Say whether the variables are what they were."""
    return all(map(np.array_equal, values(obj), before))


def said(error: ForgeError, saved: Checkpoints) -> str:
    """Take the place on this machine and counters of layers out of a text."""
    import re

    text = str(error).replace(str(saved.folder), "DIR")
    return re.sub(r"(sequential|dense|adam)_\d+", r"\1", text)


def test_a_model_made_twice_in_one_process_is_restored(saved: Checkpoints) -> None:
    model = dense(4, 5)
    saved.save(1, {"model": model})
    other = dense(4, 5)
    assert [v.path for v in other.variables] != [v.path for v in model.variables]
    saved.restore({"model": other})
    assert unchanged(other, values(model))


def test_differences_are_listed_and_nothing_is_changed(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    import keras

    optimizer = keras.optimizers.Adam()
    model = dense(4, 5, 6)
    optimizer.build(model.trainable_variables)
    saved.save(7, {"model": model, "optimizer": optimizer, "history": [1]})
    other, history = dense(4, 9), [2]
    before = values(other)
    with pytest.raises(ForgeError) as e:
        saved.restore(
            {"history": history, "optimizer": optimizer, "model": other}, step=7
        )
    message("checkpoint-mismatch", said(e.value, saved))
    assert unchanged(other, before)
    assert history == [2]


def test_five_of_each_are_listed(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    saved.save(1, {"model": dense(4)})
    with pytest.raises(ForgeError) as e:
        saved.restore({"model": dense(4, 4, 4, 4, 4)})
    message("checkpoint-mismatch-many", said(e.value, saved))
    assert len(e.value.missing) == 8


def test_another_number_type_is_different(saved: Checkpoints) -> None:
    saved.save(1, {"model": dense(4)})
    with pytest.raises(ForgeError, match=r"is bfloat16\[3, 4\], saved as float32"):
        saved.restore({"model": dense(4, dtype="bfloat16")})


def test_bfloat16_comes_back(saved: Checkpoints) -> None:
    model, other = dense(4, dtype="bfloat16"), dense(4, dtype="bfloat16")
    saved.save(1, {"model": model})
    saved.restore({"model": other})
    assert unchanged(other, values(model))
    assert values(other)[0].dtype.name == "bfloat16"


def test_partial_restores_what_fits(saved: Checkpoints) -> None:
    model, other = dense(4, 5), dense(4, 6)
    saved.save(1, {"model": model})
    before = values(other)
    found = saved.restored({"model": other}, partial=True)
    assert np.array_equal(values(other)[0], values(model)[0])
    assert np.array_equal(values(other)[2], before[2])
    assert len(found.differences["model"].fitting) == 2


def test_saving_what_is_not_built_is_refused(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    import keras

    lazy = keras.Sequential([keras.layers.Dense(2), keras.layers.Dropout(0.1)])
    with pytest.raises(ForgeError) as e:
        saved.save(1, {"model": lazy, "optimizer": keras.optimizers.Adam()})
    message("checkpoint-unbuilt", str(e.value))
    assert saved.steps() == []


def test_an_object_of_another_kind_is_refused(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    saved.save(1, {"model": {"w": 1}})
    with pytest.raises(ForgeError) as e:
        saved.restore({"model": dense(4)})
    text = said(e.value, saved).replace(saved.manifest(1).objects["model"].version, "V")
    message("checkpoint-mismatch-adapter", text)


def test_a_model_that_cannot_be_built_says_why(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    import keras

    class Fussy(keras.Model):  # type: ignore[misc]
        """A model that can refuse to be built."""

        def __init__(self, *, works: bool) -> None:
            super().__init__()
            self.works = works
            self.out = keras.layers.Dense(2)

        def build_from_config(self, config: Any) -> None:
            if not self.works:
                raise RuntimeError("no more of this")
            super().build_from_config(config)

        def call(self, x: Any) -> Any:
            return self.out(x)

    model = Fussy(works=True)
    model(np.zeros((1, 3), "float32"))
    saved.save(1, {"model": model})
    saved.restore({"model": Fussy(works=True)})
    with pytest.raises(ForgeError) as e:
        saved.restore({"model": Fussy(works=False)})
    message("checkpoint-mismatch-not-buildable", said(e.value, saved))


def test_an_optimizer_alone_must_be_built(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    import keras

    model, optimizer = dense(4), keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    saved.save(1, {"model": model, "optimizer": optimizer})
    with pytest.raises(ForgeError) as e:
        saved.restore({"optimizer": keras.optimizers.Adam()})
    message("checkpoint-mismatch-unbuilt", said(e.value, saved))


def test_two_models_and_their_optimizers_find_each_other(saved: Checkpoints) -> None:
    import keras

    def pair() -> dict[str, Any]:
        return {
            "optimizer_g": keras.optimizers.Adam(),
            "generator": dense(4),
            "critic": dense(2, size=4),
            "optimizer_c": keras.optimizers.SGD(momentum=0.9),
        }

    a, b = pair(), pair()
    a["optimizer_g"].build(a["generator"].trainable_variables)
    # Only a part of the critic is trained.
    a["optimizer_c"].build(a["critic"].trainable_variables[1:])
    for name in a:
        for v in a[name].variables:
            v.assign(np.full(v.shape, 3))
    saved.save(1, a)
    saved.restore(
        {k: b[v] for k, v in zip("wxyz", b, strict=True)},
        names=dict(zip("wxyz", b, strict=True)),
    )
    for name in a:
        assert unchanged(b[name], values(a[name]))
    assert len(b["optimizer_c"].variables) == len(a["optimizer_c"].variables)


def test_a_loss_scale_optimizer_is_built_too(saved: Checkpoints) -> None:
    import keras

    def make() -> dict[str, Any]:
        inner = keras.optimizers.SGD(momentum=0.9)
        scaled = keras.mixed_precision.LossScaleOptimizer(inner)
        return {"model": dense(4), "optimizer": scaled}

    a, b = make(), make()
    a["optimizer"].build(a["model"].trainable_variables)
    for v in a["optimizer"].variables:
        v.assign(np.full(v.shape, 3))
    saved.save(1, a)
    saved.restore(b)
    assert unchanged(b["optimizer"], values(a["optimizer"]))


def test_layers_metrics_generators_and_variables_are_saved_too(
    saved: Checkpoints,
) -> None:
    import keras

    def make() -> dict[str, Any]:
        layer = keras.layers.Dense(2)
        layer.build((None, 3))
        return {
            "layer": layer,
            "metric": keras.metrics.Mean(),
            "generator": keras.random.SeedGenerator(1),
            "variable": keras.Variable(np.zeros(2)),
        }

    a, b = make(), make()
    a["metric"].update_state([1.0, 2.0])
    a["generator"].next()
    a["variable"].assign([5, 6])
    saved.save(1, a)
    saved.restore(b)
    assert float(b["metric"].result()) == 1.5
    assert np.array_equal(b["generator"].next(), a["generator"].next())
    assert b["variable"].value.numpy().tolist() == [5, 6]
    assert unchanged(b["layer"], values(a["layer"]))


def test_what_layers_learned_from_data_comes_back(saved: Checkpoints) -> None:
    import keras

    def make() -> Any:
        return [keras.layers.Normalization(), keras.layers.StringLookup()]

    (norm, lookup), (norm2, lookup2) = make(), make()
    norm.adapt(np.arange(10.0).reshape(5, 2))
    lookup.adapt(["b", "a", "b"])
    norm2.build((None, 2))
    saved.save(1, {"norm": norm, "lookup": lookup})
    saved.restore({"norm": norm2, "lookup": lookup2})
    x = np.ones((1, 2), "float32")
    assert np.array_equal(norm2(x), norm(x))
    assert lookup2.get_vocabulary() == lookup.get_vocabulary()


def test_only_what_is_built_has_state() -> None:
    import keras

    from forge.checkpoints.adapters import has_state

    assert has_state(dense(2))
    assert has_state(keras.metrics.Mean())
    assert not has_state(keras.Sequential([keras.layers.Dense(2)]))
    assert not has_state(keras.optimizers.Adam())
    assert not has_state(keras.Sequential([keras.Input((2,)), keras.layers.Flatten()]))


def test_the_manifest_names_the_versions(saved: Checkpoints) -> None:
    import keras
    import tensorflow as tf

    saved.save(1, {"model": dense(2)})
    fact = saved.manifest(1).objects["model"]
    assert fact.version == f"keras {keras.__version__}, tensorflow {tf.__version__}"
    assert fact.adapter == "keras"
