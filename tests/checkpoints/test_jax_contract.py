"""Trees of JAX pass the contract of adapters."""

from collections.abc import Mapping
from typing import Any

import pytest

from forge.testing import CheckpointerContract


@pytest.mark.frameworks
class TestJax(CheckpointerContract):
    adapter = "jax"
    cases = ("tree", "keys", "equinox", "nnx", "types", "large", "bare")

    @staticmethod
    def make(case: str, seed: int) -> dict[str, Any]:
        import equinox as eqx
        import jax
        import jax.numpy as jnp
        import optax
        from flax import nnx

        key = jax.random.key(seed)
        if case == "nnx":
            rngs = nnx.Rngs(seed)
            layers = nnx.Linear(2, 3, rngs=rngs), nnx.Dropout(0.5, rngs=rngs)
            model = nnx.Sequential(*layers)
            optimizer = nnx.Optimizer(model, optax.adam(0.1), wrt=nnx.Param)
            return {"model": model, "optimizer": optimizer}
        if case == "keys":
            kinds = ("threefry2x32", "rbg", "unsafe_rbg")
            made = {k: jax.random.key(seed, impl=k) for k in kinds}
            many = jax.random.split(key, (2, 3))
            return {"keys": made | {"many": many, "old": jax.random.PRNGKey(seed)}}
        if case == "equinox":
            return {"mlp": eqx.nn.MLP(2, 2, 4, 2, key=key)}
        if case == "bare":
            return {"w": jax.random.normal(key, (3,))}
        if case == "types":
            kinds = ("bfloat16", "complex64", "bool", "int8", "float8_e4m3fn")
            made = {k: jax.random.normal(key, (3,)).astype(k) for k in kinds}
            return {"made": made | {"none": jnp.zeros((0, 2)), "empty": (None, {})}}
        width = 1 << 21 if case == "large" else 4
        params = {"w": jax.random.normal(key, (width,)), "layers": [jnp.zeros(2)]}
        adam = optax.chain(optax.clip(1.0), optax.adamw(0.1, nesterov=True))
        return {"train": {"params": params, "opt": adam.init(params), "step": 0}}

    @staticmethod
    def advance(case: str, objects: Mapping[str, Any]) -> Any:
        import jax
        import jax.numpy as jnp
        import optax
        from flax import nnx

        if case == "nnx":
            model, optimizer = objects["model"], objects["optimizer"]
            grads = nnx.grad(lambda m: m(jnp.ones((4, 2))).sum())(model)
            optimizer.update(model, grads)
            return model(jnp.ones((4, 2)))
        if case == "keys":
            keys = objects["keys"]
            keys["threefry2x32"] = jax.random.fold_in(keys["threefry2x32"], 1)
            drawn = {
                k: jax.random.normal(v, (2,)) for k, v in keys.items() if k != "many"
            }
            return drawn, jax.vmap(jax.random.normal)(keys["many"][0])
        if case == "equinox":
            return jax.vmap(objects["mlp"])(jnp.ones((3, 2)))
        if case == "bare":
            return objects["w"] * 2
        if case == "types":
            made = objects["made"]
            made["int8"] = made["int8"] + 1
            return dict(made)
        train = objects["train"]
        adam = optax.chain(optax.clip(1.0), optax.adamw(0.1, nesterov=True))
        grads = jax.tree.map(jnp.cos, train["params"])
        updates, train["opt"] = adam.update(grads, train["opt"], train["params"])
        train["params"] = optax.apply_updates(train["params"], updates)
        train["step"] += 1
        return train["params"], train["step"]

    @staticmethod
    def misfit(case: str) -> dict[str, Any] | None:
        import jax.numpy as jnp

        name = {"keys": "keys", "equinox": "mlp", "bare": "w", "types": "made"}
        if case == "nnx":
            return TestJax.make(case, 3) | {"model": {"w": jnp.ones(2)}}
        return {name.get(case, "train"): {"w": jnp.ones((2, 2)), "u": [jnp.ones(1)]}}
