"""Ratios between whole processes, run one after another in turns.

Seconds differ from machine to machine and from minute to minute; the ratio of two
processes that ran next to each other does not. So each round runs every command
once, the order moves on by one with each round, and a figure is the median over the
rounds of the ratio within a round.
"""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


#: No command of a benchmark may take longer than this many seconds.
LIMIT = 600.0
KILOBYTES = 1024

Clock = Literal["cpu", "wall"]


class CommandError(Exception):
    """A measured command did not end with exit status 0."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start.

    Attributes:
        words: The program and its arguments.
        folder: The working directory.
    """

    words: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process took: seconds, and memory.

    Attributes:
        cpu: User and system time, that of waited-for children included.
        wall: From the start to the end.
        memory: The most that was in use, in MB, by the process or a child of its.
    """

    cpu: float
    wall: float
    memory: float = 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was measured, and against what.
        measured: The median.
        reach: The figure is good up to this.
        unit: What both numbers count.
        floor: What a part of the work takes that nobody can leave out, measured
            in the same rounds; above the reach, this machine cannot reach it.
    """

    what: str
    measured: float
    reach: float
    unit: str = "x"
    floor: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the figure is within its reach."""
        return self.measured <= self.reach

    @property
    def verdict(self) -> str:
        """What the table says of it."""
        if self.ok:
            return "yes"
        if self.floor > self.reach:
            return f"no: the floor is {self.floor:.2f}"
        return "NO"


def once(command: Command) -> Sample:
    """Run a command to its end.

    Args:
        command: What to run; its output goes to `output.log` in its folder, because
            a pipe that nobody reads would stop it.

    Returns:
        What it took.

    Raises:
        CommandError: When it failed or was still running after `LIMIT` seconds.
    """
    log = command.folder / "output.log"
    with log.open("wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        try:
            # subprocess would wait without asking what the child used.
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        finally:
            timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        line = " ".join(command.words)
        text = f"exit status {process.returncode} of: {line}\n{end}"
        raise CommandError(text)
    return Sample(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        memory=usage.ru_maxrss / KILOBYTES,
    )


def in_turns(
    commands: Mapping[str, Command], *, rounds: int
) -> dict[str, list[Sample]]:
    """Run every command once a round, after one round that does not count.

    Args:
        commands: The commands by name.
        rounds: How many rounds count.

    Returns:
        The samples of each command, one for each round.
    """
    names = list(commands)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            sample = once(commands[name])
            # The first round compiles bytecode and warms the file cache.
            if turn:
                samples[name].append(sample)
    return samples


def ratio(over: Sequence[Sample], under: Sequence[Sample], clock: Clock) -> float:
    """Divide what two commands took, round by round.

    Args:
        over: The samples above the line.
        under: The samples below it, of the same rounds.
        clock: Which time counts.

    Returns:
        The median over the rounds.
    """
    pairs = zip(over, under, strict=True)
    return statistics.median(getattr(a, clock) / getattr(b, clock) for a, b in pairs)


def median(samples: Sequence[Sample], clock: Clock) -> float:
    """Take the median time of one command.

    Args:
        samples: Its samples.
        clock: Which time counts.

    Returns:
        Seconds.
    """
    return statistics.median(getattr(sample, clock) for sample in samples)


def table(figures: Sequence[Figure]) -> str:
    """Lay figures out as text.

    Args:
        figures: The lines.

    Returns:
        A head line and one line for each figure.
    """
    rows = [("what", "measured", "reach", "ok")]
    for figure in figures:
        measured = f"{figure.measured:.2f} {figure.unit}"
        reach = f"<= {figure.reach:g} {figure.unit}"
        rows.append((figure.what, measured, reach, figure.verdict))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
