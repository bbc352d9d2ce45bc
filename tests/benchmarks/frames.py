"""Time a compound filter, and a table of pandas, over the runs of this folder."""

import json
import sys
import time
from pathlib import Path

import pandas as pd

import forge


FILTER = "lr < 0.1 and (model in [cnn] or not tags contains x) and accuracy > 0.5"


def main() -> None:
    """Measure once, and write the numbers."""
    runs = forge.runs("results")
    start = time.process_time()
    found = runs.where(FILTER)
    filtering = time.process_time() - start
    slow = [
        run["id"]
        for run in runs.to_dicts()
        if run["config"]["lr"] < 0.1
        and (run["config"]["model"] == "cnn" or "x" not in run["tags"])
        and run["summary"]["accuracy"]["last"] > 0.5
    ]
    assert list(found.ids) == slow
    start = time.process_time()
    frame = forge.runs("results").to_pandas()
    taken = time.process_time() - start
    assert isinstance(frame, pd.DataFrame)
    answer = {"filter": filtering, "frame": taken}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main()
