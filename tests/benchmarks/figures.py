"""The figures that Forge promises, measured next to its peers.

`tox -e bench` runs this file; it prints one table and ends with exit status 1 when a
figure is over its reach that this machine could reach. Sacred and Hydra run the same
small experiment (`peers/`) with the same interpreter and packages, from a git
repository made for the occasion, so that how the checkout looks does not matter.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import recording
import starts
from browsing import curves, listing, listing_many
from checkpointing import checkpoints
from harness import Figure, table
from loading import loading
from tracking import tracking


# What makes and removes thousands of files comes late: for minutes, some file systems
# then take ten times as long to make a new one.
SECTIONS = (
    starts.imports,
    starts.print_config,
    starts.in_process,
    starts.recorded_run,
    starts.start_delay,
    starts.resolving,
    starts.large_run,
    recording.log_scalar,
    recording.many_scalars,
    recording.killed,
    recording.output,
    recording.memory,
    tracking,
    listing,
    listing_many,
    curves,
    checkpoints,
    loading,
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
                folder = starts.repository(Path(name).resolve())
                figures += section(folder, options.rounds)
    print(table(figures))
    return 1 if any(figure.verdict == "NO" for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
