"""The figures that Forge promises, measured next to its peers.

`tox -e bench` runs this file; it prints one table and ends with exit status 1 when a
figure is over its reach. Sacred and Hydra run the same small experiment (`peers/`)
with the same interpreter and packages, from a git repository made for the occasion,
so that how the checkout looks does not matter.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from browsing import curves, listing, listing_many
from harness import Command, Figure, in_turns, median, once, ratio, table
from tracking import tracking


HERE = Path(__file__).parent
PEERS = ("forge", "sacred", "hydra")


def repository(folder: Path) -> Path:
    """Copy the peers' scripts to a folder and commit them there.

    Args:
        folder: An empty folder.

    Returns:
        The folder.
    """
    git = shutil.which("git") or "git"
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    shutil.copytree(HERE / "peers", folder, dirs_exist_ok=True)
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Begin")):
        subprocess.run([git, *who, *words], cwd=folder, check=True)
    return folder


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


SECTIONS = (
    imports,
    print_config,
    recorded_run,
    log_scalar,
    resolving,
    tracking,
    listing,
    listing_many,
    curves,
)


def main() -> int:
    """Measure, print the table, and say by the exit status whether all is well."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    names = [section.__name__ for section in SECTIONS]
    parser.add_argument("--only", choices=names, action="append", default=[])
    options = parser.parse_args()
    figures: list[Figure] = []
    for section in SECTIONS:
        if section.__name__ in (options.only or names):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
                folder = repository(Path(name).resolve())
                figures += section(folder, options.rounds)
    print(table(figures))
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
