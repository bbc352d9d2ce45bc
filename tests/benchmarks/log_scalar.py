"""Time `_run.log` of one scalar against writing the same line with json.

Prints how many times as long Forge takes, as the median over pairs of blocks.
The other side gets a buffered file and the time of the line for nothing.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import forge


BLOCKS = 25
CALLS = 4000


def forge_block(run: forge.Run, first: int) -> float:
    """Log `CALLS` scalars from step `first` on; return the seconds."""
    log = run.log
    start = time.perf_counter()
    for step in range(first, first + CALLS):
        log(loss=0.31, step=step)
    return time.perf_counter() - start


def json_block(path: Path, first: int) -> float:
    """Write the same `CALLS` lines from step `first` on; return the seconds."""
    dumps = json.dumps
    began = time.monotonic()
    # As many digits as a clock has, made beforehand.
    times = [time.monotonic() - began for _ in range(CALLS)]
    with path.open("a", encoding="utf-8") as stream:
        write = stream.write
        start = time.perf_counter()
        for step, at in enumerate(times, first):
            write(dumps({"step": step, "time": at, "loss": 0.31}) + "\n")
        stream.flush()
        return time.perf_counter() - start


@forge.experiment
def measure(*, _run: forge.Run):
    """Take turns, and keep the median of the ratios."""
    path = Path(_run.dir) / "yardstick.jsonl"
    starts = range(1, 1 + (BLOCKS + 1) * CALLS, CALLS)
    ratios = [forge_block(_run, first) / json_block(path, first) for first in starts]
    # The first pair warms caches and opens files.
    return statistics.median(ratios[1:])


if __name__ == "__main__":
    finished = measure.run(results_dir=sys.argv[1])
    Path(sys.argv[2]).write_text(json.dumps(finished.result), encoding="utf-8")
