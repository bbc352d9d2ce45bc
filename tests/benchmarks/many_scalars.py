"""Log many scalars in a run of Forge, or write the same lines with json.

The arguments are who writes, `forge` or `json`, how many lines, how many scalars each,
and how it ends: `end`, or `kill`, by SIGKILL the moment the last call has returned.
"""

import json
import os
import signal
import sys
from pathlib import Path

import forge


#: With as many digits as a clock has.
TIME = 0.123456789012345


def log(write_line, lines: int, keys: int) -> None:
    """Call something with a step and scalars, again and again."""
    scalars = {f"metric_{k}": 0.31 + k for k in range(keys)}
    for step in range(lines):
        write_line(step, scalars)


@forge.experiment
def write(lines=1000, keys=1, ending="end", *, _run: forge.Run):
    """Log as a user does."""
    if keys == 1:
        # The commonest call is the one with a name.
        log_one = _run.log
        for step in range(lines):
            log_one(loss=0.31, step=step)
    else:
        log_many = _run.log
        log(lambda step, scalars: log_many(scalars, step=step), lines, keys)
    if ending == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


def write_json(lines: int, keys: int) -> None:
    """Write the lines that the run writes, with what Python brings along."""
    dumps = json.dumps
    with Path("yardstick.jsonl").open("w", encoding="utf-8") as stream:
        put = stream.write
        if keys == 1:
            for step in range(lines):
                put(dumps({"step": step, "time": TIME + step, "loss": 0.31}) + "\n")
            return

        def one(step: int, scalars: dict[str, float]) -> None:
            put(dumps({"step": step, "time": TIME + step, **scalars}) + "\n")

        log(one, lines, keys)


def main(who: str, lines: int, keys: int, ending: str) -> None:
    """Write as asked."""
    if who == "json":
        write_json(lines, keys)
    else:
        record = who == "forge"
        config = {"lines": lines, "keys": keys, "ending": ending}
        write.run(config, record=record, quiet=True, capture="no")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
