"""JAX, Flax, Equinox and Optax: the next step after a restore is the one to come."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from forge.checkpoints.adapters import adapter_for, has_state, is_replaced
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


pytestmark = pytest.mark.frameworks

TRAIN = """
import hashlib, sys
from pathlib import Path
import equinox as eqx, flax.linen as nn, jax, jax.numpy as jnp, numpy as np, optax
from flax import nnx
from flax.training.train_state import TrainState
from forge.checkpoints.manager import Checkpoints

folder, seed, start, stop = sys.argv[1], *map(int, sys.argv[2:5])
key = jax.random.key(seed)

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(8)(x))
        return nn.Dense(2)(nn.Dropout(0.3, deterministic=not train)(x))

class Other(nnx.Module):
    def __init__(self, rngs):
        sizes = ((4, 8), (8, 2))
        self.layers = nnx.List([nnx.Linear(*size, rngs=rngs) for size in sizes])
        self.norm, self.drop = nnx.BatchNorm(8, rngs=rngs), nnx.Dropout(0.3, rngs=rngs)
    def __call__(self, x):
        return self.layers[1](self.drop(self.norm(self.layers[0](x))))

net, other = Net(), Other(nnx.Rngs(seed))
adam = nnx.Optimizer(other, optax.adam(1e-2), wrt=nnx.Param)
variables = net.init(key, jnp.ones((1, 4)), train=False)
flax = TrainState.create(apply_fn=net.apply, params=variables["params"],
                         tx=optax.adamw(1e-2))
mlp = eqx.nn.MLP(4, 2, 8, 1, key=key)
sgd = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(1e-2, momentum=0.9))
state = {
    "flax": flax, "statistics": variables["batch_stats"], "key": key,
    "old": jax.random.PRNGKey(seed), "other": jax.random.key(seed, impl="rbg"),
    "mlp": mlp, "sgd": sgd.init(eqx.filter(mlp, eqx.is_array)), "empty": (None, {}),
    "half": jnp.full((3,), seed, jnp.bfloat16), "host": np.zeros(2), "epoch": 0,
}
objects = {"train": state, "other": other, "adam": adam}
saved = Checkpoints(Path(folder))
step = saved.restore(objects) if start else 0
assert step == start

@jax.jit
def train(state, x, y):
    key, dropout = jax.random.split(state["key"])
    flax = state["flax"]
    def loss(params):
        out, new = flax.apply_fn(
            {"params": params, "batch_stats": state["statistics"]}, x, train=True,
            rngs={"dropout": dropout}, mutable=["batch_stats"])
        return jnp.mean((out - y) ** 2), new["batch_stats"]
    (value, statistics), grads = jax.value_and_grad(loss, has_aux=True)(flax.params)
    return value, {"flax": flax.apply_gradients(grads=grads), "key": key,
                   "statistics": statistics}

@eqx.filter_jit
def equinox(mlp, opt, x, y):
    grads = eqx.filter_grad(lambda m: jnp.mean((jax.vmap(m)(x) - y) ** 2))(mlp)
    updates, opt = sgd.update(grads, opt)
    return eqx.apply_updates(mlp, updates), opt

@nnx.jit
def third(other, adam, x, y):
    value, grads = nnx.value_and_grad(lambda m: jnp.mean((m(x) - y) ** 2))(other)
    adam.update(other, grads)
    return value

def digest():
    leaves = jax.tree.leaves((state, nnx.state(other), nnx.state(adam)))
    data = [jax.random.key_data(v) if jax.dtypes.issubdtype(getattr(v, "dtype", int),
            jax.dtypes.prng_key) else v for v in leaves if not callable(v)]
    return hashlib.sha256(b"".join(np.asarray(v).tobytes() for v in data)).hexdigest()

if start:
    print("at", step, digest())
while step < stop:
    x = jax.random.normal(jax.random.fold_in(state["old"], step), (16, 4))
    y = jax.random.normal(jax.random.fold_in(state["other"], step), (16, 2))
    part = {k: state[k] for k in ("flax", "key", "statistics")}
    loss, new = train(part, x, y)
    mlp, opt = equinox(state["mlp"], state["sgd"], x, y)
    last = third(other, adam, x, y)
    state.update(new, mlp=mlp, sgd=opt, half=state["half"] * 2)
    state["epoch"] += 1
    state["host"] += 1
    step += 1
    if step == 4:
        saved.save(step, objects)
        print("at", step, digest())
print("end", float(loss), float(last), state["epoch"], digest())
"""


@pytest.fixture(name="jax")
def _jax() -> Any:
    import jax

    return jax


def test_training_goes_on_bit_for_bit_in_another_process(
    tmp_path: Path, lines: Callable[..., list[str]]
) -> None:
    """Flax, nnx, Equinox, Optax, BatchNorm, dropout and keys of three kinds."""
    whole = lines(TRAIN, tmp_path, 3, 0, 7)
    assert lines(TRAIN, tmp_path, 4, 4, 7) == whole


def test_trees_differ_by_path_shape_and_type(
    saved: Checkpoints, jax: Any, message: Callable[[str, str], None]
) -> None:
    jnp = jax.numpy
    saved.save(
        1,
        {
            "params": {
                "dense_1": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)},
                "dense_2": {"kernel": jnp.ones((3, 1))},
                "key": jax.random.key(1),
                "count": 3,
            }
        },
    )
    params = {
        "dense_1": {
            "kernel": jnp.zeros((2, 4)),
            "bias": jnp.zeros(3, jnp.bfloat16),
        },
        "dense_3": {"kernel": jnp.zeros((3, 1))},
        "key": jax.random.key(1, impl="rbg"),
        "count": 0.5,
    }
    with pytest.raises(ForgeError) as found:
        saved.restore({"params": params})
    text = str(found.value).replace(str(saved.folder), "DIR")
    message("checkpoint-mismatch-jax", text)
    assert not params["dense_1"]["kernel"].any()
    report = saved.restored({"params": params | {"count": 0}}, partial=True)
    assert report.differences["params"].fitting == ("count",)


def test_a_tree_that_cannot_change_is_replaced_or_refused(
    saved: Checkpoints, jax: Any, message: Callable[[str, str], None]
) -> None:
    params = (jax.numpy.ones(2), [jax.numpy.zeros(3)])
    assert is_replaced(params)
    assert not is_replaced({"params": params})
    saved.save(1, {"params": params})
    fresh = (jax.numpy.zeros(2), [jax.numpy.ones(3)])
    found = saved.restored({"params": fresh}).objects["params"]
    assert found[0].all()
    assert not found[1][0].any()
    with pytest.raises(ForgeError) as refused:
        saved.check_objects({"params": fresh})
    message("checkpoint-type-replaced", str(refused.value))


def test_arrays_come_back_on_the_devices_they_were_on(tmp_path: Path) -> None:
    code = """
import os, sys
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
import jax, jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from pathlib import Path
from forge.checkpoints.manager import Checkpoints

over = NamedSharding(Mesh(jax.devices(), ("x",)), P("x"))
saved = Checkpoints(Path(sys.argv[1]))
saved.save(1, {"train": {"w": jax.device_put(jnp.arange(8.0), over)}})
state = {"w": jax.device_put(jnp.zeros(8), over)}
alone = {"w": jax.device_put(jnp.zeros(8), jax.devices()[2])}
free = {"w": jnp.zeros(8)}
for one in (state, alone, free):
    saved.restore({"train": one})
    assert (one["w"] == jnp.arange(8)).all()
assert state["w"].sharding == over
assert alone["w"].devices() == {jax.devices()[2]}
free["w"] + alone["w"]  # what is on no device in particular goes with everything
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["bfloat16", "float8_e4m3fn", "int4", "complex64", "bool", "uint16"]
)
def test_arrays_of_every_type_come_back(
    saved: Checkpoints, jax: Any, name: str
) -> None:
    jnp = jax.numpy
    dtype = jnp.dtype(getattr(ml_dtypes, name, name))
    made = {
        "many": jnp.asarray(np.array([[0, 1], [1, 0]]).astype(dtype)),
        "one": jnp.asarray(np.array(1).astype(dtype)),
        "none": jnp.zeros((0, 2), dtype),
    }
    saved.save(1, {"made": made})
    found = jax.tree.map(jnp.zeros_like, made)
    saved.restore({"made": found})
    for key, value in made.items():
        assert found[key].dtype == dtype
        assert np.asarray(found[key]).tobytes() == np.asarray(value).tobytes()


def test_a_number_that_is_weakly_typed_stays_so(saved: Checkpoints, jax: Any) -> None:
    saved.save(1, {"train": {"scale": jax.numpy.asarray(2.0)}})
    state = {"scale": jax.numpy.asarray(0.0)}
    saved.restore({"train": state})
    assert state["scale"].weak_type
    assert state["scale"] == 2


def test_a_counter_is_a_number_before_the_first_step_and_an_array_then(
    saved: Checkpoints, jax: Any
) -> None:
    """As in a fresh state of Flax, which a resumed run restores into."""
    array = jax.numpy.asarray(5, "int32")
    saved.save(1, {"train": {"step": array, "w": array, "rate": 0.5}})
    fresh = {"step": 0, "w": jax.numpy.zeros((), "int32"), "rate": 0.0}
    saved.restore({"train": fresh})
    assert fresh["step"].dtype == "int32"
    assert (fresh["step"], fresh["rate"]) == (5, 0.5)
    saved.save(2, {"train": {"step": 7, "w": array, "rate": 0.5}})
    saved.restore({"train": fresh}, step=2)
    assert fresh["step"].dtype == "int32"
    assert fresh["step"] == 7
    with pytest.raises(ForgeError, match=r"w is float\[\], saved as int32\[\]"):
        saved.restore({"train": fresh | {"w": 0.0}})


def test_paths_that_read_alike_stay_apart(saved: Checkpoints, jax: Any) -> None:
    one, two = jax.numpy.ones(1), jax.numpy.zeros(1)
    saved.save(1, {"train": {"a/b": one, "a": {"b": two}}})
    state = {"a/b": two, "a": {"b": one}}
    saved.restore({"train": state})
    assert (state["a/b"][0], state["a"]["b"][0]) == (1, 0)


def test_inside_jit_nothing_is_saved(saved: Checkpoints, jax: Any) -> None:
    @jax.jit
    def train(w: Any) -> Any:
        saved.save(1, {"train": {"w": w}})
        return w

    with pytest.raises(ForgeError, match=r"leaves/w has no values inside jit"):
        train(jax.numpy.ones(2))


def test_a_leaf_of_a_user_is_refused_with_its_path(
    saved: Checkpoints, jax: Any
) -> None:
    with pytest.raises(ForgeError, match=r"leaves/a/0 is a builtins\.object"):
        saved.save(1, {"train": {"a": [object()], "w": jax.numpy.ones(1)}})


def test_arrays_inside_an_object_of_a_user_come_back(
    saved: Checkpoints, jax: Any
) -> None:
    class Average:
        def __init__(self) -> None:
            self.state = {"mean": jax.numpy.zeros(2), "key": jax.random.key(0)}

        def state_dict(self) -> dict[str, Any]:
            return self.state

        def load_state_dict(self, state: dict[str, Any]) -> None:
            self.state = state

    average = Average()
    average.state = {"mean": jax.numpy.ones(2), "key": jax.random.key(7)}
    saved.save(1, {"average": average})
    other = Average()
    saved.restore({"average": other})
    assert other.state["mean"].all()
    assert jax.random.key_data(other.state["key"])[1] == 7


def test_what_is_of_nobody_else_is_a_tree(jax: Any) -> None:
    from flax import nnx

    array = jax.numpy.ones(1)
    assert adapter_for({"a": (1, [array])}).name == "jax"
    assert adapter_for(nnx.Rngs(0)).name == "jax"
    assert adapter_for({"a": 1}).name == "plain"
    assert adapter_for({"a": array, 1: 2}).name == "plain"
    assert has_state(nnx.Linear(1, 1, rngs=nnx.Rngs(0)))
    assert not has_state(nnx.List([]))


def test_a_snapshot_that_is_copied_survives_donation(jax: Any) -> None:
    array = jax.numpy.ones(1 << 12)
    _, copied = adapter_for({"a": array}).snapshot({"a": array}, copy=True)
    jax.jit(lambda x: x * 0, donate_argnums=0)(array).block_until_ready()
    assert copied["leaves/a"].fetch().all()
