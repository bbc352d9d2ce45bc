"""Handwritten digits: tensors to train with, and tensors to test with."""

import torch
from sklearn.datasets import load_digits

from forge import flags


flags.DEFINE_float("test_fraction", 0.2, "The part that is kept to test with.")


def load(config, **unused):
    images, labels = load_digits(return_X_y=True)
    images = torch.tensor(images / 16, dtype=torch.float32)
    labels = torch.tensor(labels)
    n_test = round(len(images) * config.test_fraction)
    return {
        "train": torch.utils.data.TensorDataset(images[n_test:], labels[n_test:]),
        "test": (images[:n_test], labels[:n_test]),
        "n_pixels": images.shape[1],
        "n_classes": 10,
    }
