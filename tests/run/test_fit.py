"""Keras' `fit` as part of a run."""

import signal
import sys

import pytest

import forge
from forge.records.status import Status


# Keras converts variables of TensorFlow in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")

#: 8 batches an epoch, without shuffling; `stop_at` ends the process in its own way.
SCRIPT = """
import os, signal
import keras
import numpy as np
import forge

@forge.dataset
def sums(n=64):
    x = np.random.RandomState(0).rand(n, 4).astype("float32")
    return {"x": x, "y": x.sum(1, keepdims=True)}

@forge.model
def net(hidden=8, dropout=0.25):
    return keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(hidden, "relu"),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(1),
    ])

def others(model):
    # What the second stage may train: the same, a part of it and more, another.
    more = keras.Sequential([*model.layers[:-1], keras.layers.Dense(1)])
    more.build((None, 4))
    return {"": model, "more": more, "new": keras.models.clone_model(model)}

class Stop(keras.callbacks.Callback):
    def __init__(self, at, how, place="train"):
        super().__init__()
        self.at, self.how, self.place = at, how, place
        self.seen = 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.place == "train":
            self.end(self.seen)

    def on_test_batch_end(self, batch, logs=None):
        if self.place == "test":
            self.end(self.seen)

    def end(self, seen):
        if seen == self.at:
            self.at = 0
            if self.how:
                os.kill(os.getpid(), self.how)
            else:
                raise ValueError("stopped")

@forge.experiment(goal="min val_loss", keep_best=1)
def train(dataset=sums, model=net, epochs=4, lr=0.01, per_execution=1, jit=False,
          save_every: str | int | None = "epoch", monitor: str | None = None,
          stages=1, stop_at=0, how=0, place="train", fail_after=0, other="",
          worst=False, *, _run: forge.Run):
    began = []
    for stage in range(stages):
        if stage:
            model = others(model)[other]
        optimizer = keras.optimizers.Adam(lr)
        model.compile(optimizer, "mse", metrics=["mae"],
                      steps_per_execution=per_execution, jit_compile=jit)
        callback = forge.keras_callback(_run, save_every=save_every, monitor=monitor)
        stop = Stop(stop_at if stage == stages - 1 else 0, how, place)
        callbacks = [callback, stop]
        if worst:  # to put back what was best, which here is what was worst
            callbacks.append(keras.callbacks.EarlyStopping(
                "val_loss", mode="max", restore_best_weights=True))
        history = model.fit(
            dataset["x"], dataset["y"], batch_size=8, shuffle=False, verbose=0,
            validation_data=(dataset["x"][:16], dataset["y"][:16]),
            epochs=epochs, callbacks=callbacks,
            initial_epoch=callback.initial_epoch,
        )
        began.append(history.epoch)
        if stage + 1 == fail_after:
            raise ValueError("stopped")
    return {
        "epochs": began,
        "rate": float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)),
        "weights": [w.tolist() for w in model.get_weights()],
        "val_loss": (history.history.get("val_loss") or [None])[-1],
    }

if __name__ == "__main__":
    train.main()
"""


@pytest.fixture
def train(project):
    """The experiment of the script, in this process."""
    pytest.importorskip("keras")
    return project.load(SCRIPT).train


def run(train, config=None, **options):
    return train.run({"seed": 1, **(config or {})}, quiet=True, **options)


def failing(train, **config):
    with pytest.raises(ValueError, match="stopped"):
        run(train, {"stop_at": 19, **config})


def loaded(reference):
    return [w.tolist() for w in forge.Experiment.load(reference).model.get_weights()]


@pytest.mark.frameworks
def test_epochs_and_batches_are_logged_and_saved(train, project):
    result = run(train).result
    record = project.record()
    metrics = record.metrics
    assert metrics["batch/loss"].steps == tuple(range(1, 33))
    assert metrics["loss"].steps == metrics["val_mae"].steps == (8, 16, 24, 32)
    assert metrics["epoch"].values == (1, 2, 3, 4)
    assert metrics["val_loss"].last == pytest.approx(result["val_loss"])
    assert record.checkpoints == (16, 24, 32)
    assert loaded("train/1") == result["weights"]
    measured = metrics["val_loss"]
    _, best = min(zip(measured.values, measured.steps, strict=True))
    assert forge.Experiment.load("train/1", step="best").step == best


@pytest.mark.frameworks
def test_a_run_that_failed_goes_on_with_the_next_epoch(train, project):
    whole = run(train)
    failing(train)
    again = run(train, {"stop_at": 0}, resume="train/2")
    assert again.result["epochs"] == [[2, 3]]
    assert again.number == 2
    metrics = project.record("train/2").metrics
    assert metrics["batch/loss"].steps == tuple(range(1, 33))
    # The same numbers as without the failure, Dropout's included.
    assert again.result["weights"] == whole.result["weights"]
    assert metrics["loss"].values == project.record().metrics["loss"].values
    # Once more, with nothing left to do; then for longer.
    assert run(train, resume="train/2").result["epochs"] == [[]]
    assert run(train, {"epochs": 5}, resume="train/2").result["epochs"] == [[4]]
    assert project.record("train/2").checkpoints[-1] == 40


@pytest.mark.frameworks
def test_a_learning_rate_that_is_given_again_wins(train, project, message):
    failing(train)
    again = run(train, {"stop_at": 0, "lr": 0.5}, resume="train/1")
    assert again.result["rate"] == 0.5
    (note,) = [note for note in again.notes if "rate" in note]
    message("learning-rate-given", note)
    later = run(train, {"epochs": 5}, resume="train/1")
    assert later.result["rate"] == 0.5
    assert not [note for note in later.notes if "learning rate" in note]


@pytest.mark.frameworks
@pytest.mark.parametrize(
    ("config", "saved", "steps"),
    [
        ({"save_every": 10, "per_execution": 4}, (12, 20, 32), range(4, 33, 4)),
        ({"save_every": None, "jit": True}, (32,), range(1, 33)),
    ],
    ids=["every so many steps, several at once", "at the end, compiled"],
)
def test_other_ways_to_save(train, project, config, saved, steps):
    result = run(train, config).result
    record = project.record()
    assert record.metrics["batch/loss"].steps == tuple(steps)
    assert record.checkpoints == saved
    assert loaded("train/1") == result["weights"]


@pytest.mark.frameworks
def test_several_stages_go_on_with_the_one_that_was_under_way(train, project):
    failing(train, stages=2)
    assert project.record().checkpoints == (32, 40, 48)
    again = run(train, {"stop_at": 0}, resume="train/1")
    # The first is complete; the second, with an optimizer of its own, is not.
    assert again.result["epochs"] == [[], [2, 3]]
    assert project.record().metrics["batch/loss"].steps == tuple(range(1, 65))


@pytest.mark.frameworks
def test_a_stage_that_had_not_begun_is_trained(train, project, message):
    whole = run(train, {"stages": 3, "epochs": 2})
    failing(train, stages=3, epochs=2, stop_at=0, fail_after=1)
    # More are trained then than checkpoints are kept.
    again = run(train, {"fail_after": 0}, resume="train/2")
    assert again.result["epochs"] == [[], [0, 1], [0, 1]]
    assert again.result["weights"] == whole.result["weights"]
    last = run(train, {"epochs": 3}, resume="train/2")
    assert last.result["epochs"] == [[], [], [2]]
    (note,) = [note for note in last.notes if note.startswith("what fit")]
    message("keras-part-passed-over", note)


@pytest.mark.frameworks
def test_a_stage_whose_model_is_not_saved_is_told(train, project, message):
    config = {"stages": 2, "epochs": 1, "stop_at": 0, "fail_after": 2}
    failing(train, **config, other="more")
    again = run(train, {"fail_after": 0}, resume="train/1")
    assert again.result["epochs"] == [[], []]
    (note,) = [note for note in again.notes if "other weights" in note]
    message("keras-part-partly", note)
    failing(train, **config, other="new")
    with pytest.raises(forge.ForgeError) as found:
        run(train, {"fail_after": 0}, resume="train/2")
    message("keras-part", str(found.value))


@pytest.mark.frameworks
def test_an_epoch_that_ends_where_it_is_time_to_save_is_complete(train, project):
    done = run(train, {"save_every": 8, "epochs": 2})
    record = project.record()
    assert record.checkpoints == (8, 16)
    measured = record.metrics["val_loss"]
    _, best = min(zip(measured.values, measured.steps, strict=True))
    assert forge.Experiment.load(done.dir, step="best").step == best
    longer = run(train, {"epochs": 3}, resume="train/1")
    assert longer.result["epochs"] == [[2]]


@pytest.mark.frameworks
def test_weights_that_are_put_back_at_the_end_are_saved(
    train, project, message, monkeypatch
):
    done = run(train, {"worst": True})
    assert done.result["epochs"] == [[0, 1]]
    assert project.record().checkpoints == (8, 16)
    assert loaded("train/1") == done.result["weights"]
    (note,) = done.notes
    message("keras-weights-changed", note)
    # What that epoch measured was measured with other weights.
    assert forge.Experiment.load("train/1", step="best").step == 8
    again = run(train, {"worst": False, "epochs": 3}, resume="train/1")
    assert again.result["epochs"] == [[2]]
    monkeypatch.setattr("forge.checkpoints.folder.exchange", lambda a, b: False)
    (note,) = run(train, {"worst": True}).notes
    message("keras-weights-kept", note)
    assert project.record("train/2").checkpoints == (8, 16)


@pytest.mark.frameworks
def test_a_metric_that_fit_does_not_measure_is_noted(train, message, project):
    done = run(train, {"monitor": "val_los", "epochs": 1})
    (note,) = [note for note in done.notes if "monitor" in note]
    message("keras-callback-monitor", note)
    kept = run(train, {"monitor": "val_mae", "epochs": 1})
    assert forge.Experiment.load(kept.dir, step="best:val_mae").step == 8
    with pytest.raises(forge.ForgeError):
        forge.Experiment.load(kept.dir, step="best:loss")


@pytest.mark.frameworks
def test_nothing_is_recorded_without_a_record(train, project):
    assert run(train, {"epochs": 1}, record=False).result["epochs"] == [[0]]
    assert project.runs() == []


@pytest.mark.frameworks
@pytest.mark.parametrize(
    ("place", "at", "saved"),
    [("train", 19, 20), ("train", 16, 16), ("test", 16, 16)],
)
def test_a_run_that_is_asked_to_end_is_saved(train, project, place, at, saved):
    how = int(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        run(train, {"how": how, "stop_at": at, "place": place})
    assert ended.value.code == 128 + how
    record = project.record()
    assert (record.status, record.run.reason) == (Status.INTERRUPTED, "SIGTERM")
    assert record.checkpoints[-1] == saved
    again = run(train, {"stop_at": 0}, resume="train/1")
    assert again.result["epochs"] == [[2, 3]]


@pytest.mark.frameworks
def test_a_killed_fit_goes_on(project):
    project.write(SCRIPT)
    project("with", f"how={int(signal.SIGKILL)}", "stop_at=19", expect=-signal.SIGKILL)
    assert project.record().status is Status.DEAD
    project("--resume", "with", "stop_at=0")
    record = project.record()
    assert record.result["epochs"] == [[2, 3]]
    assert record.checkpoints[-1] == 32
    assert loaded("train/1") == record.result["weights"]


OTHERS = """
import train as script

script.train.run({"seed": 1, "epochs": 3}, quiet=True)
try:
    script.train.run({"seed": 1, "epochs": 3, "stop_at": 19}, quiet=True)
except ValueError:
    pass
script.train.run({"stop_at": 0}, resume="train/2", quiet=True)
"""


@pytest.mark.frameworks
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends(project, backend):
    pytest.importorskip(backend)
    project.write(SCRIPT)
    project.write(OTHERS, "others.py")
    project(script="others.py", KERAS_BACKEND=backend)
    whole, parts = project.record("train/1"), project.record("train/2")
    assert parts.result["epochs"] == [[2]]
    assert parts.metrics["batch/loss"].steps == tuple(range(1, 25))
    assert parts.metrics["loss"].values == whole.metrics["loss"].values
    assert parts.result["weights"] == whole.result["weights"]


class Unused:
    """A run that has nothing to do."""


def test_keras_must_be_there(monkeypatch, message):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with pytest.raises(forge.ForgeError) as found:
        forge.keras_callback(Unused())
    message("keras-callback-missing", str(found.value))


@pytest.mark.parametrize("every", ["batch", 0, True, 2.5])
def test_saving_every_what(monkeypatch, message, every):
    monkeypatch.setitem(sys.modules, "keras", Unused())
    with pytest.raises(forge.ForgeError) as found:
        forge.keras_callback(Unused(), save_every=every)
    message(f"keras-callback-{every}", str(found.value))
