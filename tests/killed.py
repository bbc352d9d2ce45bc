"""Training that is killed and resumed, next to the same training left alone.

Each way of reading data is tried in forked children of one process, which has imported
all that a run imports and done nothing with it: a fresh process for each would be as
good, and takes ten times as long.
"""

import os
import subprocess
import sys
from pathlib import Path

import forge
from forge.records.record import Record


DRIVER = """

def child(**config):
    pid = os.fork()
    if not pid:
        try:
            resume = config.pop("resume", None)
            train.run({"seed": 7, **config}, resume=resume, quiet=True, capture="no")
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def import_what_runs_import(kind):
    # A child tells it: nothing has been trained in the process that the others are of.
    pid = os.fork()
    if not pid:
        train.run({"kind": kind}, results_dir="first", quiet=True, capture="no")
        with open("imported", "w") as file:
            print(*sys.modules, file=file)
        os._exit(0)
    os.waitpid(pid, 0)
    with open("imported") as file:
        for name in file.read().split():
            with contextlib.suppress(Exception):
                importlib.import_module(name)


if __name__ == "__main__":
    import_what_runs_import(sys.argv[1].partition(",")[0])
    for number, kind in enumerate(sys.argv[1].split(",")):
        alone, killed = f"train/{2 * number + 1}", f"train/{2 * number + 2}"
        print(kind, child(kind=kind), child(kind=kind, die=13),
              child(kind=kind, die=19, resume=killed),
              child(kind=kind, die=0, resume=killed), flush=True)
"""
HEAD = """
import contextlib, importlib, os, random, signal, sys, traceback
import forge

def maybe_die(step, die):
    if step == die:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def levels(folder: Path, text: str, kinds: list[str]) -> dict[str, tuple[str, ...]]:
    """Train in every way, 28 steps at once and in three parts; compare; tell levels.

    The second part begins after a kill at step 13, the third after one at step 19;
    checkpoints are saved every 5 steps.
    """
    script = folder / "train.py"
    script.write_text(HEAD + text + DRIVER, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), ",".join(kinds)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(forge.__file__).parents[1]),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    told = [line for line in done.stdout.splitlines() if line.split()[0] in kinds]
    assert told == [f"{kind} 0 -9 -9 0" for kind in kinds], done.stdout + done.stderr
    found = {}
    for number, kind in enumerate(kinds):
        alone = Record.read(folder / f"results/train/{2 * number + 1}")
        killed = Record.read(folder / f"results/train/{2 * number + 2}")
        sessions = killed.run.sessions
        assert [s.resumed for s in sessions] == [None, 10, 15]
        same = (
            bytes_of(alone) == bytes_of(killed)
            and alone.metrics["loss"].values == killed.metrics["loss"].values
        )
        told = tuple(session.level_reason for session in sessions[1:])
        levels = {session.level for session in sessions[1:]}
        found[kind] = (
            "same" if same else "other",
            *sorted(levels),
            *dict.fromkeys(filter(None, told)),
        )
    return found


def bytes_of(record: Record) -> dict[str, bytes]:
    """The files of the objects in a run's last checkpoint."""
    folder = record.layout.checkpoint(max(record.checkpoints))
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name not in ("state", folder.name)
    }
