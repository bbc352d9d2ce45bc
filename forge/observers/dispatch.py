"""The way of an event from the run to its observers."""

import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import get_ident
from typing import Any, TextIO

from forge._text import plural
from forge.observers.base import (
    Added,
    Completed,
    Event,
    Failed,
    Interrupted,
    Logged,
    Noted,
    Observer,
    Started,
    Take,
    check,
)
from forge.observers.turn import Turn
from forge.observers.warning import warn


_ENDED = (Completed, Failed, Interrupted)

#: How many events the observers may cause while one event is delivered. An observer
#: that prints whenever something is printed would otherwise never come to an end.
_MOST_WAITING = 1000

_GOES_ON = """
  The run goes on, and so does the observer; the end of the run names it again."""

#: Seconds that an observer may take to close before it is told who is waited for.
CLOSING_SECONDS = 10

_SLOW = """\
observer {name} has taken {seconds} seconds to close, and is waited for.
  The run itself is over. Ctrl-C goes on without this observer."""

_ENDLESS = """the observers cause events without end; those that wait are dropped.
  Each {kind} makes one of them log, note or print, which is the next {kind}."""

_OVER = """\
the run is over: what is logged, noted or added from now on is not recorded.
  Do it before the experiment returns, and end the threads that go on with it."""

_dispatchers: "weakref.WeakSet[Dispatcher]" = weakref.WeakSet()


@dataclass(slots=True)
class _Trouble:
    """What went wrong with one observer so far."""

    first: str
    count: int = 1
    # Reported when the run was over: naming it again would say it twice.
    at_end: bool = False


class Dispatcher:
    """Sends each event to each observer, one event at a time and in order.

    Args:
        observers: Who receives, in this order; the one that writes the run directory
            first, so that what others tell of a run is on disk by then.
        stream: Where failures are reported; by default `sys.stderr` of the moment.

    Raises:
        ForgeError: `bad-observer` if one of them cannot receive events.
    """

    def __init__(
        self, observers: Iterable[Observer], *, stream: TextIO | None = None
    ) -> None:
        self.observers = tuple(observers)
        for observer in self.observers:
            check(observer)
        self._find_takes(self.observers)
        self._stream = stream
        self._turn = Turn()
        self._sending = False
        self._waiting: deque[Event] = deque()
        self._troubles: dict[int, _Trouble] = {}
        self._endless = False
        self._closed = False
        _dispatchers.add(self)

    def send(self, event: Event) -> None:
        """Send an event to every observer; returns when all have had it.

        Args:
            event: What happened.

        Raises:
            Exception: What a required observer raised at `Started`; nothing else.
        """
        turn = self._turn
        if turn.taken and turn.is_mine():
            # An observer caused this one; the others have yet to get the present.
            self._waiting.append(event)
            return
        # As in `turn.alone`, in a fifth of the time.
        with turn.lock:
            if self._sending:
                self._waiting.append(event)
                return
            kept = turn.kept
            try:
                if kept or turn.taken:
                    turn.claim()
                self._sending = True
                self._deliver(event)
                if self._waiting:
                    self._send_waiting()
            finally:
                self._sending = False
                if kept:
                    turn.kept = not turn.shared

    # Training waits here: whatever is called in between costs it time.
    def log(self, step: int | None, time: float, metrics: Mapping[str, float]) -> None:
        """Send `Logged`, in less time: no event is made for those who need none.

        Args:
            step: The step; None leaves it to the reader to count.
            time: Seconds since the run started.
            metrics: The numbers by name.
        """
        turn = self._turn
        if get_ident() != turn.keeper:
            # Not within `pausing`, where it is not kept: that is how metrics come which
            # were held back, and these come seldom.
            turn.shared |= turn.kept
        elif turn.taken:
            self._waiting.append(Logged(step, time, metrics))
            return
        else:
            try:
                # Within the `try`, so that Ctrl-C cannot come between the two.
                turn.taken = True
                if turn.kept:
                    take, taker = self._take, self._taker
                    try:
                        take(step, time, metrics)
                    except BaseException as error:
                        if taker is None:  # no observer's, but a signal's
                            raise
                        self._failed(taker, Logged(step, time, metrics), error)
                    if self._waiting:
                        self._send_waiting()
                    return
            finally:
                turn.taken = False
        self.send(Logged(step, time, metrics))

    def pausing(self) -> AbstractContextManager[None]:
        """Let other threads wait with their events for the end of the context."""
        return self._turn.alone()

    def overtaking(self, seconds: float) -> AbstractContextManager[None]:
        """Come before what this thread sends, and after what another one does.

        Args:
            seconds: How long to wait for the other one; what takes longer is overtaken.
        """
        return self._turn.overtaking(seconds)

    def close(self) -> None:
        """Close the observers and name those that failed; later calls do nothing."""
        with self._turn.alone():
            if self._closed:
                return
            self._closed = True
            recorded = any(map(_is_required, self.observers))
            self._find_takes([_Nobody(self._stream)] if recorded else [])
            for observer in self.observers:
                self._close(observer)
            for observer in self.observers:
                trouble = self._troubles.get(id(observer))
                if trouble and not trouble.at_end:
                    times = plural(trouble.count, "time")
                    what = f"failed {times}, {trouble.first}"
                    self._say(f"observer {_name(observer)} {what}")

    def renew(self) -> None:
        """Begin anew in a forked child.

        A thread that had the turn while the process forked does not exist there, and
        the first `log` call would wait for it for ever.
        """
        self._turn.renew()
        self._sending = False

    def _find_takes(self, observers: Iterable[Observer]) -> None:
        """Find what each observer takes metrics by: `logged`, or the event of theirs.

        Looking a method up costs as much as a short one takes.
        """
        self._takes = tuple((_take(observer), observer) for observer in observers)
        # A loop costs as much again. Of several, `_give` tells itself which one failed.
        self._take: Take = self._give
        self._taker: Any = None
        if len(self._takes) == 1:
            ((self._take, self._taker),) = self._takes

    def _give(
        self, step: int | None, time: float, metrics: Mapping[str, float]
    ) -> None:
        """Give metrics to everybody, unless they are closed."""
        for take, observer in self._takes:
            try:
                take(step, time, metrics)
            except BaseException as error:  # noqa: BLE001 - the contract
                self._failed(observer, Logged(step, time, metrics), error)

    def _deliver(self, event: Event) -> None:
        """Give an event to everybody, unless they are closed."""
        for _, observer in self._takes:
            try:
                observer.receive(event)
            except BaseException as error:  # noqa: BLE001 - the contract
                self._failed(observer, event, error)
        if type(event) is Started:
            self._find_takes(self.observers)

    def _send_waiting(self) -> None:
        """Send what observers caused while the last event was sent."""
        for _ in range(_MOST_WAITING):
            if not self._waiting:
                return
            self._deliver(self._waiting.popleft())
        kind = type(self._waiting[0]).__name__ if self._waiting else ""
        self._waiting.clear()
        if kind and not self._endless:
            self._endless = True
            self._say(_ENDLESS.format(kind=kind))

    def _close(self, observer: Observer) -> None:
        """Close one observer, if it can be closed."""
        close = getattr(observer, "close", None)
        if close is None:
            return
        # The one that writes the run folder is as quick as the disk is.
        notice = None if _is_required(observer) else self._notice(observer)
        try:
            close()
        except BaseException as error:  # noqa: BLE001 - Ctrl-C gives up waiting for it
            self._count(observer, "while closing", error, at_end=True)
        finally:
            if notice:
                notice.cancel()

    def _notice(self, observer: Observer) -> threading.Timer:
        """Say soon whom everybody waits for, unless that is cancelled."""
        text = _SLOW.format(name=_name(observer), seconds=CLOSING_SECONDS)
        timer = threading.Timer(CLOSING_SECONDS, self._say, [text])
        timer.daemon = True
        timer.start()
        return timer

    def _failed(self, observer: Observer, event: Event, error: BaseException) -> None:
        """Report a failure, or let it stop a run that has not begun."""
        _pass_on(error)
        if isinstance(event, Started) and _is_required(observer):
            raise error
        when = f"at {type(event).__name__}"
        self._count(observer, when, error, at_end=isinstance(event, _ENDED))

    def _count(
        self, observer: Observer, when: str, error: BaseException, *, at_end: bool
    ) -> None:
        """Report the first failure of an observer; only count the others."""
        trouble = self._troubles.get(id(observer))
        if trouble:
            trouble.count += 1
            return
        what = f"{when}: {_message(error)}"
        self._troubles[id(observer)] = _Trouble(f"first {what}", at_end=at_end)
        goes_on = "" if at_end else _GOES_ON
        self._say(f"observer {_name(observer)} failed {what}{_place(error)}{goes_on}")

    def _say(self, text: str) -> None:
        """Warn on the stream of this dispatcher."""
        warn(text, self._stream)


class _Nobody:
    """Receives what comes when the run is over, and says once that it is lost.

    Args:
        stream: Where to.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._said = False

    def receive(self, event: Event) -> None:
        """Pass over what Forge itself sends late, such as a heartbeat."""
        match event:
            case Logged() | Added(kind="artifact" | "resource"):
                self._lose()
            case Noted(what="note" | "tag"):
                self._lose()

    def _lose(self) -> None:
        """Say it, unless it is said."""
        if not self._said:
            self._said = True
            warn(_OVER, self._stream)


def _take(observer: Observer) -> Take:
    """Find what an observer takes metrics by: `logged`, or the event of theirs."""
    receive = observer.receive
    logged: Take | None = getattr(observer, "logged", None)
    if logged is None or _overrides_receive(observer):
        return lambda step, time, metrics: receive(Logged(step, time, metrics))
    return logged


def _overrides_receive(observer: Observer) -> bool:
    """Tell whether `logged` is missing, or older than what `receive` does."""
    for names in (vars(kind) for kind in type(observer).__mro__):
        if "logged" in names:
            # What an object has of its own counts for more than its class.
            return "receive" in getattr(observer, "__dict__", ())
        if "receive" in names:
            break
    return True


def _is_required(observer: Observer) -> bool:
    """Tell whether there is no run without the observer: it writes the folder."""
    return bool(getattr(observer, "required", False))


def _name(observer: Observer) -> str:
    """Name an observer by its class."""
    return type(observer).__name__


def _pass_on(error: BaseException) -> None:
    """Raise what is no failure of an observer: Ctrl-C, or the end of the run."""
    # Requests to end are a kind of SystemExit; sys.exit() of an observer is plain.
    ends = isinstance(error, KeyboardInterrupt | SystemExit)
    if ends and type(error) is not SystemExit:
        raise error


def _message(error: BaseException) -> str:
    """Write an exception in one line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException) -> str:
    """Name the line that raised, the innermost one if it is the observer's own."""
    # Only failures need it.
    import traceback  # noqa: PLC0415

    # First come this module's calls, then the observer.
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__
    ]
    if not frames:
        return ""
    frame = frames[0]
    return f"\n  {frame.filename}:{frame.lineno}: {frame.line}"


def _renew() -> None:
    """Give a forked child turns of its own."""
    for dispatcher in list(_dispatchers):
        dispatcher.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
