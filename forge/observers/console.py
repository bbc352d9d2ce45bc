"""A run told on the terminal, in a few lines."""

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Protocol, TextIO

from forge._text import near
from forge.observers.base import (
    Completed,
    Event,
    Failed,
    Heartbeat,
    Interrupted,
    Logged,
    Noted,
    Saved,
    Started,
)
from forge.observers.best import Best
from forge.observers.loop import Look
from forge.records.goals import goal_of
from forge.records.runfile import RunFile


#: Seconds between two reports where no number of steps was asked for.
REPORT_EVERY_SECONDS = 10.0

#: A report every few steps can come faster than anybody reads: this many lines may
#: come at once, and this many a second in the long run.
_BURST = 20.0
_LINES_A_SECOND = 2.0

_MOST_METRICS = 6
_LONGEST_MESSAGE = 160

_COLOURS = {"COMPLETED": "32", "FAILED": "31", "INTERRUPTED": "33"}


class Watched(Protocol):
    """The loop of a run, as far as the console has to know it."""

    @property
    def is_drawn(self) -> bool:
        """Whether somebody draws it, so that lines would say the same."""
        ...

    def look(self) -> Look | None:
        """See how far it has come; None where there is none."""
        ...


class ConsoleObserver:
    """Tells the run on a stream, in lines short enough to watch.

    Args:
        stream: Where to; by default `sys.stderr` of the moment.
        report_every: Report the metrics each time this many steps have passed; by
            default every 10 seconds.
        goal: The metric to name at the end, such as `max accuracy` or `min loss`.
        quiet: Tell nothing.
        name: What to call the run until its number is known.
        loop: The loop of the run, to tell how far it has come.
        told: Notes that the user has been told already.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        report_every: int | None = None,
        goal: str | None = None,
        quiet: bool = False,
        name: str = "run",
        loop: Watched | None = None,
        told: Iterable[str] = (),
    ) -> None:
        self._stream = stream
        self._every = report_every
        self._quiet = quiet
        self._best = Best(found) if (found := goal_of(goal)) else None
        self._name = name
        self._loop = loop
        self._told = {*told}
        self._saved: int | None = None
        self._step = self._counted = 0
        self._counts = False
        self._latest: dict[str, float] = {}
        # A step if reports go by steps, else a time.
        self._next: float = report_every or REPORT_EVERY_SECONDS
        # The time from which on each call is looked at more closely.
        self._closely = bool(report_every or goal)
        self._due = self._next_look()
        self._allowance = _BURST
        self._reported = 0.0
        self._metrics: Path | None = None

    def latest(self) -> Mapping[str, float]:
        """Tell what was logged last.

        Returns:
            The numbers by name, as they are now.
        """
        return self._latest.copy()

    def receive(self, event: Event) -> None:
        """Write the line that an event deserves, if any.

        Args:
            event: What happened.
        """
        if type(event) is Logged:
            self.logged(event.step, event.time, event.metrics)
        elif not self._quiet:
            self._tell(event)

    # This is where training waits.
    def logged(
        self, step: int | None, time: float, metrics: Mapping[str, float]
    ) -> None:
        """Take note of one `log` call, and report the metrics if it is time.

        Args:
            step: The step; None lets them be counted.
            time: Seconds since the run started.
            metrics: The numbers by name.
        """
        latest = self._latest
        latest |= metrics
        if step is None:
            self._counted += 1
        if time >= self._due:
            self._look(step, time, metrics)

    def _tell(self, event: Event) -> None:
        """Write the line of an event that comes seldom."""
        match event:
            case Started(run=run, layout=layout):
                self._name = f"{run.name}/{run.number}"
                self._metrics = layout.metrics
                self._take_up(run)
                self._say(near(layout.folder), *_doing(run))
            case Heartbeat(time=time):
                self._beat(time)
            case Noted(what=what, value=value):
                self._note(what, value)
            case Saved(step=step):
                self._saved = step
            case Completed(duration=duration, result=result):
                self._end("COMPLETED", duration, self._outcome(result))
            case Failed(duration=duration, error=error):
                text = one_line(f"{error.type}: {error.message}".rstrip(": "))
                self._end("FAILED", duration, [text, *self._kept()])
            case Interrupted(duration=duration, reason=reason):
                text = one_line(reason or "")
                self._end("INTERRUPTED", duration, [text, *self._kept()])

    def _note(self, what: str, value: Any) -> None:
        """Tell a remark, and take what is known of earlier sessions into account."""
        if what == "notes" and isinstance(value, str) and value not in self._told:
            self._write(f"note: {value}")
        elif what == "superseded" and self._best and self._metrics:
            self._best.read(self._metrics)

    def _next_look(self) -> float:
        """Find the time of the next call that may have to be reported."""
        if self._quiet:
            return math.inf
        return -math.inf if self._closely else self._next

    def _look(
        self, step: int | None, time: float, metrics: Mapping[str, float]
    ) -> None:
        """Look whether a call is to be reported."""
        if self._best:
            self._best.see(metrics, step)
        self._counts = step is None
        self._step = step = self._counted if step is None else step
        if (step if self._every else time) >= self._next:
            self._report_in_time(time)
            self._due = self._next_look()

    def _take_up(self, run: RunFile) -> None:
        """Let the first report of a run that goes on be due when one would be."""
        if len(run.sessions) > 1:
            step = run.sessions[-1].resumed or 0
            # The time that its sessions took so far comes with the first event only.
            self._next = self._multiple(step) if self._every else -math.inf
            self._due = self._next_look()

    def _multiple(self, step: int) -> int:
        """Find the next step to report; a coarser `log` rhythm does not drift."""
        every = self._every or 1
        return (step // every + 1) * every

    def _beat(self, time: float) -> None:
        """Report a loop that nothing was logged of for a while."""
        loop = self._loop
        look = None if loop is None or loop.is_drawn else loop.look()
        silent = not self._latest if self._every else time >= self._next
        if look is not None and silent:
            if not self._every:
                self._next = time + REPORT_EVERY_SECONDS
                self._due = self._next_look()
            self._report(time, look.step, look)

    def _report_in_time(self, time: float) -> None:
        """Report the metrics, unless reports come faster than anybody reads."""
        begins = self._next < 0
        later = time + REPORT_EVERY_SECONDS
        self._next = self._multiple(self._step) if self._every else later
        if begins:
            return
        self._allowance += (time - self._reported) * _LINES_A_SECOND
        self._allowance = min(self._allowance, _BURST)
        self._reported = time
        if self._allowance >= 1.0:
            self._allowance -= 1.0
            look = self._loop.look() if self._loop else None
            # Where no steps are given, those of the loop say more than a count.
            step = look.step if look and self._counts else self._step
            self._report(time, step, look)

    def _report(self, time: float, step: int, look: Look | None) -> None:
        """Write the line of metrics, with the loop if it is theirs."""
        shown = list(self._latest.items())[:_MOST_METRICS]
        cells = [f"{one_line(name)} {number(value)}" for name, value in shown]
        more = len(self._latest) - len(shown)
        if more:
            cells.append(f"(+{more} more)")
        where, left = f"step {step}", ""
        if look is not None and look.step == step and look.total is not None:
            where += f"/{look.total}"
            left = f"{seconds(look.left)} left" if look.left else ""
        self._say(where, seconds(time), left, *cells)

    def _kept(self) -> list[str]:
        """Say what a run that did not complete can go on from."""
        return [] if self._saved is None else [f"saved at step {self._saved}"]

    def _outcome(self, result: Any) -> list[str]:
        """Say in a few words what came out: the result's values, or the goal."""
        found: Mapping[str, float]
        if isinstance(result, list | tuple):
            cells, found = [f"result {_listed(result)}"], {}
        else:
            found = _numbers(result)
            cells = [f"{one_line(name)} {number(n)}" for name, n in found.items()]
        if self._best and self._best.name not in found:
            cells += _of_best(self._best)
        return cells

    def _end(self, status: str, duration: float, cells: list[str]) -> None:
        """Write the last line."""
        status = self._coloured(status, _COLOURS[status])
        self._say(f"{status} in {seconds(duration)}", *cells)

    def _coloured(self, text: str, colour: str) -> str:
        """Colour a word where somebody sees it."""
        stream = self._stream or sys.stderr
        if os.environ.get("NO_COLOR") or not stream.isatty():
            return text
        return f"\x1b[{colour}m{text}\x1b[0m"

    def _say(self, *cells: str) -> None:
        """Write a line that begins with the run's name."""
        self._write("  ".join(cell for cell in (self._name, *cells) if cell))

    def _write(self, line: str) -> None:
        """Write a line, whatever has become of the stream."""
        stream = self._stream or sys.stderr
        with suppress(OSError, ValueError, AttributeError):
            stream.write(line + "\n")
            stream.flush()


def _of_best(best: Best) -> list[str]:
    """Say what the best value is, if there is one."""
    if math.isnan(best.value):
        return []
    where = "" if best.step is None else f" at step {best.step}"
    return [f"best {one_line(best.name)} {number(best.value)}{where}"]


def number(value: float) -> str:
    """Write a number with 4 significant digits; whole numbers are written in full.

    Args:
        value: Any number, also NaN and infinities.

    Returns:
        `0.9712`, `12350` for 12345.6, `1.235e+09`, `nan`.
    """
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else f"{float(value):.4g}"
    short = f"{value:.4g}"
    if 1e4 <= abs(float(short)) < 1e7:  # noqa: PLR2004 - where plain digits read better
        return f"{float(short):.0f}"
    return short


def seconds(value: float) -> str:
    """Write a length of time in the units one would say it in.

    Args:
        value: Seconds.

    Returns:
        `0.32 s`, `12.3 s`, `2 min 5 s`, `3 h 12 min`.
    """
    if value < 60:  # noqa: PLR2004
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _numbers(result: Any) -> dict[str, float]:
    """Find the numbers in what an experiment returned."""
    named = result if isinstance(result, Mapping) else {"result": result}
    found: dict[str, float] = {}
    for name, value in named.items():
        match _scalar(value):
            case bool():
                continue
            case Integral() as n:
                found[str(name)] = int(n)
            case Real() as x:
                found[str(name)] = float(x)
    return dict(list(found.items())[:_MOST_METRICS])


def _scalar(value: Any) -> Any:
    """Turn an array of one number, of any framework, into the number."""
    try:
        if value.shape != () or isinstance(value, Real):
            return value
        from forge.records.codec import numbers_of  # noqa: PLC0415

        return numbers_of(value)
    except Exception:  # noqa: BLE001 - the value's own code, which may do anything
        return value


def _listed(result: Sequence[Any]) -> str:
    """Write a list, or how it begins."""
    items = [_item(value) for value in result[:_MOST_METRICS]]
    more = len(result) - len(items)
    return f"[{', '.join(items)}]{f' (+{more} more)' if more else ''}"


def _item(value: Any) -> str:
    """Write one value of a list; of what is large or unknown, what kind it is."""
    match _scalar(value):
        case None | bool() as plain:
            return str(plain)
        case Integral() as n:
            return number(int(n))
        case Real() as x:
            return number(float(x))
        case str() as text:
            return repr(one_line(text))
        case list() | tuple():
            return "[…]" if value else "[]"
    return type(value).__name__


def one_line(text: str) -> str:
    """Make text of unknown origin safe for a terminal.

    Args:
        text: Any text.

    Returns:
        Its first line, not too long and without control codes.
    """
    line = text.strip().partition("\n")[0]
    if len(line) > _LONGEST_MESSAGE:
        line = line[: _LONGEST_MESSAGE - 1] + "…"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def _doing(run: RunFile) -> list[str]:
    """Say what a run does beside beginning: a command, or going on."""
    doing = [run.command] if run.command else []
    if len(run.sessions) > 1:
        step = run.sessions[-1].resumed
        doing.append(f"goes on after step {step}" if step else "begins again")
    return doing
