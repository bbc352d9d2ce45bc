"""Scripts that signals reach while they run."""

import signal


SCRIPT = """\
import os, signal, subprocess, sys, threading, time

from forge.run import stopping
stopping.GRACE = float(os.environ.get("GRACE", 1))
{before}
import forge


@forge.dataset
def data(n=1):
{building}
    return [n]


@forge.model
def model():
    return {{"w": [0]}}


@forge.experiment
def train(dataset, model=model, *, _run: forge.Run):
    _run.restore(model=model)
{body}


{after}
if __name__ == "__main__":
    train.main()
"""

UP = 'print("up", flush=True)'
# Not one long sleep: a signal just before its system call would be noticed after it.
SLEEP = f"{UP}\nfor _ in range(600): time.sleep(0.1)"
#: What asks a run to end.
CODES = [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]


def indented(text):
    return "\n".join(f"    {line}" for line in text.splitlines())
