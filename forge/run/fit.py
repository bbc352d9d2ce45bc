"""Training by Keras' `fit` as part of a run."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary, ref

from forge._text import did_you_mean
from forge.errors import ForgeError


if TYPE_CHECKING:
    from forge.run.lifecycle import Run

#: What a checkpoint keeps beside the model and the optimizer.
_ENTRY: Final = "fit"

_ANOTHER_MODEL: Final = (
    "the run cannot be resumed: its fit number {0} trained another model than number "
    "{1}, in which\n"
    "  its checkpoint was saved, and that holds the weights of one model only.\n"
    "  Start it anew. To be resumable, give each model a run of its own, such as each "
    "fold of a\n  cross-validation."
)
_PASSED_OVER: Final = (
    "what fit had completed is not trained again: until fit number {0} goes on, the "
    "model has the weights that it was built with"
)
_CHANGED: Final = (
    "checkpoint {0} holds the weights that the model has in the end, which are not "
    "those of its last epoch; so it has no metrics"
)
_KEPT: Final = (
    "checkpoint {0} does not hold the weights that the model has in the end, but those "
    "of its last epoch, because this file system cannot replace a folder at once; with "
    "_run.checkpoint(step={1}, model=model) after fit they are saved as well"
)
_PARTLY: Final = (
    "fit number {0} trained a model of which the checkpoint of fit number {1} holds a "
    "part: its other weights are those that it was built with"
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One call of `fit`."""

    #: How many epochs it was asked for.
    epochs: int
    #: The weights of its model, as far as they are still there.
    weights: "list[ref[Any]]"

    def kept_by(self, model: Any) -> Literal["all", "some", "none"]:
        """Tell how much of its model a checkpoint of another one holds."""
        held = {id(weight) for weight in model.weights}
        here = [weight() for weight in self.weights]
        kept = sum(w is not None and id(w) in held for w in here)
        if kept == len(here):
            return "all"
        return "some" if kept else "none"


#: The calls of `fit` that each run has begun.
_parts: "WeakKeyDictionary[Run, list[_Part]]" = WeakKeyDictionary()

#: Where each run was that is resumed. It is read once: later callbacks may be made when
#: that checkpoint is not kept any more.
_beginnings: "WeakKeyDictionary[Run, dict[str, Any]]" = WeakKeyDictionary()


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

    Each call of `fit` is a part of the run. On a resumed run the parts before the one
    that the checkpoint was saved in are passed over, and those after it begin anew.
    """

    # What Keras' class has.
    model: Any
    _model: Any
    params: Any

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
        if run not in _beginnings:
            _beginnings[run] = run._checkpoints.peek(_ENTRY) or {}  # noqa: SLF001
        saved = _beginnings[run]
        #: The call of `fit` that the checkpoint was saved in.
        self._resumed: int | None = saved.get("call")
        self._reached: int = saved.get("epoch", 0)
        #: Of each call before it, the epochs, and how much of its model is saved.
        self._earlier: list[Any] = saved.get("earlier", [])
        #: Saved with the model: which call of `fit`, and how many epochs it has done.
        self._state: dict[str, Any] = {"call": 0, "epoch": 0, "earlier": []}
        self._fits = self._trained = False
        self._before = 0
        #: How many calls of the present epoch have trained batches.
        self._calls = 0
        self._saved: int | None = None
        #: The metrics of what is to be saved before anything else is trained.
        self._due: Mapping[str, Any] | None = None
        #: The step at which the last epoch ended, and what it is judged by.
        self._measured: tuple[int, Mapping[str, Any]] = (-1, {})
        #: What the last call was about, whatever is compiled after it.
        self._left: dict[str, Any] = {}

    @property
    def initial_epoch(self) -> int:
        """The epoch that the next call of `fit` begins with.

        It is 0 on a fresh run. On a resumed one it is where the checkpoint was saved
        in the call under way then, all epochs in those before it, and 0 in those after
        it.
        """
        call = len(_parts.get(self._run, ()))
        if self._resumed is None or call > self._resumed:
            return 0
        if call < min(self._resumed, len(self._earlier)):
            return int(self._earlier[call][0])
        return self._reached

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore what a resumed run goes on from."""
        run, model = self._run, self.model
        parts = _parts.setdefault(run, [])
        call = self._state["call"] = len(parts)
        self._fits, self._trained, self._due = True, False, None
        if self._resumed is not None and call < self._resumed:
            self._pass_over(call)
        elif self._resumed is None or call == self._resumed:
            self._saved = run.restore(**self._objects()) or None
            if self._saved is not None:
                self._begin_at(self._state["epoch"])
        else:
            run._checkpoints.name(self._objects())  # noqa: SLF001 - part of the run
        self._state["earlier"] = [[p.epochs, p.kept_by(model)] for p in parts]
        parts.append(_Part(self.params["epochs"], [ref(w) for w in model.weights]))
        # A later stage may have an optimizer of its own, which counts from 0.
        self._before = max(0, run.step - int(model.optimizer.iterations))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note which epoch is under way."""
        # What follows, a second `fit` of the same model, begins where its caller says.
        self._model._initial_epoch = 0  # noqa: SLF001 - as Keras' own BackupAndRestore
        self._state["epoch"] = epoch
        self._calls = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Save what was due after a batch that may have been its epoch's last."""
        if self._due is not None:
            self._save(self._due)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any]) -> None:
        """Log a batch; see whether to save; end a run that is asked to end."""
        self._trained = True
        self._calls += 1
        run, last = self._run, self._run.step
        step = run.step = self._before + self._iterations()
        # Not after a checkpoint: a run that ends in between would have lost it.
        run.log({f"batch/{name}": value for name, value in logs.items()}, step=step)
        if isinstance(self._every, int) and step // self._every > last // self._every:
            self._due = logs if self._monitor in logs else {}
        # Where the epoch has ended with this batch it counts, as soon as that is noted.
        ends = self._ends_epoch()
        if self._due is not None and ends is False:
            self._save(self._due)
        if not ends:
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
        due = self._every == "epoch" or self._due is not None
        self._measured = run.step, self._judged(logs)
        try:
            run.log({**logs, "epoch": epoch + 1}, step=run.step)
        finally:
            # Also where it is this `log` that ends the run: with what was measured.
            if due:
                self._save(self._measured[1])
        run.between_steps()

    def on_train_end(self, logs: Any = None) -> None:
        """Save what was trained since the last checkpoint."""
        self._fits = False
        self._model._initial_epoch = 0  # noqa: SLF001
        if self._every is not None and self._trained:
            step, metrics = self._measured
            self._save(metrics if step == self._run.step else {})
        # What comes after may still put the best weights back, as EarlyStopping does.
        self._left = self._objects()
        self._run._checkpoints.at_end = self._finish  # noqa: SLF001 - part of the run

    def _finish(self) -> None:
        """Save the weights that the run ends with, where its step has others."""
        from forge.checkpoints.keras import is_saved  # noqa: PLC0415
        from forge.records.layout import RunLayout  # noqa: PLC0415

        run, step = self._run, self._saved
        if run.dir is None or step is None or step != run.last_step:
            return
        folder = RunLayout(run.dir).checkpoint(step)
        if is_saved(self._left["model"], folder / "model"):
            return
        try:
            run._checkpoints.save(  # noqa: SLF001
                step,
                self._left,
                metrics=None,
                reached=step,
                tracked=run.step,
                background=False,
                again=True,
                send=run._send,  # noqa: SLF001
            )
        except ForgeError as error:
            if error.code != "checkpoint-kept":
                raise
            run.remark(_KEPT.format(step, step + 1))
        else:
            run.remark(_CHANGED.format(step))

    def _pass_over(self, call: int) -> None:
        """Train nothing in a part of the training that had been completed."""
        kept = self._earlier[call][1] if call < len(self._earlier) else "all"
        number, under_way = call + 1, (self._resumed or 0) + 1
        if kept == "none":
            raise ForgeError("keras-part", _ANOTHER_MODEL.format(number, under_way))
        if call == 0:
            self._run.remark(_PASSED_OVER.format(under_way))
        if kept == "some":
            self._run.remark(_PARTLY.format(number, under_way))
        self._begin_at(self.params["epochs"])

    def _begin_at(self, epoch: int) -> None:
        """Have `fit` begin with an epoch, whatever its caller says."""
        self._model._initial_epoch = epoch  # noqa: SLF001 - as Keras' own

    def _objects(self) -> dict[str, Any]:
        """What a checkpoint is made of."""
        model = self.model
        return {"model": model, "optimizer": model.optimizer, _ENTRY: self._state}

    def _save(self, metrics: Mapping[str, Any]) -> None:
        """Save, unless the step is saved already."""
        step, self._due = self._run.step, None
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

    def _ends_epoch(self) -> bool | None:
        """Tell whether the epoch has no more batches; None where that is not known."""
        steps = self.params.get("steps")
        at_once = getattr(self._model, "steps_per_execution", 1)
        return None if steps is None else self._calls * at_once >= steps

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
