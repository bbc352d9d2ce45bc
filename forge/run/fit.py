"""Training by Keras' `fit` as part of a run."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary

from forge._text import did_you_mean
from forge.errors import ForgeError


if TYPE_CHECKING:
    from forge.run.lifecycle import Run

#: What a checkpoint keeps beside the model and the optimizer.
_ENTRY: Final = "fit"

#: How many calls of `fit` each run has begun.
_begun: "WeakKeyDictionary[Run, int]" = WeakKeyDictionary()


def keras_callback(
    _run: "Run",
    *,
    save_every: int | Literal["epoch"] | None = "epoch",
    monitor: str | None = None,
) -> Any:
    """Make the callback that lets Keras' `fit` train as part of a run.

    What `fit` measures is logged: epochs under the names that Keras gives, batches
    with `batch/` before them. A step is one update of the optimizer. Checkpoints hold
    the model, the optimizer, and the epoch; a resumed run restores them when `fit`
    begins, and goes on with the next epoch. A run that is asked to end is saved and
    ended after the present batch.

    Args:
        _run: The run.
        save_every: `epoch` saves at the end of each epoch, a number after so many
            steps; None saves at the end of the run only.
        monitor: The metric to judge checkpoints by; by default all that an epoch has.

    Returns:
        A `keras.callbacks.Callback`; its `initial_epoch` is for `fit`.

    Raises:
        ForgeError: `keras-callback` where Keras is not imported, or `save_every` is
            neither of these.
    """
    keras = sys.modules.get("keras")
    if keras is None:
        raise ForgeError(
            "keras-callback",
            "keras_callback(): Keras is not imported, so there is no `fit` to call it."
            "\n  It needs: import keras",
        )
    counts = isinstance(save_every, int) and not isinstance(save_every, bool)
    if not (save_every in ("epoch", None) or (counts and int(save_every or 0) > 0)):
        raise ForgeError(
            "keras-callback",
            f"keras_callback(save_every={save_every!r}): expected 'epoch', a number of "
            f"steps from 1, or None for the end of the run only.",
            save_every=save_every,
        )
    # Made here, because a class that is made earlier would have to import Keras.
    kind = type("KerasCallback", (FitCallback, keras.callbacks.Callback), {})
    made = kind()
    made.take_part(_run, save_every=save_every, monitor=monitor)
    return made


class FitCallback:
    """The part of the callback that is Forge's; the other is Keras' own class.

    Attributes:
        initial_epoch: The epoch to begin with: 0 on a fresh run, where the checkpoint
            was saved on a resumed one.
    """

    # What Keras' class has.
    model: Any
    _model: Any
    params: Any

    initial_epoch: int

    def take_part(
        self,
        run: "Run",
        *,
        save_every: int | Literal["epoch"] | None,
        monitor: str | None,
    ) -> None:
        """Begin to work for a run.

        Args:
            run: The run.
            save_every: When to save.
            monitor: The metric to judge checkpoints by.
        """
        self._run = run
        self._every = save_every
        self._monitor = monitor
        saved = run._checkpoints.peek(_ENTRY) or {}  # noqa: SLF001 - part of the run
        #: The call of `fit` that the checkpoint was saved in.
        self._resumed: int | None = saved.get("call")
        self.initial_epoch = saved.get("epoch", 0)
        #: Saved with the model: which call of `fit`, and how many epochs it has done.
        self._state = {"call": 0, "epoch": 0}
        self._fits = self._trained = False
        self._before = 0
        self._saved: int | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore what a resumed run goes on from."""
        run, model = self._run, self.model
        call = _begun[run] = _begun.get(run, -1) + 1
        self._state["call"] = call
        self._fits, self._trained = True, False
        if self._resumed is not None and call < self._resumed:
            # An earlier stage of the training, which had been completed.
            self._begin_at(self.params["epochs"])
        elif self._resumed is None or call == self._resumed:
            self._saved = run.restore(**self._objects()) or None
            if self._saved is not None:
                self._begin_at(self._state["epoch"])
        # A later stage may have an optimizer of its own, which counts from 0.
        self._before = max(0, run.step - int(model.optimizer.iterations))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note which epoch is under way."""
        # What follows, a second `fit` of the same model, begins where its caller says.
        self._model._initial_epoch = 0  # noqa: SLF001 - as Keras' own BackupAndRestore
        self._state["epoch"] = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any]) -> None:
        """Log a batch; save where it is time; end a run that is asked to end."""
        self._trained = True
        run, last = self._run, self._run.step
        step = run.step = self._before + self._iterations()
        # Not after a checkpoint: a run that ends in between would have lost it.
        run.log({f"batch/{name}": value for name, value in logs.items()}, step=step)
        if isinstance(self._every, int) and step // self._every > last // self._every:
            self._save(logs if self._monitor in logs else {})
        run.between_steps()

    def on_test_begin(self, logs: Any = None) -> None:
        """Note that an epoch has been trained, and is validated now."""
        if self._fits:
            self._state["epoch"] += 1
            self._fits = False

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """End a run that is asked to end while it validates."""
        self._run.between_steps()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Log an epoch; save it; end a run that is asked to end."""
        run = self._run
        self._fits = True
        self._state["epoch"] = epoch + 1
        run.step = self._before + int(self.model.optimizer.iterations)
        try:
            run.log({**logs, "epoch": epoch + 1}, step=run.step)
        finally:
            # Also where it is this `log` that ends the run: with what was measured.
            if self._every == "epoch":
                self._save(self._judged(logs))
        run.between_steps()

    def on_train_end(self, logs: Any = None) -> None:
        """Save what was trained since the last checkpoint."""
        self._fits = False
        self._model._initial_epoch = 0  # noqa: SLF001
        if self._every is not None and self._trained:
            self._save({})

    def _begin_at(self, epoch: int) -> None:
        """Have `fit` begin with an epoch, whatever its caller says."""
        self._model._initial_epoch = epoch  # noqa: SLF001 - as Keras' own

    def _objects(self) -> dict[str, Any]:
        """What a checkpoint is made of."""
        model = self.model
        return {"model": model, "optimizer": model.optimizer, _ENTRY: self._state}

    def _save(self, metrics: Mapping[str, Any]) -> None:
        """Save, unless the step is saved already."""
        step = self._run.step
        if step != self._saved:
            self._run.checkpoint(step=step, metrics=metrics, **self._objects())
            self._saved = step

    def _judged(self, logs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Choose the metrics to judge a checkpoint by."""
        if self._monitor is None or self._monitor in logs:
            return {k: v for k, v in logs.items() if self._monitor in (None, k)}
        name, self._monitor = self._monitor, None
        hint = did_you_mean(name, logs)
        self._run.remark(
            f"keras_callback(monitor='{name}'): fit measures no '{name}'.{hint} "
            f"Checkpoints are judged by what it does measure: {', '.join(logs)}"
        )
        return logs

    def _iterations(self) -> int:
        """Read how many updates the optimizer has made."""
        # With JAX the model has its variables back after an epoch only: to have them
        # after each batch would cost more than a small batch itself.
        under_way = getattr(self._model, "_jax_state", None) or {}
        optimizer = self._model.optimizer
        variables = under_way.get("optimizer_variables")
        first = optimizer.variables[0] is getattr(optimizer, "_iterations", None)
        if variables and first and not optimizer.gradient_accumulation_steps:
            return int(variables[0])
        return int(self.model.optimizer.iterations)
