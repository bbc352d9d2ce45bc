"""Where a run is kept: its folder and its checkpoints."""

from forge.checkpoints.manager import Checkpoints
from forge.records.layout import RunLayout
from forge.records.numbers import allocate
from forge.run.plan import Plan


def folder_for(plan: Plan) -> tuple[RunLayout | None, int | None]:
    """Make the folder of a run that begins, or find that of one that goes on.

    Args:
        plan: The run.

    Returns:
        The folder and the number of the run; nothing when nothing is recorded.

    Raises:
        ForgeError: `results-dir` if no folder can be made.
    """
    if not plan.record:
        return None, None
    if plan.resumption:
        record = plan.resumption.record
        return record.layout, record.number
    number, folder = allocate(plan.results_dir, plan.name)
    return RunLayout(folder), number


def checkpoints_for(plan: Plan, layout: RunLayout | None) -> Checkpoints | None:
    """Keep checkpoints as the experiment says, without those that a resume gives up.

    Args:
        plan: The run.
        layout: Its folder.

    Returns:
        The checkpoints; None when nothing is recorded.
    """
    if layout is None:
        return None
    settings = plan.settings
    metric, mode = settings.best
    checkpoints = Checkpoints(
        layout.checkpoints,
        keep_last=settings.keep_last,
        keep_best=settings.keep_best,
        best_metric=metric,
        best_mode=mode,
        keep_every=settings.keep_every,
    )
    if plan.resumption is not None and plan.resumption.step is not None:
        checkpoints.abandon_after(plan.resumption.step)
    return checkpoints
