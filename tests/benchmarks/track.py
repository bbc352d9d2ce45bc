"""Time a step of `_run.track` against a step of the bare loop.

Prints how many microseconds a step takes longer, as the median over pairs of blocks.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import forge


BLOCKS = 25
STEPS = 100_000


def tracked(run: forge.Run) -> float:
    """Track `STEPS` steps; return the seconds."""
    start = time.perf_counter()
    for _step, _item in run.track(range(STEPS)):
        pass
    return time.perf_counter() - start


def bare() -> float:
    """Count as many steps; return the seconds."""
    start = time.perf_counter()
    for _step, _item in enumerate(range(STEPS)):
        pass
    return time.perf_counter() - start


@forge.experiment
def measure(*, _run: forge.Run):
    """Take turns, and keep the median of the differences."""
    longer = [tracked(_run) - bare() for _ in range(BLOCKS + 1)]
    # The first pair warms caches.
    return 1e6 * statistics.median(longer[1:]) / STEPS


if __name__ == "__main__":
    finished = measure.run(results_dir=sys.argv[1], quiet=True)
    Path(sys.argv[2]).write_text(json.dumps(finished.result), encoding="utf-8")
