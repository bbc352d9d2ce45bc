"""Stored code traced by JAX, and by the graphs of TensorFlow."""

import importlib
import warnings

import pytest


pytestmark = pytest.mark.frameworks

JAX = """
    import functools
    from typing import NamedTuple

    import jax
    import jax.numpy as jnp

    class Params(NamedTuple):
        w: jax.Array

    @functools.partial(jax.jit, static_argnames="power")
    def apply(params, x, power=1):
        import scaling
        return scaling.FACTOR * params.w * x**power

    gradient = jax.grad(lambda params, x: apply(params, x).sum())
    """
GRAPH = """
    import tensorflow as tf

    @tf.function
    def branching(x):
        import scaling
        if tf.reduce_sum(x) > 0:
            y = scaling.FACTOR * x
        else:
            y = -x
        for _ in tf.range(2):
            y = later(y)
        return y

    def later(x):
        from scaling import FACTOR
        return FACTOR * x

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None])])
        def __call__(self, x):
            return later(x)
    """


def two(runs, today, name, text):
    today({name: "raise SystemExit", "scaling.py": "raise SystemExit"})
    for number, factor in ((1, 2.0), (2, 3.0)):
        files = {name: text, "scaling.py": f"FACTOR = {factor}"}
        sources = runs(files, number=number)
        yield sources.import_module(name.removesuffix(".py")), factor


def test_traced_functions_import_from_the_run(runs, today):
    jnp = importlib.import_module("jax.numpy")
    for net, factor in two(runs, today, "net.py", JAX):
        params = net.Params(jnp.ones(2))
        assert net.apply(params, jnp.ones(2), power=2).tolist() == [factor] * 2
        assert type(net.gradient(params, jnp.ones(2))) is net.Params


def test_functions_that_become_graphs_import_from_the_run(runs, today):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tf = importlib.import_module("tensorflow")
        for graph, factor in two(runs, today, "graph.py", GRAPH):
            x = tf.constant([1.0])
            assert graph.branching(x).numpy().tolist() == [factor**3]
            assert graph.branching(-x).numpy().tolist() == [factor**2]
            assert graph.Module()(x).numpy().tolist() == [factor]
