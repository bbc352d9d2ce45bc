"""Verbs that print what a run wrote: its files, its output, its metrics."""

import math
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from forge._text import did_you_mean, visible
from forge.browse.contents import LARGEST, file_of, shown, text_of
from forge.browse.expression import Name
from forge.browse.tables import Column, Table
from forge.browse.wording import Look
from forge.cli.arguments import (
    behind,
    chosen_one,
    declare_formats,
    declare_run,
    format_of,
    number,
)
from forge.cli.output import declare_colour, in_colour, is_terminal, say, say_all
from forge.cli.printing import print_table
from forge.cli.verbs import Command
from forge.errors import ForgeError
from forge.records.curves import spark
from forge.records.durable import open_regular
from forge.records.layout import RunLayout
from forge.records.metrics import Metrics, Series
from forge.records.record import Record


#: Seconds between two looks at a file that grows.
_PAUSE: Final = 0.2

#: Bytes that are copied at once.
_PORTION: Final = 1 << 20


def declare_cat(parser: ArgumentParser) -> None:
    """Add the arguments of `cat`."""
    declare_run(parser)
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="output, error, config, summary, metrics, diff, requirements, info, or a"
        " path in the run folder; by default output",
    )
    parser.add_argument(
        "--raw", action="store_true", help="the very bytes, on a terminal too"
    )
    declare_colour(parser)


def cat(options: Namespace) -> int:
    """Print a file of a run."""
    file = behind(options, options.file) or "output"
    path = file_of(chosen_one(options), file)
    if is_terminal() and not options.raw:
        text = text_of(path).removesuffix("\n")
        say_all(shown(text, colours=in_colour(options.color)))
    else:
        _copy(path)
    return 0


def declare_tail(parser: ArgumentParser) -> None:
    """Add the arguments of `tail`."""
    declare_run(parser)
    parser.add_argument(
        "-n", metavar="N", type=number, default=20, help="so many lines"
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="go on until the run has ended"
    )
    declare_colour(parser)


def tail(options: Namespace) -> int:
    """Print the end of what a run printed."""
    layout, colours = RunLayout(chosen_one(options)), in_colour(options.color)
    data, offset = _end_of(layout.output)
    *lines, rest = data.split(b"\n")
    if lines and options.n > 0:
        _say(b"\n".join(lines[-options.n :]), colours=colours)
    if options.follow:
        rest = _follow(layout, rest, offset, colours=colours)
    if rest:
        _say(rest, colours=colours)
    return 0


def declare_metrics(parser: ArgumentParser) -> None:
    """Add the arguments of `metrics`."""
    declare_run(parser)
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="one metric; without, all are listed"
    )
    parser.add_argument("--spark", action="store_true", help="as a line of characters")
    declare_formats(parser)


def metrics(options: Namespace) -> int:
    """List the metrics of a run, or print the points of one."""
    name = behind(options, options.name)
    record = Record.read(chosen_one(options))
    found = record.metrics
    if name is None:
        return _list(found, options)
    if name not in found:
        hint = did_you_mean(name, found)
        has = ", ".join(map(visible, found)) or "none"
        raise ForgeError(
            "no-metric",
            f"{record.name}/{record.number} has no metric {name!r}.{hint}"
            f"\n  It has: {has}.",
            name=name,
        )
    series = found[name]
    if options.spark:
        say(_sparked(series))
        return 0
    points = zip(series.steps, series.times, series.values, strict=True)
    print_table(_table(("step", "time", series.name), list(points)), _form(options))
    return 0


def _list(found: Metrics, options: Namespace) -> int:
    """List the metrics of a run."""
    if options.spark:
        width = max(map(len, found), default=0)
        for name, series in found.items():
            say(f"{visible(name).ljust(width)}  {_sparked(series)}")
    else:
        heads = ("metric", "last", "min", "max", "points")
        rows = [(name, one.last, *_ends(one), len(one)) for name, one in found.items()]
        print_table(_table(heads, rows), format_of(options))
    return 0 if found else 1


def _ends(series: Series) -> tuple[float | None, float | None]:
    """Find the least and the greatest value; NaN is neither."""
    numbers = [value for value in series.values if not math.isnan(value)]
    return min(numbers, default=None), max(numbers, default=None)


def _form(options: Namespace) -> str:
    """Print points as lines also on a terminal: there may be many."""
    return format_of(options) or "tsv"


def _sparked(series: Series) -> str:
    """Draw a metric."""
    line = spark(series.steps, series.values)
    return f"{line}  {series.last:.4g} @ {series.steps[-1]}"


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    """Make a table of values that are no runs."""
    columns = (
        Column(Name("", head), head, Look.VALUE, lambda _, __: None) for head in heads
    )
    return Table(tuple(columns), tuple(rows))


def _say(data: bytes, *, colours: bool) -> None:
    """Print what a run printed, at once: in a pipe too somebody may wait for it."""
    say_all(shown(data.decode(errors="replace"), colours=colours))
    sys.stdout.flush()


def _end_of(path: Path) -> tuple[bytes, int]:
    """Read the end of a file, and tell where it ends."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - LARGEST))
            return file.read(min(size, LARGEST)), file.tell()
    except OSError:
        return b"", 0


def _follow(layout: RunLayout, rest: bytes, offset: int, *, colours: bool) -> bytes:
    """Print what is appended, line by line, until the run has ended."""
    while True:
        ended = _has_ended(layout)
        data = _appended(layout.output, offset)
        offset += len(data)
        # Whole lines only, because a character may be half there.
        whole, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            _say(whole, colours=colours)
        if not data:
            if ended:
                return rest
            time.sleep(_PAUSE)


def _has_ended(layout: RunLayout) -> bool:
    """Tell whether nothing more is to be expected of a run."""
    try:
        return Record.read(layout.folder).status.is_final
    except ForgeError:
        return not layout.folder.exists()


def _appended(path: Path, offset: int) -> bytes:
    """Read what was appended to a file."""
    try:
        with open_regular(path) as file:
            # A file that is shorter was replaced: begin again.
            file.seek(offset if offset <= os.fstat(file.fileno()).st_size else 0)
            return file.read(_PORTION)
    except OSError:
        return b""


def _copy(path: Path) -> None:
    """Write a file to the output as it is."""
    sys.stdout.flush()
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(text_of(path))
        return
    with path.open("rb") as file:
        while data := file.read(_PORTION):
            raw.write(data)
    raw.flush()


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "cat": Command(declare_cat, cat),
        "tail": Command(declare_tail, tail),
        "metrics": Command(declare_metrics, metrics),
    }
)
