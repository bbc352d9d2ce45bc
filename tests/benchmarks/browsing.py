"""The figures of browsing: lists, filters, tables, curves.

Run folders are generated: 20 parameters and 8 metrics each. Every measured process
gets a cache folder of the benchmark's own.
"""

import json
import os
import random
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import Command, Figure, in_turns, median, once, ratio


HERE = Path(__file__).parent

FEW = 10_000
MANY = 100_000

#: The newest are listed; what they have in common and what not is like real runs.
MODELS = ("mlp", "cnn")


def write_runs(root: Path, count: int) -> None:
    """Write run folders as runs leave them.

    Args:
        root: The results folder.
        count: How many.
    """
    rng = random.Random(0)
    names = ("loss", "accuracy", *(f"metric{i}" for i in range(6)))
    for number in range(1, count + 1):
        folder = root / ("train" if number % 3 else "tune") / str(number)
        folder.mkdir(parents=True)
        config = {f"parameter{i}": i / 2 for i in range(15)}
        config |= {"model": MODELS[number % 2], "model.width": number % 7}
        config |= {"lr": rng.choice([0.1, 0.01, 0.001]), "seed": number, "n": 3}
        metric = {"step": 1000, "min": 0.1, "min_step": 3, "max": 2.0, "max_step": 1}
        summary = {
            name: {"last": rng.random(), **metric, "mean": 0.5, "n": 1000}
            for name in names
        }
        day, second = number // 1440 % 28, number % 60
        run = {
            "uid": f"{number}",
            "name": folder.parent.name,
            "number": number,
            "status": "FAILED" if number % 10 == 1 else "COMPLETED",
            "started": f"2026-10-{day + 1:02}T{number // 60 % 24:02}:{second:02}:00Z",
            "duration": float(number % 5_000),
            "goal": "max accuracy",
            "host": {"name": "node", "gpus": ["A100"]},
            "git": {"commit": "c" * 40, "branch": "main", "dirty": False},
            "argv": ["train.py", "with", "model=cnn"],
        }
        for name, content in {
            "flags": config,
            "summary": summary,
            "run": run,
        }.items():
            text = json.dumps(content, indent=2)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")


def forge(folder: Path, *words: str) -> Command:
    """Make the command that calls `forge` where the runs are."""
    return Command((sys.executable, "-m", "forge", *words), folder)


def _cache(folder: Path) -> None:
    """Keep the index of the benchmark away from the user's."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")


def listing(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time lists of ten thousand runs, and what is made of them."""
    _cache(folder)
    write_runs(folder / "results", FEW)
    first = once(forge(folder, "ls"))
    print(f"  first forge ls of {FEW:,} runs: {first.wall:.1f} s (wall)")
    yield Figure(f"first forge ls of {FEW:,} runs (CPU)", first.cpu, 3.0, "s")
    taken = in_turns(
        {
            "pass": Command((sys.executable, "-c", "pass"), folder),
            "ls": forge(folder, "ls"),
        },
        rounds=2 * rounds,
    )
    milliseconds = 1000 * median(taken["ls"], "wall")
    print(f"  forge ls of {FEW:,} runs: {milliseconds:.0f} ms (wall)")
    for clock in ("cpu", "wall"):
        measured = ratio(taken["ls"], taken["pass"], clock)
        yield Figure(f"forge ls, {FEW:,} runs / pass ({clock})", measured, 10.0)
    yield from _in_process(folder, rounds)


def listing_many(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time lists of a hundred thousand runs."""
    _cache(folder)
    write_runs(folder / "results", MANY)
    print(f"  first forge ls of {MANY:,} runs: {once(forge(folder, 'ls')).wall:.1f} s")
    # What was written in the last seconds is read once more.
    once(forge(folder, "ls"))
    taken = [once(forge(folder, "ls")) for _ in range(min(rounds, 5))]
    for clock in ("cpu", "wall"):
        name = f"forge ls, {MANY:,} runs ({clock})"
        yield Figure(name, median(taken, clock), 1.5, "s")


def curves(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time reading a metric of a million points, and reducing it to a curve."""
    answer = folder / "curves.json"
    words = (sys.executable, str(HERE / "curves.py"), str(folder), str(answer))
    found = []
    for _ in range(min(rounds, 3)):
        once(Command(words, folder))
        found.append(json.loads(answer.read_text(encoding="utf-8")))
    reading = statistics.median(one["ratio"] for one in found)
    buckets = statistics.median(one["buckets"] for one in found)
    yield Figure("metrics of 1e6 points / orjson over the lines (CPU)", reading, 1.2)
    yield Figure("1e6 points to 1,000 buckets (CPU)", buckets, 0.3, "s")


def _in_process(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time a filter and a table of pandas within one process."""
    answer = folder / "frames.json"
    words = (sys.executable, str(HERE / "frames.py"), str(answer))
    found = []
    for _ in range(min(rounds, 5)):
        once(Command(words, folder))
        found.append(json.loads(answer.read_text(encoding="utf-8")))
    filtering = statistics.median(one["filter"] for one in found)
    yield Figure(f"a compound filter over {FEW:,} runs (CPU)", filtering, 0.4, "s")
    frame = statistics.median(one["frame"] for one in found)
    yield Figure(f"to_pandas of {FEW:,} runs (CPU)", frame, 1.0, "s")
