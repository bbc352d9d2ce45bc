"""The small experiment of the benchmarks, written for Forge."""

import forge


@forge.dataset
def digits(batch_size, path="data", test_fraction=0.2):
    """Make the dataset."""
    return {"batch_size": batch_size, "n_classes": 10, "from": path}


@forge.model
def mlp(n_classes, hidden=(128, 64), dropout=0.1):
    """Make the model."""
    return (*hidden, n_classes, dropout)


@forge.experiment
def train(dataset=digits, model=mlp, batch_size=32, learning_rate=1e-3, steps=1000):
    """Build both parts and stop."""
    return len(model)


@train.preset
def small():
    """Make the model small."""
    return {"model.hidden": (8,)}


if __name__ == "__main__":
    train.main()
