"""Train with scikit-learn: estimators are saved by skops, without pickle.

178 wines, 13 measurements of each, three growers. The estimators here learn a bit more
with each step; where one has only `fit`, call that once, and its end is saved all the
same.

$ python 06_sklearn.py with seed=1
train/1  results/train/1
train/1  COMPLETED in 2.3 s  accuracy 1
$ python 06_sklearn.py with seed=1 model=network hidden=16
train/2  results/train/2
train/2  COMPLETED in 2.4 s  accuracy 1

After half as many steps and a resume the estimator says the same of every wine:

$ python 06_sklearn.py with seed=1 steps=20
train/3  results/train/3
train/3  COMPLETED in 2.2 s  accuracy 0.9815
$ python 06_sklearn.py --resume with steps=40
note: steps was 20 in train/3, and is 40 from now on
train/3  results/train/3  goes on after step 20
train/3  COMPLETED in 4.4 s  accuracy 1

>>> import forge
>>> whole, resumed = (forge.Experiment.load(f"results/train/{n}") for n in (1, 3))
>>> x, y = whole.dataset["test"]
>>> bool((whole.model.decision_function(x) == resumed.model.decision_function(x)).all())
True
>>> resumed.call("evaluate_on_test") == resumed.record.result["accuracy"]
True
"""

import forge


@forge.dataset
def wine(test_fraction=0.3):
    """Load the wines that come with scikit-learn, brought to one scale."""
    from sklearn.datasets import load_wine
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    data = load_wine()
    x_train, x_test, y_train, y_test = train_test_split(
        data.data,
        data.target,
        test_size=test_fraction,
        stratify=data.target,
        random_state=0,  # every run is tested on the same wines
    )
    scaler = StandardScaler().fit(x_train)
    return {
        "train": (scaler.transform(x_train), y_train),
        "test": (scaler.transform(x_test), y_test),
        "classes": [0, 1, 2],
    }


@forge.model
def linear(alpha=1e-3):
    """A linear classifier."""
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(loss="log_loss", alpha=alpha)


@forge.model
def network(hidden=32, learning_rate=1e-2):
    """A network with a hidden layer."""
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier((hidden,), learning_rate_init=learning_rate)


@forge.experiment
def train(
    classes, dataset=wine, model=linear, steps=40, save_every=10, *, _run: forge.Run
):
    """Show the wines to an estimator again and again."""
    _run.restore(model=model)
    for step, (x, y) in _run.track([dataset["train"]], stop=steps):
        model.partial_fit(x, y, classes=classes)
        _run.log(accuracy=model.score(x, y), step=step)
        if step % save_every == 0:
            _run.checkpoint(step=step)
    return {"accuracy": model.score(*dataset["test"])}


@train.command
def evaluate_on_test(dataset, model):
    """Measure an estimator on the test wines; use it with --from RUN."""
    return model.score(*dataset["test"])


if __name__ == "__main__":
    train.main()
