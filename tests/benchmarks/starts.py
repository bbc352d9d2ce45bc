"""Figures of starting: imports, configs, runs that do nothing."""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from harness import Command, Figure, in_turns, median, once, ratio


HERE = Path(__file__).parent
PEERS = ("forge", "sacred", "hydra")
FILES = 5000
SOURCES = 200
MILLISECONDS = 1000


def repository(folder: Path) -> Path:
    """Copy the peers' scripts to a folder and commit them there.

    Args:
        folder: An empty folder.

    Returns:
        The folder.
    """
    shutil.copytree(HERE / "peers", folder, dirs_exist_ok=True)
    for name in ("delay.py", "in_process.py"):
        shutil.copy(HERE / name, folder)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything in a folder, which becomes a repository if it is none."""
    git = shutil.which("git") or "git"
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Begin")):
        subprocess.run([git, *who, *words], cwd=folder, check=True)


def large_repository(folder: Path) -> None:
    """Add 5,000 files, and 200 modules that the peers' scripts import."""
    for n in range(FILES):
        data = folder / "data" / str(n % 50)
        data.mkdir(parents=True, exist_ok=True)
        (data / f"{n}.txt").write_text(f"{n}\n", encoding="utf-8")
    package = folder / "parts"
    package.mkdir()
    body = "".join(f"def part_{k}(x):\n    return x + {k}\n\n\n" for k in range(10))
    for n in range(SOURCES):
        (package / f"part_{n}.py").write_text(body, encoding="utf-8")
    # In the script itself, which is as far as Sacred looks.
    names = "".join(f"from parts import part_{n}\n" for n in range(SOURCES))
    for peer in ("forge", "sacred"):
        script = folder / f"{peer}_train.py"
        text = script.read_text(encoding="utf-8")
        head, blank, rest = text.partition("\n\n\n")
        script.write_text(f"{head}\n{names}{blank}{rest}", encoding="utf-8")
    commit(folder)


def imports(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare `import forge` with doing nothing and with `import sacred`."""
    lines = {"pass": "pass", "forge": "import forge", "sacred": "import sacred"}
    taken = in_turns(
        {
            name: Command((sys.executable, "-c", line), folder)
            for name, line in lines.items()
        },
        rounds=3 * rounds,
    )
    for name, reach in (("pass", 5.0), ("sacred", 0.25)):
        measured = ratio(taken["forge"], taken[name], "cpu")
        yield Figure(f"import forge / {lines[name]} (CPU)", measured, reach)


def print_config(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare showing the config of the small experiment."""
    words = {
        "forge": ("print_config",),
        "sacred": ("print_config",),
        "hydra": ("--cfg", "job"),
    }
    taken = in_turns(
        {
            peer: Command((sys.executable, f"{peer}_train.py", *words[peer]), folder)
            for peer in PEERS
        },
        rounds=rounds,
    )
    for peer in ("sacred", "hydra"):
        measured = ratio(taken["forge"], taken[peer], "wall")
        yield Figure(f"print_config / {peer}", measured, 0.4)


def recorded_run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare a recorded run that does nothing."""
    taken = in_turns(
        {
            peer: Command((sys.executable, f"{peer}_train.py"), folder)
            for peer in ("forge", "sacred")
        },
        rounds=rounds,
    )
    for peer, samples in taken.items():
        seconds = ", ".join(
            f"{clock} {1000 * median(samples, clock):.0f} ms"
            for clock in ("wall", "cpu")
        )
        print(f"  recorded run, {peer}: {seconds}")
    measured = ratio(taken["forge"], taken["sacred"], "wall")
    yield Figure("recorded no-op run / sacred", measured, 0.6)


def large_run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare the same run in a repository of 5,000 files with 200 sources."""
    large_repository(folder)
    taken = in_turns(
        {
            peer: Command((sys.executable, f"{peer}_train.py"), folder)
            for peer in ("forge", "sacred")
        },
        # Sacred asks git about each source: that takes many seconds.
        rounds=min(rounds, 3),
    )
    measured = ratio(taken["forge"], taken["sacred"], "wall")
    yield Figure("the same, 5,000 files and 200 sources / sacred", measured, 0.3)


def in_process(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare recorded runs that do nothing, one after another in one process.

    Each has processes of its own, in turns: what one imports and keeps in memory does
    not slow the other down.
    """
    peers = ("forge", "sacred")
    taken: dict[str, list[float]] = {peer: [] for peer in peers}
    # One such process takes half a second, and the disk of the moment with it.
    for turn in range(2 * rounds + 1):
        for peer in peers if turn % 2 else peers[::-1]:
            answer = folder / f"in_process_{peer}.json"
            once(Command((sys.executable, "in_process.py", peer, str(answer)), folder))
            # The first turn compiles bytecode.
            if turn:
                text = answer.read_text(encoding="utf-8")
                taken[peer].append(MILLISECONDS * json.loads(text))
    for peer, times in taken.items():
        print(f"  recorded run in process, {peer}: {statistics.median(times):.2f} ms")
    pairs = zip(*taken.values(), strict=True)
    measured = statistics.median(mine / other for mine, other in pairs)
    yield Figure("recorded no-op run, in process / sacred", measured, 0.5)


def start_delay(folder: Path, rounds: int) -> Iterator[Figure]:
    """Compare when the body begins, with everything recorded and with nothing."""
    waits = []
    for turn in range(2 * rounds + 1):
        pair = [_delay(folder, *words) for words in ((), ("--no-record",))]
        # The first turn compiles bytecode.
        if turn:
            waits.append(MILLISECONDS * (pair[0] - pair[1]))
    what = "start delay by recording, git probed"
    yield Figure(what, statistics.median(waits), 50.0, "ms")


def _delay(folder: Path, *words: str) -> float:
    """Start a run; return the seconds until its body began."""
    start = repr(time.monotonic())
    once(Command((sys.executable, "delay.py", start, *words), folder))
    text = (folder / "delay.json").read_text(encoding="utf-8")
    return float(json.loads(text))


def resolving(folder: Path, rounds: int) -> Iterator[Figure]:
    """Time a config of 100 components and 1,000 parameters."""
    answer = folder / "resolve.json"
    words = (sys.executable, str(HERE / "resolve.py"), str(folder), str(answer))
    times = []
    for _ in range(rounds):
        once(Command(words, folder))
        times.append(json.loads(answer.read_text(encoding="utf-8")))
    what = "resolving 100 components, 1,000 parameters (CPU)"
    yield Figure(what, statistics.median(times), 20.0, "ms")
