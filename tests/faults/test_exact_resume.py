"""Training that is killed twice and resumed ends bit for bit as if left alone."""

import pytest
from killed import levels


PLAIN = """
import numpy as np

class Own:
    def __init__(self, rng):
        self.rng = rng

    def __iter__(self):
        return iter(self.rng.permutation(8).tolist())

class Shuffled(Own):
    def __iter__(self):
        items = list(range(8))
        self.rng.shuffle(items)
        return iter(items)

class Global:
    def __iter__(self):
        return iter(np.random.permutation(8).tolist())

class Lazy:
    def __iter__(self):
        left = list(range(8))
        while left:
            yield left.pop(np.random.randint(len(left)))

class Counting:
    def __init__(self):
        self.n = 0

    def __iter__(self):
        self.n += 1
        return iter([self.n * 100 + i for i in range(8)])

class Stateful:
    def __init__(self):
        self.at = 0

    def __iter__(self):
        while True:
            self.at += 1
            yield self.at * 7 % 11

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]

class Entropy:
    def __iter__(self):
        return iter(np.random.default_rng().permutation(1000).tolist())

def endless(rng):
    while True:
        yield int(rng.integers(100))

@forge.dataset
def data(kind, *, _rng):
    return {
        "list": lambda: [3, 1, 4, 1, 5, 9, 2, 6],
        "array": lambda: np.arange(8),
        "own": lambda: Own(np.random.default_rng(3)),
        "handed": lambda: Own(_rng),
        "python": lambda: Shuffled(random.Random(3)),
        "generator": lambda: endless(np.random.default_rng(5)),
        "global": Global,
        "alone": Lazy,
        "stateful": Stateful,
        "lazy": Lazy,
        "counting": Counting,
        "entropy": Entropy,
    }[kind]()

@forge.model
def model():
    return {"w": np.zeros(3)}

@forge.experiment
def train(dataset=data, model=model, kind="list", die=0, *, _run: forge.Run, _rng):
    _run.restore(model=model)
    for step, x in _run.track(dataset, stop=28):
        drawn = 0 if kind == "alone" else np.random.rand() + random.random()
        model["w"] += float(x) * step + drawn + _run.rng.random() + _rng.random()
        _run.log(loss=float(model["w"][0]), step=step)
        if step % 5 == 0:
            _run.checkpoint()
        maybe_die(step, die)
"""

TORCH = """
import numpy as np, torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

class Squares(Dataset):
    def __init__(self, noisy):
        self.noisy = noisy

    def __len__(self):
        return 16

    def __getitem__(self, i):
        x = torch.tensor([float(i), float(i * i) / 100])
        return x + torch.rand(2) + float(np.random.rand()) if self.noisy else x

class Stream(IterableDataset):
    def __iter__(self):
        return iter(torch.rand(16, 2))

@forge.dataset
def data(kind):
    if kind == "stream":
        return DataLoader(Stream(), batch_size=2)
    return DataLoader(
        Squares("noisy" in kind),
        batch_size=2,
        shuffle=True,
        num_workers=2 if "workers" in kind else 0,
        generator=torch.Generator().manual_seed(3) if "own" in kind else None,
        persistent_workers="persistent" in kind,
    )

@forge.model
def model():
    return torch.nn.Sequential(
        torch.nn.Linear(2, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1)
    )

@forge.experiment
def train(dataset=data, model=model, kind="plain", die=0, *, _run: forge.Run):
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 28)
    _run.restore(model=model, optimizer=optimizer, scheduler=scheduler)
    for step, x in _run.track(dataset, stop=28):
        loss = (model(x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        _run.log(loss=loss.item(), step=step)
        if step % 5 == 0:
            _run.checkpoint()
        maybe_die(step, die)
"""

TENSORFLOW = """
import numpy as np, tensorflow as tf, keras

@forge.dataset
def data(kind):
    x = np.arange(32, dtype="float32").reshape(16, 2) / 10
    found = tf.data.Dataset.from_tensor_slices(x)
    if kind == "arrays":
        return [x[:4], x[4:8], x[8:12]]
    if kind != "straight":
        found = found.shuffle(16)
    if kind == "layers":
        found = found.shuffle(5).filter(lambda a: a[0] != 0.4)
        found = found.map(lambda a: a + 1, num_parallel_calls=2).repeat(2)
    if kind == "python":
        found = found.map(lambda a: tf.numpy_function(lambda b: b + 1, [a], tf.float32))
        found = found.map(lambda a: tf.ensure_shape(a, [2]))
    found = found.batch(2).prefetch(2)
    return found.repeat() if kind in ("endless", "straight") else found

@forge.model
def model():
    return keras.Sequential([
        keras.Input((2,)), keras.layers.Dense(4), keras.layers.Dropout(0.5),
        keras.layers.BatchNormalization(), keras.layers.Dense(1),
    ])

@forge.experiment
def train(dataset=data, model=model, kind="list", die=0, *, _run: forge.Run):
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(x):
        with tf.GradientTape() as tape:
            y = model(x, training=True)
            if kind == "legacy":
                y = y + tf.random.normal([])
            loss = tf.reduce_mean(y ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    tracked, beside = dataset, {}
    if kind == "iterator":
        tracked = iter(dataset.repeat())
        beside = {"data": tracked}
    _run.restore(model=model, optimizer=optimizer, **beside)
    for step, x in _run.track(tracked, stop=28):
        loss = train_step(tf.convert_to_tensor(x))
        if kind == "eager":
            loss = loss + tf.random.normal([])
        _run.log(loss=float(loss), step=step)
        if step % 5 == 0:
            _run.checkpoint()
        maybe_die(step, die)
"""

JAX = """
import numpy as np, jax, jax.numpy as jnp, optax

class Batches:
    def __init__(self, rng):
        self.rng = rng

    def __iter__(self):
        for i in self.rng.permutation(8):
            yield np.full((4, 2), i / 10, np.float32)

@forge.dataset
def data(*, _rng):
    return Batches(_rng)

@forge.model
def model(*, _seed):
    return {"w": jax.random.normal(jax.random.key(_seed), (2, 3)), "b": jnp.zeros(3)}

@forge.experiment
def train(dataset=data, model=model, kind="key", die=0, *, _run: forge.Run, _seed):
    optimizer = optax.adamw(0.01)
    key = jax.random.key(_seed)
    trained = {"params": model, "opt": optimizer.init(model), "key": key}

    @jax.jit
    def train_step(state, x):
        key, drawn = jax.random.split(state["key"])
        def loss_of(p):
            mask = jax.random.bernoulli(drawn, 0.5, (4, 3))
            return jnp.mean((mask * (x @ p["w"] + p["b"]) - 1) ** 2)
        loss, gradients = jax.value_and_grad(loss_of)(state["params"])
        updates, opt = optimizer.update(gradients, state["opt"], state["params"])
        params = optax.apply_updates(state["params"], updates)
        return {"params": params, "opt": opt, "key": key}, loss

    _run.restore(trained=trained)
    for step, x in _run.track(dataset, stop=28):
        new, loss = train_step(trained, x)
        trained.update(new)
        _run.log(loss=float(loss), step=step)
        if step % 5 == 0:
            _run.checkpoint()
        maybe_die(step, die)
"""

EXACT = ("same", "exact")


def test_plain_python_goes_on_exactly_or_says_why_not(tmp_path):
    exact = ["list", "array", "own", "handed", "python", "generator", "global"]
    exact += ["alone", "stateful"]
    found = levels(tmp_path, PLAIN, [*exact, "lazy", "counting", "entropy"])
    assert {kind: found.pop(kind) for kind in exact} == dict.fromkeys(exact, EXACT)
    assert found["lazy"][:2] == ("other", "state")
    assert "draw random numbers for each item" in found["lazy"][2]
    assert found["counting"][:2] == ("other", "state")
    assert "change from epoch to epoch" in found["counting"][2]
    assert found["entropy"][:2] == ("other", "state")
    assert "of the data is another one now" in found["entropy"][2]


@pytest.mark.frameworks
def test_torch_goes_on_exactly_with_and_without_workers(tmp_path):
    exact = ["plain", "noisy", "workers-noisy-own", "stream"]
    found = levels(tmp_path, TORCH, [*exact, "persistent-workers"])
    assert {kind: found.pop(kind) for kind in exact} == dict.fromkeys(exact, EXACT)
    # Workers that live on keep generators of their own.
    assert found["persistent-workers"][1] == "state"
    assert "change from epoch to epoch" in found["persistent-workers"][2]


@pytest.mark.frameworks
def test_keras_on_tensorflow_goes_on_exactly_with_any_pipeline(tmp_path):
    exact = ["arrays", "straight", "layers", "python", "endless", "eager"]
    found = levels(tmp_path, TENSORFLOW, [*exact, "legacy", "iterator"])
    assert {kind: found.pop(kind) for kind in exact} == dict.fromkeys(exact, EXACT)
    assert found["legacy"][:2] == ("other", "state")
    assert "RandomStandardNormal" in found["legacy"][2]
    assert found["iterator"][1] == "state"
    assert "give _run.track the dataset instead" in found["iterator"][2]


@pytest.mark.frameworks
def test_jax_goes_on_exactly(tmp_path):
    assert levels(tmp_path, JAX, ["key"]) == {"key": EXACT}
