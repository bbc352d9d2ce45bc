"""Say how long after the start of the process the body of a run begins.

Writes the seconds to `delay.json`. The argument is the time at which the process was
started, by the same clock; what follows it goes to the command line of Forge.
"""

import json
import sys
import time
from pathlib import Path

import forge


START = float(sys.argv.pop(1))


@forge.experiment
def wait(learning_rate=1e-3, steps=1000):
    """Look at the clock, before anything else."""
    taken = time.monotonic() - START
    Path("delay.json").write_text(json.dumps(taken), encoding="utf-8")


if __name__ == "__main__":
    wait.main()
