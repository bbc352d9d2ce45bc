"""The saved values of a classic run, put back into what was rebuilt."""

from typing import Any

from forge.checkpoints.manager import Checkpoints
from forge.classic.graph import is_graph_mode
from forge.classic.objects import entries_of, nothing_to_restore
from forge.classic.saved import Saved, select
from forge.classic.variables import GraphVariables, restore_tensorflow
from forge.experiments.predecessor import run_id
from forge.records.record import Record


class Restore:
    """Restores a checkpoint: `restore(session)` in a graph, else `restore()`.

    Attributes:
        step: The step that is restored.
        path: What it is restored from.

    Args:
        record: The run.
        step: The step; None for the newest.
    """

    def __init__(self, record: Record, step: int | None) -> None:
        self._record = record
        self._step = step
        # What the graph holds before is none of the run's.
        self._graph = GraphVariables() if is_graph_mode() else None
        self._data: Any = None
        self._model: Any = None

    def __repr__(self) -> str:
        return f"<restore {run_id(self._record)}@{self._step or 'newest'}>"

    @property
    def saved(self) -> Saved:
        """The checkpoint.

        Raises:
            ForgeError: `no-checkpoint`.
        """
        return select(self._record.dir, self._step, run_id(self._record))

    @property
    def step(self) -> int:
        """The step that is restored."""
        return self.saved.step

    @property
    def path(self) -> str:
        """What it is restored from."""
        return str(self.saved.path)

    def target(self, data: Any, model: Any) -> None:
        """Say what was rebuilt.

        Args:
            data: The data.
            model: The model.
        """
        self._data, self._model = data, model

    def __call__(self, session: Any = None) -> int:
        """Put the values back, all of them or none.

        Args:
            session: The session, in a graph of `tf.compat.v1`.

        Returns:
            The step.

        Raises:
            ForgeError: `no-checkpoint`, `checkpoint-mismatch`, `no-session` or
                `not-in-checkpoint`; no value was changed.
        """
        saved = self.saved
        if saved.form == "forge":
            self._restore_own(saved)
        elif saved.form == "tensorflow":
            restore_tensorflow(
                str(saved.path), self._model, self._graph, session=session
            )
        else:
            from forge.classic.statedicts import restore_file  # noqa: PLC0415

            restore_file(saved.path, self._model)
        return saved.step

    def _restore_own(self, saved: Saved) -> None:
        """Restore what `forge.current_run().checkpoint(...)` saved."""
        checkpoints = Checkpoints(self._record.layout.checkpoints)
        names = list(checkpoints.manifest(saved.step).objects)
        objects = entries_of(self._model, names) or entries_of(self._data, names)
        if not objects:
            raise nothing_to_restore(names, self._model, saved.path)
        checkpoints.restored(objects, step=saved.step, random_states=False)
