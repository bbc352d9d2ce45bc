"""What was saved, whether it is intact, and which checkpoint a reference means."""

import logging
import re
from dataclasses import dataclass, field
from typing import Literal

from forge._text import near, plural
from forge.checkpoints.folder import StepFolders
from forge.checkpoints.manifest import Manifest
from forge.checkpoints.retention import ranked
from forge.errors import ForgeError


#: How many problems of a damaged checkpoint a message lists.
LISTED = 5
_log = logging.getLogger("forge.checkpoints")


@dataclass(frozen=True, slots=True)
class Inventory:
    """Finds checkpoints, and says what is wrong where there is none."""

    #: Where they are.
    folders: StepFolders
    #: How much of each file is checked.
    verify: Literal["sha256", "size"] = "sha256"
    #: The metric that `best` means.
    best_metric: str | None = None
    #: Whether the largest or the smallest is best.
    best_mode: Literal["max", "min"] = "max"
    #: What was found to be intact, by step: to find a checkpoint and to restore it
    #: are two acts, and hashing it twice would take as long as reading it.
    checked: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def newest(self) -> int | None:
        """Find the newest checkpoint whose files are what was written.

        Damaged ones are passed over with a warning in the log.

        Returns:
            Its step, or None when there is none.
        """
        for step in reversed(self.folders.steps()):
            problems = self._problems(step)
            if not problems:
                return step
            _log.warning("checkpoint %d is damaged and skipped: %s", step, problems[0])
        return None

    def latest(self) -> int:
        """Find the newest intact checkpoint, of which there must be one.

        Returns:
            Its step.

        Raises:
            ForgeError: `no-checkpoint` when nothing was saved, `checkpoint-damaged`
                when nothing of it is intact: to go on silently would start a run of
                weeks from nothing.
        """
        steps = self.folders.steps()
        if not steps:
            raise self._none("nothing was saved")
        found = self.newest()
        if found is None:
            raise self._damaged(steps[-1], self._problems(steps[-1]))
        return found

    def best(self, metric: str | None) -> int:
        """Find the checkpoint with the best metric.

        Args:
            metric: Its name; None takes the one the run is judged by.

        Returns:
            The step.

        Raises:
            ForgeError: `no-best-metric`, or `no-checkpoint` when none has it.
        """
        wanted = metric or self.best_metric
        if wanted is None:
            raise ForgeError(
                "no-best-metric",
                "no metric says which checkpoint is best.\n"
                "  Name it, such as best:accuracy, or give best_metric='accuracy'.",
            )
        manifests = self.manifests()
        order = ranked(manifests, wanted, self.best_mode)
        if order:
            return order[0]
        there = sorted({name for m in manifests.values() for name in m.metrics})
        saved = f" Metrics saved: {', '.join(there)}." if there else ""
        raise self._none(f"no checkpoint was saved with {wanted}.{saved}")

    def select(self, which: int | str | None) -> int | None:
        """Find the step that a reference means.

        Args:
            which: `latest`, a number, `best`, `best:metric`, or None.

        Returns:
            The step; None for None, which stands for fresh weights.

        Raises:
            ForgeError: `no-checkpoint` when there is none like that.
        """
        if which is None:
            return None
        text = str(which)
        if text == "latest":
            return self.latest()
        word, _, metric = text.partition(":")
        if word == "best":
            return self.best(metric or None)
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise self._none(f"no checkpoint is called {text!r}")
        self.existing(int(text))
        return int(text)

    def manifests(self) -> dict[int, Manifest]:
        """Read every manifest that can be read; a warning names the others.

        Returns:
            The manifests by step.
        """
        found = {}
        for step in self.folders.steps():
            try:
                found[step] = self.folders.manifest(step)
            except ForgeError as e:
                _log.warning("checkpoint %d is damaged: %s", step, e)
        return found

    def manifest(self, step: int) -> Manifest:
        """Read what one checkpoint holds.

        Args:
            step: Its step.

        Returns:
            Its manifest.

        Raises:
            ForgeError: `no-checkpoint` or `checkpoint-damaged`.
        """
        self.existing(step)
        try:
            return self.folders.manifest(step)
        except ForgeError as e:
            raise self._damaged(step, [str(e)]) from e

    def existing(self, step: int) -> None:
        """Insist that a step was saved.

        Args:
            step: The step.

        Raises:
            ForgeError: `no-checkpoint`, with those that were.
        """
        if step not in self.folders.steps():
            raise self._none(f"step {step} was not saved")

    def intact(self, step: int) -> None:
        """Insist that a step was saved and is still what was written.

        Args:
            step: The step.

        Raises:
            ForgeError: `no-checkpoint`, or `checkpoint-damaged` with the files.
        """
        self.existing(step)
        problems = self._problems(step)
        if problems:
            raise self._damaged(step, problems)

    def _problems(self, step: int) -> list[str]:
        """Check the files of one checkpoint, unless that was just done."""
        try:
            stamp = self.folders.stamp(step)
        except OSError:
            stamp = ()
        if stamp and self.checked.get(step) == stamp:
            return []
        problems = self.folders.problems(step, verify=self.verify)
        if not problems:
            self.checked[step] = stamp
        return problems

    def _none(self, what: str) -> ForgeError:
        """Say that there is no such checkpoint, and which there are."""
        steps = self.folders.steps()
        there = ", ".join(map(str, steps[-LISTED:]))
        more = f"the newest of {len(steps)}: " if len(steps) > LISTED else ""
        remedy = f"Saved: {more}{there}" if steps else "step=None takes fresh weights."
        folder = self.folders.root
        text = f"{what}\n  {near(folder)}\n  {remedy}"
        return ForgeError("no-checkpoint", text, folder=folder, steps=steps)

    def _damaged(self, step: int, problems: list[str]) -> ForgeError:
        """Say what is wrong with a checkpoint, and which one is intact."""
        lines = [f"checkpoint {step} is damaged.", *problems[:LISTED]]
        if len(problems) > LISTED:
            lines.append(f"and {plural(len(problems) - LISTED, 'more file')}")
        lines.append(near(self.folders.of(step)))
        others = [s for s in reversed(self.folders.steps()) if s != step]
        intact = next((s for s in others if not self._problems(s)), None)
        lines.append(
            "No other one is intact; move the folder away to start from nothing."
            if intact is None
            else f"The newest intact one is step={intact}."
        )
        return ForgeError(
            "checkpoint-damaged", "\n  ".join(lines), step=step, problems=problems
        )
