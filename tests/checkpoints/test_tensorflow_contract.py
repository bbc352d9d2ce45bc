"""Objects of TensorFlow pass the contract of adapters."""

from collections.abc import Mapping
from typing import Any

import pytest

from forge.testing import CheckpointerContract


@pytest.mark.frameworks
class TestTensorFlow(CheckpointerContract):
    adapter = "tensorflow"
    cases = ("module", "variables", "iterator", "generator")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import tensorflow as tf

        if case == "module":
            module = tf.Module()
            module.w = tf.Variable(tf.fill((2, 3), float(seed)))
            module.layers = [
                tf.Variable(seed),
                {"half": tf.Variable([1.5], dtype="half")},
            ]
            module.again = module.w
            module.none = tf.Variable(tf.zeros((0, 3)))
            return {"module": module}
        if case == "variables":
            kinds = (tf.bfloat16, tf.complex64, tf.bool, tf.string)
            values = ([seed], [seed], [seed == 1], [str(seed)])
            made = zip(kinds, values, strict=True)
            return {
                k.name: tf.Variable(tf.cast(v, k) if k != tf.string else v)
                for k, v in made
            }
        if case == "iterator":
            data = tf.data.Dataset.range(100).shuffle(10, seed=3).batch(2).prefetch(1)
            return {"data": iter(data)}
        return {"generator": tf.random.Generator.from_seed(seed)}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        import tensorflow as tf

        if case == "module":
            module = objects["module"]
            module.w.assign_add(tf.ones((2, 3)))
            module.layers[0].assign_add(1)
            rest = module.layers[0].numpy(), module.layers[1]["half"].numpy()
            return module.w.numpy(), rest, module.none.numpy()
        if case == "variables":
            objects["bfloat16"].assign_add(tf.ones(1, tf.bfloat16))
            floats = tf.cast(objects["bfloat16"], "float32").numpy()
            return (
                floats,
                objects["complex64"].numpy(),
                objects["bool"].numpy(),
                str(objects["string"].numpy()),
            )
        if case == "iterator":
            return next(objects["data"]).numpy()
        return objects["generator"].normal((3,)).numpy()

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        import tensorflow as tf

        if case != "module":
            return None
        module = tf.Module()
        module.w = tf.Variable(tf.zeros((4,)))
        return {"module": module}
