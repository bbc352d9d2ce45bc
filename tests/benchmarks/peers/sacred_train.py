"""The small experiment of the benchmarks, written for Sacred 0.8.7."""

from sacred import Experiment, Ingredient
from sacred.observers import FileStorageObserver


dataset = Ingredient("dataset")
model = Ingredient("model")
train = Experiment("train", ingredients=[dataset, model])
train.observers.append(FileStorageObserver("results"))


@dataset.config
def digits_parameters():
    """Parameters of the dataset."""
    path = "data"
    test_fraction = 0.2


@dataset.capture
def digits(batch_size, path, test_fraction):
    """Make the dataset."""
    return {"batch_size": batch_size, "n_classes": 10, "from": path}


@model.config
def mlp_parameters():
    """Parameters of the model."""
    hidden = (128, 64)
    dropout = 0.1


@model.named_config
def small():
    """Make the model small."""
    hidden = (8,)


@model.capture
def mlp(n_classes, hidden, dropout):
    """Make the model."""
    return (*hidden, n_classes, dropout)


@train.config
def parameters():
    """Parameters of the experiment."""
    batch_size = 32
    learning_rate = 1e-3
    steps = 1000


@train.main
def main(batch_size):
    """Build both parts and stop."""
    data = digits(batch_size)
    return len(mlp(data["n_classes"]))


if __name__ == "__main__":
    train.run_commandline()
