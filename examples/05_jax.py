"""Train with JAX: Flax, Optax, and random keys that go on where they were.

The model is one of `flax.nnx`, which holds its variables, so it is restored in place as
those of other frameworks are:

$ python 05_jax.py with seed=1
train/1  results/train/1
train/1  COMPLETED in 5.3 s  accuracy 0.9500

After half as many steps and a resume the end is the same, bit for bit:

$ python 05_jax.py with seed=1 steps=200
train/2  results/train/2
train/2  COMPLETED in 4.3 s  accuracy 0.9444
$ python 05_jax.py --resume with steps=400
note: steps was 200 in train/2, and is 400 from now on
train/2  results/train/2  goes on after step 200
train/2  COMPLETED in 8.3 s  accuracy 0.9500
$ cmp results/train/[12]/checkpoints/0000000400/model/arrays.safetensors && echo same
same

In Python:

>>> import forge
>>> exp = forge.Experiment.load("results/train/2")
>>> exp.model.layers[0].kernel.shape
(64, 64)
>>> exp.call("evaluate_on_test") == exp.record.result["accuracy"]
True

Parameters that are a tree of arrays, as with `flax.linen`, Equinox or JAX alone, never
change: training makes new ones. Keep them in a dict that you bring up to date:

    train = {"params": params, "opt": optimizer.init(params), "key": key}
    _run.restore(train=train)
    for step, batch in _run.track(batches, stop=steps):
        train.update(step_of(train, batch))
        if step % save_every == 0:
            _run.checkpoint()
"""

import forge


class Batches:
    """Batches of arrays, in another order each time.

    Args:
        arrays: What to go through, of equal length.
        size: How much of it at a time.
    """

    def __init__(self, *arrays, size):
        self.arrays, self.size = arrays, size

    def __iter__(self):
        import numpy as np

        order = np.random.permutation(len(self.arrays[0]))  # noqa: NPY002
        for start in range(0, len(order) - self.size + 1, self.size):
            chosen = order[start : start + self.size]
            yield tuple(array[chosen] for array in self.arrays)


@forge.dataset
def digits(batch_size, test_fraction=0.2):
    """Load 1797 images of 8 by 8 pixels that come with scikit-learn."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (data.data / 16).astype("float32"),
        data.target,
        test_size=test_fraction,
        stratify=data.target,
        random_state=0,  # every run is tested on the same images
    )
    return {
        "train": Batches(x_train, y_train, size=batch_size),
        "test": (x_test, y_test),
        "n_in": 64,
        "n_out": 10,
    }


@forge.model
def mlp(n_in, n_out, _seed, hidden=64, dropout=0.2):
    """A hidden layer of so many units, with dropout."""
    import jax
    from flax import nnx

    rngs = nnx.Rngs(_seed)
    return nnx.Sequential(
        nnx.Linear(n_in, hidden, rngs=rngs),
        jax.nn.relu,
        nnx.Dropout(dropout, rngs=rngs),
        nnx.Linear(hidden, n_out, rngs=rngs),
    )


def evaluate(model, examples):
    """Return the share of images that the model recognises."""
    x, y = examples
    model.eval()
    right = model(x).argmax(axis=1) == y
    model.train()
    return float(right.mean())


@forge.experiment
def train(
    dataset=digits,
    model=mlp,
    batch_size=32,
    learning_rate=3e-3,
    steps=400,
    save_every=100,
    *,
    _run: forge.Run,
):
    """Train a model on the training images and measure it on the others."""
    import optax
    from flax import nnx

    optimizer = nnx.Optimizer(model, optax.adamw(learning_rate), wrt=nnx.Param)

    @nnx.jit
    def train_step(model, optimizer, x, y):
        def loss_of(model):
            losses = optax.softmax_cross_entropy_with_integer_labels
            return losses(model(x), y).mean()

        loss, gradients = nnx.value_and_grad(loss_of)(model)
        optimizer.update(model, gradients)
        return loss

    _run.restore(model=model, optimizer=optimizer)
    for step, (x, y) in _run.track(dataset["train"], stop=steps):
        loss = train_step(model, optimizer, x, y)
        _run.log(loss=loss, step=step)
        if step % save_every == 0:
            _run.checkpoint(background=True)  # what restore named
    return {"accuracy": evaluate(model, dataset["test"])}


@train.preset
def tiny():
    """A few steps of a small network, to see that all is well."""
    return {"steps": 20, "model.hidden": 8}


@train.command
def evaluate_on_test(dataset, model):
    """Measure a model on the test images; use it with --from RUN."""
    return evaluate(model, dataset["test"])


if __name__ == "__main__":
    train.main()
