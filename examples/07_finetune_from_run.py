"""Build on a recorded run: a parameter that takes a whole run.

A network learns to read handwritten digits:

$ python 07_finetune_from_run.py with seed=1
train/1  results/train/1
train/1  COMPLETED in 2.1 s  accuracy 0.9600

Another scanner makes faded images, and only five of each digit are labelled. From these
alone not much can be learned:

$ python 07_finetune_from_run.py with faded seed=1
train/2  results/train/2
train/2  COMPLETED in 1.1 s  accuracy 0.6274

With the weights of the first run to begin with, `base=train/1`, they are enough:

$ python 07_finetune_from_run.py with faded base=train/1 seed=1
train/3  results/train/3
train/3  COMPLETED in 1.1 s  accuracy 0.9466

`base=train/1@200` would take another checkpoint, `base=train` the newest run. What was
taken is on record, and stays the same when the run goes on:

$ python 07_finetune_from_run.py --resume train/3 with steps=120
note: steps was 100 in train/3, and is 120 from now on
train/3  results/train/3  goes on after step 100
train/3  COMPLETED in 2.3 s  accuracy 0.9455

In Python the base is loaded with the run:

>>> import forge
>>> tuned = forge.Experiment.load("train/3")
>>> tuned.config["base"], tuned.record.run.lineage["base"].step
('train/1', 300)
>>> tuned.base
<forge.Experiment train/1, step 300>
>>> images, labels = tuned.dataset["test"].tensors
>>> def accuracy(model):
...     return (model(images).argmax(1) == labels).float().mean().item()
>>> accuracy(tuned.base.model) < 0.8 < 0.9 < accuracy(tuned.model)
True
"""

import forge


@forge.dataset
def digits(batch_size, fading=0.0, examples=None):
    """Load handwritten digits, as faded as wanted and as few of each as wanted."""
    import torch
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from torch.utils.data import DataLoader, TensorDataset

    data = load_digits()
    images = (1 - fading) * torch.tensor(data.data / 16, dtype=torch.float32) + fading
    labels = torch.tensor(data.target)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=0.5, stratify=labels, random_state=0
    )
    if examples:
        chosen = [(y_train == digit).nonzero()[:examples, 0] for digit in range(10)]
        x_train, y_train = x_train[torch.cat(chosen)], y_train[torch.cat(chosen)]
    train = DataLoader(TensorDataset(x_train, y_train), batch_size, shuffle=True)
    return {"train": train, "test": TensorDataset(x_test, y_test)}


@forge.model
def mlp(hidden=64):
    """One hidden layer."""
    from torch import nn

    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))


@forge.experiment
def train(
    dataset=digits,
    model=mlp,
    base: forge.Experiment | None = None,
    batch_size=25,
    learning_rate=3e-3,
    steps=300,
    *,
    _run: forge.Run,
):
    """Train a classifier, from nothing or from the weights of another run."""
    import torch
    from torch.nn.functional import cross_entropy

    if base is not None:
        model.load_state_dict(base.model.state_dict())
    optimizer = torch.optim.Adam(model.parameters(), learning_rate)
    _run.restore(model=model, optimizer=optimizer)
    for step, (x, y) in _run.track(dataset["train"], stop=steps):
        loss = cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        _run.log(loss=loss.item(), step=step)
        if step % 100 == 0:
            _run.checkpoint()
    x, y = dataset["test"].tensors
    return {"accuracy": round((model(x).argmax(1) == y).float().mean().item(), 4)}


@train.preset
def faded():
    """Return what the other scanner makes, five labelled images of each digit."""
    return {
        "dataset.fading": 0.5,
        "dataset.examples": 5,
        "learning_rate": 1e-3,
        "steps": 100,
    }


if __name__ == "__main__":
    train.main()
