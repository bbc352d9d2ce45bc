"""Handwritten digits: minibatches to train with, and a part to test with."""

import numpy as np
from sklearn.datasets import load_digits

import forge
from forge import flags


flags.DEFINE_integer("batch_size", 32, "How many images a minibatch has.")
flags.DEFINE_float("test_fraction", 0.2, "The part that is kept to test with.")


def load(config, **unused):
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32)
    n_test = round(len(images) * config.test_fraction)
    train = {"images": images[n_test:], "labels": labels[n_test:]}
    # Tensors of a graph: another minibatch each time a session runs them.
    train = forge.tensors_from_data(train, config.batch_size, shuffle=True)
    return {
        "train": train,
        "test": {"images": images[:n_test], "labels": labels[:n_test]},
        "n_classes": 10,
    }
