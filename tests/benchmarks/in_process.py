"""Time recorded runs that do nothing, within one process, next to Sacred's.

Writes how many times as long Forge takes, as the median over pairs of runs.
"""

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sacred import Experiment
from sacred.observers import FileStorageObserver

import forge


PAIRS = 40

theirs = Experiment("theirs")
theirs.observers.append(FileStorageObserver("sacred_results"))


@forge.experiment
def ours(learning_rate=1e-3, steps=1000):
    """Do nothing."""


@theirs.config
def parameters():
    """Parameters of the same experiment."""
    learning_rate = 1e-3
    steps = 1000


@theirs.main
def nothing(steps):
    """Do nothing."""


def seconds(run: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(answer: Path) -> None:
    """Take turns, and write the median of the ratios."""
    logging.disable(logging.CRITICAL)
    pairs = [
        (seconds(lambda: ours.run(quiet=True)), seconds(theirs.run))
        for _ in range(PAIRS + 3)
    ]
    # The first pairs import what is imported on use.
    ratios = [mine / other for mine, other in pairs[3:]]
    answer.write_text(json.dumps(statistics.median(ratios)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
