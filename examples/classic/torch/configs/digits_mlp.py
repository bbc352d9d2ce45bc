"""A network with one hidden layer, and the optimizer that trains it."""

import torch
from torch import nn

from forge import flags


flags.DEFINE_integer("n_hidden", 64, "How many units the hidden layer has.")
flags.DEFINE_float("learning_rate", 1e-3, "The learning rate of Adam.")


def load(config, n_pixels, n_classes, **unused):
    model = nn.Sequential(
        nn.Linear(n_pixels, config.n_hidden),
        nn.ReLU(),
        nn.Linear(config.n_hidden, n_classes),
    )
    optimizer = torch.optim.Adam(model.parameters(), config.learning_rate)
    # By these names they are saved and restored.
    return {"model": model, "optimizer": optimizer}
