"""Hear of a run as it goes: an observer of your own, in twenty lines.

$ python observer.py
train/1  results/train/1
train/1  COMPLETED in 0.02 s  loss 0.125
$ cat diary.txt
train/1 began with rate 0.5
train/1 loss fell to 0.5 at step 1
train/1 loss fell to 0.25 at step 2
train/1 loss fell to 0.125 at step 3
train/1 gave {'loss': 0.125}

An observer that fails never stops a run: it is told, and training goes on.
"""

from pathlib import Path

import forge
from forge.observers import Completed, Event, Failed, Logged, Started


class Diary:
    """Keeps a file with one line for each thing worth telling."""

    def __init__(self, path="diary.txt"):
        self.path = Path(path)
        self.run, self.best = "a run", float("inf")

    def receive(self, event: Event) -> None:
        match event:
            case Started(run=run, flags=flags):
                self.run = f"{run.name}/{run.number}"
                self.write(f"began with rate {flags.get('rate')}")
            case Logged(step=step, metrics={"loss": loss}) if loss < self.best:
                self.best = loss
                self.write(f"loss fell to {loss} at step {step}")
            case Completed(result=result):
                self.write(f"gave {result}")
            case Failed(error=error):
                self.write(f"failed: {error.message}")

    def write(self, line):
        with self.path.open("a") as file:
            file.write(f"{self.run} {line}\n")


@forge.experiment
def train(rate=0.5, steps=3, *, _run: forge.Run):
    """Let a number shrink."""
    loss = 1.0
    for step in range(1, steps + 1):
        loss *= rate
        _run.log(loss=loss, step=step)
    return {"loss": loss}


if __name__ == "__main__":
    train.observers.append(Diary())
    train.main()
