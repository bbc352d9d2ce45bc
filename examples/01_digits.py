"""Recognise handwritten digits: the tour.

One dataset of real images, which needs no download, and two models for it. Without
arguments the script trains, and leaves a record in results/train/1 (while it trains,
there is a line about the loss every ten seconds):

$ export TF_CPP_MIN_LOG_LEVEL=2
$ python 01_digits.py
train/1  results/train/1
train/1  COMPLETED in 11.2 s  accuracy 0.9778

What follows `with` changes a value. Models and dataset are changed like everything
else, and their parameters go by their short names:

$ python 01_digits.py with model=cnn filters=8,16 learning_rate=1e-2
train/2  results/train/2
train/2  COMPLETED in 14.0 s  accuracy 0.9806

A preset is a set of values. What a run would use is shown in no time:

$ python 01_digits.py print_config with tiny seed=1
  batch_size      = 32
  learning_rate   = 0.001
* steps           = 20              # preset tiny; default 2000
  save_every      = 500
* seed            = 1               # command line; default None
  dataset         = digits
    batch_size    <- batch_size
    test_fraction = 0.2
  model           = mlp
    image_shape   <- dataset entry
    n_classes     <- dataset entry
*   hidden        = (8,)            # preset tiny; default (128,)
    dropout       = 0.1

Mistakes cost nothing, and are told all at once:

$ python 01_digits.py with model=cnn hidden=64 batch=32
forge: error: hidden: model is 'cnn', which has no parameter 'hidden'; mlp has.
  Use  with model=mlp model.hidden=...   or a parameter of cnn: model.filters
forge: error: unknown parameter 'batch'. Did you mean batch_size?
  parameters: batch_size, learning_rate, steps, save_every, dataset, \
dataset.test_fraction, model, model.filters, seed

The newest run goes on from its last checkpoint, because it was killed or is to be
longer:

$ python 01_digits.py --resume with steps=2500
note: steps was 2000 in train/2, and is 2500 from now on
train/2  results/train/2  goes on after step 2000
train/2  COMPLETED in 26.9 s  accuracy 0.9806

A command uses the components and the weights of a run:

$ python 01_digits.py evaluate_on_test --from results/train/1
train/3  results/train/3  evaluate_on_test
train/3  COMPLETED in 9.2 s  result 0.9778

The record is plain files:

$ ls results/train/1
checkpoints
flags.json
metrics.jsonl
output.txt
requirements.txt
run.json
run.lock
sources
summary.json
trust.json
$ ls results/train/1/checkpoints
0000001000
0000001500
0000002000
$ head -n 1 results/train/1/metrics.jsonl
{"step":1,"time":4.0932,"loss":2.4351}

Pointing at a run is enough to have its model in Python, even when this script has
changed since or is gone:

>>> import forge
>>> exp = forge.Experiment.load("results/train/1")
>>> exp
<forge.Experiment train/1, step 2000>
>>> exp.model.count_params()
9610
>>> images, labels = exp.dataset["test"]
>>> exp.model.predict(images, verbose=0).argmax(axis=1).shape
(360,)
>>> exp.call("evaluate_on_test") == exp.record.result["accuracy"]
True

All runs at once, found by what they were given and what they reached; `forge ls` shows
the same as a table:

>>> runs = forge.runs("results")
>>> runs
<Runs: 3 (train/3, train/2, train/1)>
>>> runs.where("model == 'cnn' and learning_rate < 0.1").ids
('train/2',)
>>> runs["train/1"].metrics["loss"].steps[-1]
2000
>>> runs.to_pandas()["model"].to_dict()
{'train/3': 'mlp', 'train/2': 'cnn', 'train/1': 'mlp'}
"""

import forge


@forge.dataset
def digits(batch_size, test_fraction=0.2):
    """Load 1797 images of 8 by 8 pixels that come with scikit-learn."""
    import tensorflow as tf
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (data.images / 16).astype("float32"),
        data.target,
        test_size=test_fraction,
        stratify=data.target,
        random_state=0,  # every run is tested on the same images, whatever its seed
    )
    train = tf.data.Dataset.from_tensor_slices((x_train, y_train))
    return {
        "train": train.shuffle(len(x_train)).batch(batch_size, drop_remainder=True),
        "test": (x_test, y_test),
        "image_shape": x_train.shape[1:],
        "n_classes": 10,
    }


@forge.model
def mlp(image_shape, n_classes, hidden=(128,), dropout=0.1):
    """Hidden layers of so many units, each with dropout."""
    import keras

    model = keras.Sequential([keras.Input(image_shape), keras.layers.Flatten()])
    for units in hidden:
        model.add(keras.layers.Dense(units, activation="relu"))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(n_classes))
    return model


@forge.model
def cnn(image_shape, n_classes, filters=(16, 32)):
    """Convolutions of so many filters, each followed by pooling."""
    import keras

    model = keras.Sequential(
        [keras.Input(image_shape), keras.layers.Reshape((*image_shape, 1))]
    )
    for n in filters:
        model.add(keras.layers.Conv2D(n, 3, padding="same", activation="relu"))
        model.add(keras.layers.MaxPooling2D())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(n_classes))
    return model


def make_train_step(model, optimizer):
    """Compile one step of training."""
    import keras
    import tensorflow as tf

    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    return train_step


def evaluate(model, examples):
    """Return the share of images that the model recognises."""
    x, y = examples
    return float((model.predict(x, verbose=0).argmax(axis=-1) == y).mean())


@forge.experiment
def train(
    dataset=digits,
    model=mlp,
    batch_size=32,
    learning_rate=1e-3,
    steps=2000,
    save_every=500,
    *,
    _run: forge.Run,
):
    """Train a model on the training images and measure it on the others."""
    import keras

    optimizer = keras.optimizers.Adam(learning_rate)
    train_step = make_train_step(model, optimizer)
    _run.restore(model=model, optimizer=optimizer)  # nothing on a fresh run
    for step, (x, y) in _run.track(dataset["train"], stop=steps):
        loss = train_step(x, y)
        _run.log(loss=loss, step=step)
        if step % save_every == 0:
            _run.checkpoint(step=step, model=model, optimizer=optimizer)
    return {"accuracy": evaluate(model, dataset["test"])}


@train.preset
def tiny():
    """A few steps of a small network, to see that all is well."""
    return {"steps": 20, "model.hidden": (8,)}


@train.command
def evaluate_on_test(dataset, model):
    """Measure a model on the test images; use it with --from RUN."""
    return evaluate(model, dataset["test"])


if __name__ == "__main__":
    train.main()
