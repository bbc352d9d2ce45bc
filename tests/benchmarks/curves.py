"""Time reading a metric of a million points next to orjson over the lines."""

import json
import sys
import time
from pathlib import Path

import orjson

from forge.records.buckets import bucketed
from forge.records.reading import read_metrics


POINTS = 1_000_000


def main() -> None:
    """Measure once, and write the numbers."""
    path, answer = Path(sys.argv[1]) / "metrics.jsonl", Path(sys.argv[2])
    if not path.exists():
        with path.open("w", encoding="utf-8") as file:
            for i in range(1, POINTS + 1):
                line = {"step": i, "time": i / 100, "loss": 1 / i}
                file.write(json.dumps(line) + "\n")
    start = time.process_time()
    with path.open("rb") as file:
        rows = [orjson.loads(line) for line in file]
    floor = time.process_time() - start
    del rows
    start = time.process_time()
    series = read_metrics(path)["loss"]
    taken = time.process_time() - start
    start = time.process_time()
    buckets = bucketed(series.steps, series.values, count=1_000)
    reduced = time.process_time() - start
    assert max(b.max or 0.0 for b in buckets) == max(series.values)
    assert min(b.min or 0.0 for b in buckets) == min(series.values)
    found = {"ratio": taken / floor, "buckets": reduced}
    answer.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
