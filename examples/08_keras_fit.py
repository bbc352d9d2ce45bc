"""Train with Keras' own `fit`: one callback records it, saves it, and goes on with it.

Epochs and batches are logged, and each epoch ends with a checkpoint:

$ export TF_CPP_MIN_LOG_LEVEL=2
$ python 08_keras_fit.py with epochs=6
train/1  results/train/1
train/1  COMPLETED in 8.2 s  accuracy 0.9306  best val_accuracy 0.9028 at step 246

A training that was killed goes on with the epoch that was under way, and one that is
complete can be made longer. A learning rate that is given again is taken, others come
back as they were saved:

$ python 08_keras_fit.py --resume with epochs=9 learning_rate=3e-4
note: epochs was 6 in train/1, and is 9 from now on
note: learning_rate was 0.001 in train/1, and is 0.0003 from now on
train/1  results/train/1  goes on after step 246
note: optimizer: the learning rate is 0.0003, as it is given now; what was saved began \
with 0.001
train/1  COMPLETED in 19.0 s  accuracy 0.9389  best val_accuracy 0.9167 at step 287

A command judges the best epoch:

$ python 08_keras_fit.py test --from 1@best
train/2  results/train/2  test
train/2  COMPLETED in 7.7 s  result 0.9389
"""

import forge


@forge.dataset
def digits(test_fraction=0.2):
    """Load handwritten digits, which needs no download."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (data.images / 16).astype("float32"),
        data.target,
        test_size=test_fraction,
        stratify=data.target,
        random_state=0,
    )
    return {
        "train": (x_train, y_train),
        "test": (x_test, y_test),
        "image_shape": x_train.shape[1:],
        "n_classes": 10,
    }


@forge.model
def mlp(image_shape, n_classes, hidden=(128,), dropout=0.2):
    """Make a network of dense layers."""
    import keras

    layers = [keras.Input(image_shape), keras.layers.Flatten()]
    for width in hidden:
        layers += [keras.layers.Dense(width, "relu"), keras.layers.Dropout(dropout)]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes)])


@forge.experiment(goal="max val_accuracy", keep_best=1)
def train(
    dataset=digits,
    model=mlp,
    batch_size=32,
    learning_rate=1e-3,
    epochs=20,
    *,
    _run: forge.Run,
):
    """Train for some epochs."""
    import keras

    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    callback = forge.keras_callback(_run)
    model.fit(
        *dataset["train"],
        batch_size=batch_size,
        validation_split=0.1,
        epochs=epochs,
        initial_epoch=callback.initial_epoch,
        callbacks=[callback],
        verbose=0,
    )
    return {"accuracy": test(dataset, model)}


@train.command
def test(dataset, model):
    """Measure the accuracy on images that the training never saw."""
    images, labels = dataset["test"]
    right = model.predict(images, verbose=0).argmax(1) == labels
    return float(right.mean())


if __name__ == "__main__":
    train.main()
