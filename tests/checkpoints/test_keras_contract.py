"""Objects of Keras pass the contract of adapters."""

from collections.abc import Mapping
from typing import Any

import pytest

from forge.testing import CheckpointerContract


def subclassed() -> Any:
    """Make a model of a class of its own, built when it is first called."""
    import keras

    class Scale(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="uniform")
            super().build(shape)

        def call(self, x: Any) -> Any:
            return x * self.scale

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [keras.layers.Dense(4), Scale()]
            self.noise = keras.layers.GaussianNoise(0.1)

        def call(self, x: Any, training: bool = False) -> Any:
            for part in self.parts:
                x = part(x)
            return self.noise(x, training=training)

    return Net()


@pytest.mark.frameworks
class TestKeras(CheckpointerContract):
    adapter = "keras"
    cases = ("functional", "lazy", "subclassed", "shared", "half", "large", "others")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import keras
        from keras import layers

        keras.utils.set_random_seed(seed)
        if case == "others":
            metric = keras.metrics.MeanSquaredError()
            text = layers.TextVectorization()
            if seed == 1:
                text.adapt(["one two", "two three"])
            variable = keras.Variable([float(seed)], dtype="bfloat16")
            generator = keras.random.SeedGenerator(seed)
            return {"metric": metric, "v": variable, "g": generator, "text": text}
        if case == "subclassed":
            model = subclassed()
        elif case == "shared":
            inputs, twice = keras.Input((3,)), layers.Dense(3)
            model = keras.Model(inputs, layers.Dense(2)(twice(twice(inputs))))
        else:
            width = 2048 if case == "large" else 4
            kind = "bfloat16" if case == "half" else None
            first = [] if case == "lazy" else [keras.Input((3,))]
            model = keras.Sequential(
                [
                    *first,
                    layers.Dense(width, dtype=kind),
                    layers.Dropout(0.3),
                    layers.BatchNormalization(),
                    layers.Dense(width),
                ]
            )
        optimizer = keras.optimizers.AdamW(0.01, use_ema=True)
        return {"model": model, "optimizer": optimizer}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        import keras
        import numpy as np
        import tensorflow as tf

        if case == "others":
            objects["metric"].update_state(
                [1.0], [0.5 + float(objects["metric"].count)]
            )
            objects["v"].assign(objects["v"] * 2)
            drawn = keras.random.normal((2,), seed=objects["g"])
            words = objects["text"](["three one"]).numpy()
            told = float(objects["metric"].result()), drawn.numpy()
            return *told, words, float(objects["v"][0])
        model, optimizer = objects["model"], objects["optimizer"]
        x = np.linspace(0, 1, 12, dtype="float32").reshape(4, 3)
        with tf.GradientTape() as tape:
            out = tf.cast(model(x, training=True), "float32")
            loss = tf.reduce_mean(out**2)
        weights = model.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
        return float(loss), [tf.cast(v.value, "float32").numpy() for v in weights]

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        import keras

        if case == "others":
            return None
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7)])
        optimizer = keras.optimizers.SGD()
        optimizer.build(model.trainable_variables)
        return {"model": model, "optimizer": optimizer}
