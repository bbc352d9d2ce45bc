"""Time recorded runs that do nothing, one after another within one process.

Writes how many seconds a run takes, as the median.
"""

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path


#: The first import what is imported on use, and find out what is kept.
FIRST = 3
RUNS = 40


def forge_run() -> Callable[[], object]:
    """Make the experiment in Forge."""
    import forge

    @forge.experiment
    def ours(learning_rate=1e-3, steps=1000):
        """Do nothing."""

    return lambda: ours.run(quiet=True)


def sacred_run() -> Callable[[], object]:
    """Make the same experiment in Sacred, recorded in files."""
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    theirs = Experiment("theirs")
    theirs.observers.append(FileStorageObserver("sacred_results"))

    @theirs.config
    def parameters():
        """Parameters of the same experiment."""
        learning_rate = 1e-3
        steps = 1000

    @theirs.main
    def nothing(steps):
        """Do nothing."""

    return theirs.run


def seconds(run: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(peer: str, answer: Path) -> None:
    """Run one peer's experiment again and again, and write the median."""
    logging.disable(logging.CRITICAL)
    run = forge_run() if peer == "forge" else sacred_run()
    times = [seconds(run) for _ in range(FIRST + RUNS)]
    answer.write_text(json.dumps(statistics.median(times[FIRST:])), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
