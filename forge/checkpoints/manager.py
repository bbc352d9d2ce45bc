"""The checkpoints of one run: saved whole, listed, checked, restored, pruned."""

import logging
import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from forge.checkpoints.adapters import notice
from forge.checkpoints.background import Background
from forge.checkpoints.folder import StepFolders
from forge.checkpoints.inventory import Inventory
from forge.checkpoints.manifest import Manifest
from forge.checkpoints.reading import restore_newest, restore_step
from forge.checkpoints.restoring import How, Restored, never_restored
from forge.checkpoints.retention import Retention
from forge.checkpoints.tree import read_tree
from forge.checkpoints.writing import STATE, Snapshot, bad_names, commit, take
from forge.errors import ForgeError, together


_log = logging.getLogger("forge.checkpoints")


def _ignore(*_: object) -> None:
    """Take no notice."""


class Checkpoints:
    """Saves and restores objects of any kind, one folder a step.

    A checkpoint appears complete or not at all, whenever the process is killed and
    whenever the power fails. There is no pointer to the latest: it is the highest
    step whose files are what was written.

    Args:
        folder: The folder of the checkpoints; made when the first one is saved.
        keep_last: How many of the newest to keep; None keeps all.
        keep_best: How many of the best to keep.
        best_metric: The metric that says which is best.
        best_mode: Whether the largest or the smallest is best.
        keep_every: Keep every step divisible by this, or one for each such time.
        verify: `sha256`, or `size` where hashing takes too long.
        checked: What was found intact by another object for the same folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_last: int | None = 3,
        keep_best: int = 0,
        best_metric: str | None = None,
        best_mode: Literal["max", "min"] = "max",
        keep_every: int | timedelta | None = None,
        verify: Literal["sha256", "size"] = "sha256",
        checked: Mapping[int, tuple[object, ...]] | None = None,
    ) -> None:
        self.folder = folder
        self.retention = Retention(
            keep_last=keep_last,
            keep_best=keep_best,
            best_metric=best_metric,
            best_mode=best_mode,
            keep_every=keep_every,
        )
        #: Told, by another thread, that `check` has something to raise.
        self.on_failure: Callable[[], None] = _ignore
        self._background = Background()
        self._pending: set[int] = set()
        # Whether each step was above the one before, as far as anybody has been told.
        self._rises = True
        self._folders = StepFolders(folder)
        self._inventory = Inventory(
            self._folders, verify, best_metric, best_mode, dict(checked or {})
        )

    @property
    def checked(self) -> Mapping[int, tuple[object, ...]]:
        """What was found intact, by step; as long as no file has changed since."""
        return self._inventory.checked

    def save(
        self,
        step: int,
        objects: Mapping[str, Any],
        *,
        metrics: Mapping[str, Any] | None = None,
        slots: Mapping[str, str] | None = None,
        state: Mapping[str, Any] | None = None,
        background: bool = False,
        pinned: bool = False,
        again: bool = False,
        saved: Callable[[Path], None] = _ignore,
    ) -> Path:
        """Save objects together, and prune older checkpoints when that is done.

        Args:
            step: The step, 0 or more, not saved before.
            objects: What to save, by name.
            metrics: Metrics of that step, for `keep_best` and `select`.
            slots: By name, the slot whose built object it is.
            state: Plain values that belong to the step, such as a position in data.
            background: Whether to copy the objects and let another thread write them.
            pinned: Whether to keep it whatever the rules say.
            again: Whether it takes the place of the checkpoint of that step, at once.
            saved: Told the folder when it is complete, by whichever thread wrote it.

        Returns:
            The folder of the checkpoint, which in the background is still to come.

        Raises:
            ForgeError: `checkpoint-exists`, `checkpoint-name`, `checkpoint-type`,
                `checkpoint-unbuilt` before anything is written; `checkpoint-failed`
                when the disk refuses, now or in the background before. The older
                checkpoints are intact either way.
        """
        step = _step(step)
        self.check()
        if not background:
            self.wait()
        if not again:
            self._folders.ensure_new(step, self._pending)
        what: dict[str, Any] = {
            "metrics": metrics or {},
            "slots": slots or {},
            "state": state or {},
            "pinned": pinned,
            "again": again,
        }
        if background:
            self._save_later(step, objects, what, saved)
            return self._folders.of(step)
        folder = self._write(take(step, objects, copy=False, **what))
        saved(folder)
        return folder

    def _save_later(
        self,
        step: int,
        objects: Mapping[str, Any],
        what: Mapping[str, Any],
        saved: Callable[[Path], None],
    ) -> None:
        """Copy the objects now, and let another thread write them."""
        # Before the copy is made: there are never more than two beside the objects.
        self._background.wait_for_room()
        try:
            self.check()
            snapshot = take(step, objects, copy=True, **what)
        except BaseException:
            self._background.give_room_back()
            raise
        self._pending.add(step)

        def write() -> None:
            try:
                saved(self._write(snapshot))
            finally:
                self._pending.discard(step)

        self._background.start(write, self.on_failure)

    def wait(self) -> None:
        """Wait until everything that was to be saved in the background is saved.

        Raises:
            ForgeError: `checkpoint-failed`, for a write that failed.
        """
        self._background.wait()
        self.check()

    def check(self) -> None:
        """Raise what has failed in the background since it was asked for last.

        Raises:
            ForgeError: `checkpoint-failed`.
        """
        self._background.check()

    def _write(self, snapshot: Snapshot) -> Path:
        """Commit one checkpoint; only then may older ones go."""
        self._folders.clean()
        step, steps = snapshot.step, self.steps()
        if steps:
            self._folders.warn_when_full(steps[-1])
            if step < steps[-1] and self._rises:
                self._rises = False
                _log.warning(
                    "step %d is saved after step %d, which stays the newest: that is "
                    "what a resume goes on from and a load takes",
                    step,
                    steps[-1],
                )
        folder = commit(snapshot, self._folders)
        self._prune(step)
        return folder

    def folder_of(self, step: int) -> Path:
        """Name the folder of a step.

        Args:
            step: The step.

        Returns:
            Its folder, which may not exist.
        """
        return self._folders.of(step)

    def steps(self) -> list[int]:
        """List the checkpoints that were saved completely.

        Returns:
            Their steps in rising order.
        """
        return self._folders.steps()

    def latest(self) -> int | None:
        """Find the newest checkpoint whose files are what was written.

        Damaged ones are passed over with a warning in the log.

        Returns:
            Its step, or None when there is none.
        """
        return self._inventory.newest()

    def manifest(self, step: int) -> Manifest:
        """Read what a checkpoint holds, without its values.

        Args:
            step: Its step.

        Returns:
            The manifest.

        Raises:
            ForgeError: `no-checkpoint` or `checkpoint-damaged`.
        """
        return self._inventory.manifest(step)

    def state(self, step: int) -> dict[str, Any]:
        """Read the plain values that were saved with a step.

        Args:
            step: The step.

        Returns:
            What `save` was given as `state`.

        Raises:
            ForgeError: `no-checkpoint` or `checkpoint-damaged`.
        """
        self._inventory.intact(step)
        found = read_tree(self._folders.of(step) / STATE)
        return dict(found["state"])

    def restore(
        self,
        objects: Mapping[str, Any],
        *,
        step: int | None = None,
        partial: bool = False,
        names: Mapping[str, str] | None = None,
        random_states: bool = True,
    ) -> int:
        """Put saved values back into objects, all of them or none.

        Args:
            objects: The objects to restore, by name.
            step: Which checkpoint; None takes the newest intact one.
            partial: Whether to restore what fits and leave the rest as it is.
            names: The entry to restore an object from, where it is not its own name.
            random_states: Whether to set the random generators as they were.

        Returns:
            The step; 0 when nothing was saved and no step was asked for.

        Raises:
            ForgeError: `checkpoint-mismatch`, `not-in-checkpoint`, `checkpoint-type`,
                `no-checkpoint` or `checkpoint-damaged`; no value was changed.
        """
        return self.restored(
            objects,
            step=step,
            partial=partial,
            names=names,
            random_states=random_states,
            in_place=True,
        ).step

    def restored(
        self,
        objects: Mapping[str, Any],
        *,
        step: int | None = None,
        partial: bool = False,
        names: Mapping[str, str] | None = None,
        random_states: bool = True,
        in_place: bool = False,
    ) -> Restored:
        """Restore as `restore` does, numbers and text too, and report on it.

        Args:
            objects: The objects to restore, by name.
            step: Which checkpoint; None takes the newest intact one.
            partial: Whether to restore what fits and leave the rest as it is.
            names: The entry to restore an object from, where it is not its own name.
            random_states: Whether to set the random generators as they were.
            in_place: Whether to refuse what can only be replaced, such as a number.

        Returns:
            The step, the objects to use, and what was and was not restored.

        Raises:
            ForgeError: As `restore`.
        """
        self.wait()
        how = How(
            names=names or {},
            partial=partial,
            in_place=in_place,
            random_states=random_states,
        )
        if step is None:
            return restore_newest(self._inventory, objects, how)
        return restore_step(self._inventory, step, objects, how)

    def check_objects(self, objects: Mapping[str, Any]) -> None:
        """Refuse what could never be saved or restored, before the first is due.

        Args:
            objects: What is to be saved and restored, by name, as the code that made
                it left it.

        Raises:
            ForgeError: `checkpoint-name` or `checkpoint-type`, all of them at once.
        """
        errors = bad_names(objects) + never_restored(objects)
        if errors:
            raise together(errors)
        notice(objects.values())

    def select(self, which: int | str | None) -> int | None:
        """Find the step that a reference means.

        Args:
            which: `latest`, a number, `best`, `best:metric`, or None.

        Returns:
            The step; None for None, which stands for fresh weights.

        Raises:
            ForgeError: `no-checkpoint` when there is none like that.
        """
        return self._inventory.select(which)

    def abandon_after(self, step: int) -> list[int]:
        """Set later checkpoints aside, before a run goes on from an earlier one.

        Args:
            step: The step the run goes on from.

        Returns:
            The steps that were moved to `abandoned-<time>`.
        """
        self.wait()
        return self._folders.abandon_after(step)

    def _prune(self, saved: int) -> None:
        """Remove what no rule keeps, and was not saved just now."""
        manifests = self._inventory.manifests()
        for step in sorted({*manifests} - {saved, *self.retention.keep(manifests)}):
            try:
                self._folders.remove(step)
            except FileNotFoundError:
                continue  # another thread was quicker
            except OSError as e:
                # What was saved is safe; a leftover is no reason to stop training.
                _log.warning("checkpoint %d could not be pruned: %s", step, e)
            else:
                _log.info("checkpoint %d was pruned", step)


def _step(step: int) -> int:
    """Check a step, whatever kind of whole number it is."""
    try:
        found = operator.index(step)
    except TypeError:
        found = -1
    if found < 0 or isinstance(step, bool):
        raise ForgeError(
            "checkpoint-step",
            f"step {step!r} is not a step: give a whole number from 0 on.",
            step=step,
        )
    return found
