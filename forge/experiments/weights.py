"""The weights of a recorded run: which checkpoint, and what it puts back."""

from collections.abc import Collection
from functools import cached_property, partial
from typing import Any

from forge.checkpoints.adapters import has_state
from forge.configuration.tree import Tree
from forge.errors import ForgeError
from forge.experiments.predecessor import checkpoints_of, run_id
from forge.records.errand import Errand
from forge.records.record import Record


class Weights:
    """One checkpoint of a run, ready to be restored into rebuilt components.

    Args:
        record: The run.
        step: The checkpoint: `latest`, a number, `best`, `best:metric`, or None for
            fresh weights.
        verify: How its files are checked: `sha256` or `size`.

    Raises:
        ForgeError: `no-checkpoint` for a step that there is not.
    """

    def __init__(
        self, record: Record, step: int | str | None, *, verify: Any = "sha256"
    ) -> None:
        self._record = record
        self._wanted = step is not None
        self._checkpoints = checkpoints_of(record, step, verify)
        if step == "latest" and self._checkpoints.steps():
            # It is hashed while the components are built.
            self._newest = Errand(partial(self._checkpoints.select, step))
        else:
            # A run without checkpoints still has its record and its datasets.
            self.step = None if step == "latest" else self._checkpoints.select(step)

    @cached_property
    def step(self) -> int | None:
        """The step; None for fresh weights.

        Raises:
            ForgeError: `checkpoint-damaged` when none of those saved is intact.
        """
        return self._newest.result()

    @property
    def session(self) -> int | None:
        """The step that tells sessions apart; where there is one, nobody waits."""
        several = any(s.resumed is not None for s in self._record.run.sessions)
        return self.step if several else None

    def restore(self, objects: dict[str, Any], paths: Collection[str]) -> None:
        """Put saved values back into rebuilt components, all of them or none.

        Args:
            objects: Components by path; one that can only be replaced is.
            paths: Those that have not been restored yet.

        Raises:
            ForgeError: `checkpoint-mismatch` and the like; no value was changed.
        """
        names = {path: entry for path in paths if (entry := self._entry(path))}
        if not names:
            return
        found = self._checkpoints.restored(
            {path: objects[path] for path in names},
            step=self.step,
            names=names,
            random_states=False,
        )
        objects.update(found.objects)

    def check(self, path: str, built: Any, tree: Tree) -> None:
        """Refuse to hand out a component whose weights were not saved.

        Args:
            path: Its slot.
            built: The component.
            tree: The tree it belongs to.

        Raises:
            ForgeError: `no-checkpoint` or `not-in-checkpoint`.
        """
        trained = tree.nodes[path].argument.kind != "dataset"
        if self._wanted and trained and not self._entry(path) and has_state(built):
            raise self._not_saved(path)

    def _entry(self, path: str) -> str | None:
        """The name under which a slot's object was saved."""
        if self.step is None:
            return None
        objects = self._checkpoints.manifest(self.step).objects
        named = (name for name, fact in objects.items() if fact.slot == path)
        return next(named, path if path in objects else None)

    def _not_saved(self, path: str) -> ForgeError:
        """Say that a component has no weights to restore."""
        if self.step is None:
            return ForgeError(
                "no-checkpoint",
                f"{run_id(self._record)} has no checkpoint, so there are no weights "
                f"for '{path}'.\n"
                f"  To have it with fresh ones: load(..., step=None).",
                path=path,
            )
        names = ", ".join(self._checkpoints.manifest(self.step).objects)
        return ForgeError(
            "not-in-checkpoint",
            f"'{path}' is not in checkpoint {self.step} of {run_id(self._record)}, "
            f"which holds {names or 'nothing'}.\n"
            f"  To have it with fresh weights: load(..., step=None).",
            path=path,
        )
