"""Figures of recording: metrics, output, memory."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import Command, Figure, in_turns, once, ratio


HERE = Path(__file__).parent
SCALARS = str(HERE / "many_scalars.py")
PRINTING = str(HERE / "printing.py")
MILLION = 1_000_000
POINTS = 1000


def log_scalar(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare one logged scalar with json.dumps and a buffered write."""
    answer = folder / "log_scalar.json"
    script = str(HERE / "log_scalar.py")
    words = (sys.executable, script, str(folder / "scalars"), str(answer))
    ratios = []
    for _ in range(min(rounds, 5)):
        once(Command(words, folder))
        ratios.append(json.loads(answer.read_text(encoding="utf-8")))
    measured = statistics.median(ratios)
    yield Figure("_run.log / json.dumps + buffered write", measured, 1.0)


def many_scalars(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare whole processes that log a million scalars, and five million."""
    sizes = {
        "part": (MILLION // 4, 1),
        "one": (MILLION, 1),
        "many": (MILLION // 10, 50),
    }
    commands = {
        f"{who} {name}": _scalars(folder, who, *size)
        for name, size in sizes.items()
        for who in ("forge", "json")
    }
    taken = in_turns(commands, rounds=max(3, rounds // 2))
    for name, what in (("one", "1e6 scalars"), ("many", "1e5 x 50 scalars")):
        measured = ratio(taken[f"forge {name}"], taken[f"json {name}"], "cpu")
        yield Figure(f"{what} / json and buffered write (CPU)", measured, 1.0)
    measured = ratio(taken["forge one"], taken["forge part"], "cpu") / 4
    yield Figure("1e6 scalars / 4 x a quarter of them (CPU)", measured, 1.05)


def killed(folder: Path, rounds: int) -> Iterator[Figure]:
    """Count the points that are missing after SIGKILL right behind the last call."""
    subprocess.run(
        _scalars(folder, "forge", POINTS, 1, "kill").words, cwd=folder, check=False
    )
    (file,) = folder.glob("results/write/*/metrics.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines()
    steps = {json.loads(line)["step"] for line in lines}
    missing = len(set(range(POINTS)) - steps)
    yield Figure("points missing of 1,000 after SIGKILL", missing, 0, "")


def output(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare a million captured lines with the same lines through `tee`."""
    plain = f"'{sys.executable}' '{PRINTING}' plain | tee copy.txt"
    commands = {
        "forge": Command((sys.executable, PRINTING, "forge"), folder),
        "tee": Command(("/bin/sh", "-c", plain), folder),
    }
    taken = in_turns(commands, rounds=max(3, rounds // 2))
    measured = ratio(taken["forge"], taken["tee"], "wall")
    yield Figure("1e6 lines captured / tee", measured, 1.3)


def memory(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare the memory of runs that log ten million scalars and fewer."""
    ten = 10 * MILLION
    used = {
        name: once(_scalars(folder, who, lines, 1)).memory
        for name, who, lines in (
            ("ten", "forge", ten),
            ("one", "forge", MILLION),
            ("none", "none", ten),
        )
    }
    yield Figure(
        "memory of 1e7 scalars, above no record", used["ten"] - used["none"], 30, "MB"
    )
    yield Figure("memory of 1e7 scalars, above 1e6", used["ten"] - used["one"], 3, "MB")


def _scalars(
    folder: Path, who: str, lines: int, keys: int, ending: str = "end"
) -> Command:
    """Make the command that logs scalars."""
    words = (sys.executable, SCALARS, who, str(lines), str(keys), ending)
    return Command(words, folder)
