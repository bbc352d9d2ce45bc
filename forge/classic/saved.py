"""The checkpoints of a run by step: those that Forge saved, and the script's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forge._text import near
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.scriptfiles import STEM, script_files


@dataclass(frozen=True, slots=True)
class Saved:
    """One checkpoint.

    Attributes:
        step: Its step.
        path: What restores it: the prefix of TensorFlow's files, a file, or a folder.
        form: `tensorflow` for files of TensorFlow, `file` for a single one, as of
            PyTorch, `forge` for what `forge.current_run().checkpoint(...)` saved.
    """

    step: int
    path: Path
    form: Literal["tensorflow", "file", "forge"]


def saved_in(folder: Path) -> dict[int, Saved]:
    """Find the complete checkpoints of a run.

    Args:
        folder: The run folder.

    Returns:
        One a step, in order; where there are two of a step, Forge's own.
    """
    found = {
        step: Saved(step, file.path, file.form)
        for step, file in script_files(folder).items()
    }
    layout = RunLayout(folder)
    if layout.checkpoints.is_dir():
        for step in Checkpoints(layout.checkpoints).steps():
            found[step] = Saved(step, layout.checkpoint(step), "forge")
    return dict(sorted(found.items()))


def newest_in(folder: Path) -> Saved | None:
    """Find the newest checkpoint that is complete, and whose files are whole.

    Args:
        folder: The run folder.

    Returns:
        The checkpoint; None when there is none.
    """
    found = saved_in(folder)
    checkpoints = Checkpoints(RunLayout(folder).checkpoints)
    intact = checkpoints.latest() if checkpoints.steps() else None
    for step in reversed(found):
        if found[step].form != "forge" or step == intact:
            return found[step]
    return None


def find_model_files(model_dir: str | Path) -> dict[int, str]:
    """Find the checkpoints in a run folder.

    Args:
        model_dir: The run folder.

    Returns:
        The path that a `Saver` takes, or a file or folder, by step.
    """
    return {step: str(saved.path) for step, saved in saved_in(Path(model_dir)).items()}


def select(folder: Path, step: int | None, run: str) -> Saved:
    """Find one checkpoint of a run.

    Args:
        folder: The run folder.
        step: The step; None for the newest.
        run: What the run is called in messages.

    Returns:
        The checkpoint.

    Raises:
        ForgeError: `no-checkpoint`, which says which there are.
    """
    chosen = newest_in(folder) if step is None else saved_in(folder).get(step)
    if chosen is not None:
        return chosen
    found = saved_in(folder)
    steps = ", ".join(map(str, found))
    what = "no complete checkpoint" if step is None else f"no checkpoint of step {step}"
    there = f"; there are {steps}" if len(found) > 1 else f"; there is {steps}"
    raise ForgeError(
        "no-checkpoint",
        f"{run} has {what}{there if found else ''}.\n  Looked in {near(folder)} for "
        f"{STEM}-STEP and for checkpoints/STEP.",
        step=step,
        options=list(found),
    )
