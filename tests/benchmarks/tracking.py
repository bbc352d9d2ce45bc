"""What a step of `_run.track` costs where nothing is shown."""

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import Command, Figure, once


def tracking(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time steps that are tracked beside those of a bare loop.

    Args:
        folder: The working directory.
        rounds: How many processes at most.

    Yields:
        The figure.
    """
    answer = folder / "track.json"
    script = str(Path(__file__).with_name("track.py"))
    words = (sys.executable, script, str(folder / "tracked"), str(answer))
    times = []
    for _ in range(min(rounds, 5)):
        once(Command(words, folder))
        times.append(json.loads(answer.read_text(encoding="utf-8")))
    measured = statistics.median(times)
    yield Figure("a step of _run.track, hidden - of a bare loop", measured, 1.0, "us")
