"""Train with PyTorch: modules, optimizers and schedulers are saved as they are.

There is nothing to derive from and no callback; the loop is yours. `_run.restore` names
what belongs to the run, and does nothing at first:

$ python 04_pytorch.py with seed=1
train/1  results/train/1
train/1  COMPLETED in 5.1 s  accuracy 0.9722

A run that was killed, or is to be longer, goes on from its last checkpoint, here after
half as many steps. Random numbers, the order of the data, momenta and the learning rate
go on as well, so that the end is the same, bit for bit:

$ python 04_pytorch.py with seed=1 steps=150
train/2  results/train/2
train/2  COMPLETED in 4.2 s  accuracy 0.9667
$ python 04_pytorch.py --resume with steps=300
note: steps was 150 in train/2, and is 300 from now on
train/2  results/train/2  goes on after step 150
train/2  COMPLETED in 8.5 s  accuracy 0.9722
$ cmp results/train/[12]/checkpoints/0000000300/model/arrays.safetensors && echo same
same

Pointing at the run is enough to have its network:

>>> import forge
>>> exp = forge.Experiment.load("results/train/2")
>>> sum(weights.numel() for weights in exp.model.parameters())
9226
>>> exp.call("evaluate_on_test") == exp.record.result["accuracy"]
True
"""

import forge


@forge.dataset
def digits(batch_size, test_fraction=0.2):
    """Load 1797 images of 8 by 8 pixels that come with scikit-learn."""
    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from torch.utils.data import DataLoader, TensorDataset

    data = load_digits()
    x_train, x_test, y_train, y_test = map(
        torch.as_tensor,
        train_test_split(
            (data.images / 16).astype("float32"),
            data.target,
            test_size=test_fraction,
            stratify=data.target,
            random_state=0,  # every run is tested on the same images
        ),
    )
    images = TensorDataset(x_train, y_train)
    return {
        "train": DataLoader(images, batch_size, shuffle=True, drop_last=True),
        "test": (x_test, y_test),
        "n_in": 64,
        "n_out": 10,
    }


@forge.model
def mlp(n_in, n_out, hidden=(64, 64), dropout=0.2):
    """Hidden layers of so many units, each normalised and with dropout."""
    from torch import nn

    layers, width = [nn.Flatten()], n_in
    for units in hidden:
        layers += [nn.Linear(width, units), nn.BatchNorm1d(units), nn.ReLU()]
        layers, width = [*layers, nn.Dropout(dropout)], units
    return nn.Sequential(*layers, nn.Linear(width, n_out))


def evaluate(model, examples):
    """Return the share of images that the model recognises."""
    import torch

    images, labels = examples
    was_training = model.training
    model.eval()
    with torch.no_grad():
        right = model(images).argmax(dim=1) == labels
    model.train(was_training)
    return float(right.float().mean())


@forge.experiment
def train(
    dataset=digits,
    model=mlp,
    batch_size=32,
    learning_rate=3e-3,
    steps=300,
    save_every=75,
    *,
    _run: forge.Run,
):
    """Train a model on the training images and measure it on the others."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), learning_rate)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.998)
    _run.restore(model=model, optimizer=optimizer, scheduler=scheduler)
    for step, (x, y) in _run.track(dataset["train"], stop=steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        _run.log(loss=loss, step=step)
        if step % save_every == 0:
            _run.checkpoint(background=True)  # what restore named
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
