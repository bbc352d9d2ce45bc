"""Where a run is kept: its folder and its checkpoints."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from forge.errors import ForgeError
from forge.records.goals import goal_of
from forge.records.layout import RunLayout
from forge.records.numbers import allocate, claim
from forge.records.possession import Possession
from forge.run.plan import Plan


# Checkpoints are imported by the first run that has something to save.
if TYPE_CHECKING:
    from forge.checkpoints.manager import Checkpoints


def check_surroundings() -> None:
    """Refuse to begin where there is no working directory any more.

    Raises:
        ForgeError: `no-working-directory`.
    """
    try:
        os.getcwd()  # noqa: PTH109 - each run asks
    except FileNotFoundError:
        raise ForgeError(
            "no-working-directory",
            "the working directory is gone: it was deleted or moved.\n"
            "  Go to a directory that is there, and start the run in it.",
        ) from None


def folder_for(plan: Plan) -> tuple[RunLayout | None, int | None]:
    """Make the folder of a run that begins, or find that of one that goes on.

    Args:
        plan: The run.

    Returns:
        The folder, whose path holds wherever the body goes, and the number of the run;
        nothing when nothing is recorded.

    Raises:
        ForgeError: `results-dir` if no folder can be made.
    """
    if not plan.record:
        return None, None
    if plan.resumption:
        record = plan.resumption.record
        number, folder = record.number, record.layout.folder
    elif plan.folder is not None:
        number, folder = int(plan.folder.name), claim(plan.folder)
    else:
        number, folder = allocate(plan.results_dir, plan.name)
    return RunLayout(folder.absolute()), number


def checkpoints_for(
    plan: Plan, layout: RunLayout | None
) -> "Callable[[], Checkpoints] | None":
    """Keep checkpoints as the experiment says, without those that a resume gives up.

    Args:
        plan: The run.
        layout: Its folder.

    Returns:
        Opens the checkpoints, once, and raises `checkpoint-failed` where the folder is
        gone; None when nothing is recorded.
    """
    if layout is None:
        return None

    # Not the plan, which may hold what was built elsewhere.
    settings, resumption = plan.settings, plan.resumption
    checked = resumption.checked if resumption else None
    made: Checkpoints | None = None

    def opened() -> "Checkpoints":
        nonlocal made
        if made is not None:
            return made
        from forge.checkpoints.manager import Checkpoints  # noqa: PLC0415

        goal = goal_of(settings.goal)
        made = Checkpoints(
            layout.checkpoints,
            keep_last=settings.keep_last,
            keep_best=settings.keep_best,
            best_metric=goal.metric if goal else None,
            best_mode=goal.mode if goal else "max",
            keep_every=settings.keep_every,
            verify=settings.verify,
            checked=checked,
        )
        return made

    possession = Possession(layout)

    def there() -> "Checkpoints":
        if possession.is_lost():
            raise ForgeError(
                "checkpoint-failed",
                f"{possession.describe()}\n"
                "  No checkpoint can be saved or restored, and nothing is recorded any"
                " more. Move it back, or start the run anew.",
                folder=layout.folder,
            )
        return opened()

    if resumption is not None and resumption.step is not None:
        opened().abandon_after(resumption.step)
    return there
