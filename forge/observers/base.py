'''The events of a run and the protocol of those who receive them.

An observer is any object with one method, `receive(event)`. It looks at the kind of
event with `match` and ignores what it does not care about, so twenty lines are enough:

    >>> from forge.observers.base import Completed, Event, Failed, Logged, Started
    >>> class Diary:
    ...     """Writes one line for each thing worth telling."""
    ...
    ...     def __init__(self):
    ...         self.lines = []
    ...         self.name = "?"
    ...
    ...     def receive(self, event: Event) -> None:
    ...         match event:
    ...             case Started(run=run):
    ...                 self.name = f"{run.name}/{run.number}"
    ...             case Logged(step=step, metrics={"loss": loss}):
    ...                 self.lines.append(f"{self.name} step {step}: {loss}")
    ...             case Completed(result=result):
    ...                 self.lines.append(f"{self.name} gave {result}")
    ...             case Failed(error=error):
    ...                 self.lines.append(f"{self.name} failed: {error.message}")

A pattern may look inside what was logged: above, a `log` call without a `loss` matches
no case and is passed over. Hand the observer to the experiment and run it:
`train.observers.append(Diary())`.

**Order.** `Started` comes first and once. Then any number of `Logged`, `Printed`,
`Saved`, `Added`, `Noted` and `Heartbeat`, in the order they happened. Then exactly one
of `Completed`, `Failed`, `Interrupted`. A run that is killed sends none of the three.

**One at a time.** Events come from several threads (the training loop, the heartbeat,
the probes that run beside it), but an observer never gets two at once and needs no lock
of its own. An event that an observer causes while it receives one, by logging or
printing, is delivered after the present one has reached everybody.

**Speed.** `receive` runs inside the call that caused the event: what it costs, training
pays. An observer that talks to a network puts events into a queue of its own, works
them off on its own thread, and gives up after a bounded time in `close`.

A method `logged(step, time, metrics)` is optional. Where there is one, most `log` calls
go to it and not to `receive`, which saves making an event for each. Order and failures
are the same, and `receive` must do the same with `Logged`. It is looked up before
`Started` and again after it. A subclass that overrides `receive` alone gets every event
there.

**Failing.** An observer may raise. The run goes on: the failure is reported once, the
next event is sent as if nothing had happened, and the observer is named again at the
end. An observer must therefore bear that it never saw some earlier event. One that has
`required = True` stops the run when it fails at `Started`, before it cost anything.

**Ownership.** Events are frozen and shared by all observers. What they carry belongs to
the run: read it, copy what you keep, change nothing.
'''

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from msgspec import Struct

from forge.errors import ForgeError
from forge.records.layout import RunLayout
from forge.records.runfile import ErrorFact, RunFile


class SourceCopy(Struct, frozen=True):
    """One source as it was when the run took its copy.

    Attributes:
        path: Where it lies below the project root, with `/` between the parts.
        data: Its bytes.
        sha256: Their digest in hexadecimal.
    """

    path: str
    data: bytes
    sha256: str = ""


class Started(Struct, frozen=True, kw_only=True):
    """The run begins; its folder and number exist, no user code has run.

    Attributes:
        layout: The names of all files in the run directory.
        run: What is known by now; facts that take longer follow as `Noted`.
        flags: The config in its flat, stored form, `git_commit` included.
        sources: The sources to keep; none if a resumed run goes on with its own.
        manifest: What `MANIFEST.json` says about them.
        session: 1 for a fresh run, 2 and up each time it was resumed.
    """

    layout: RunLayout
    run: RunFile
    flags: Mapping[str, Any]
    sources: Sequence[SourceCopy] = ()
    manifest: Mapping[str, Any] = {}
    session: int = 1


# Made for every `log` call. gc=False keeps them off the collector's lists, which is
# safe because nothing that they hold ever refers back to an event.
class Logged(Struct, frozen=True, gc=False):
    """Metrics were logged, by one call of `log`.

    Attributes:
        step: The position they were measured at; `None` leaves it to the reader to
            count for each metric.
        time: Seconds since the run started.
        metrics: The numbers by name; names of nested ones are joined with `/`.
    """

    step: int | None
    time: float
    metrics: Mapping[str, float]


class Printed(Struct, frozen=True, gc=False):
    """Output appeared; bytes that are not UTF-8 are surrogates, as in `os.fsdecode`.

    A run tells what is kept of its output, about twice a second and once more before
    its final event. What is printed after that is not told.

    Attributes:
        text: What was written, not necessarily whole lines.
        stream: Where it was written to; `output` is both in one, as they are kept.
    """

    text: str
    stream: Literal["output", "stdout", "stderr"] = "output"


class Saved(Struct, frozen=True):
    """A checkpoint is complete and on disk.

    Attributes:
        step: The step it was saved at.
        folder: Its folder.
        metrics: The metrics that were given with it.
    """

    step: int
    folder: Path
    metrics: Mapping[str, float] = {}


class Added(Struct, frozen=True):
    """A file was added to the run.

    Attributes:
        kind: An `artifact` the run made, a `resource` it read, or a `source` that was
            imported only after the start.
        name: An artifact's name in the run directory, a source's path below the
            project root, a resource's path as the user gave it; `/` between the parts.
        path: The file, or for artifacts a folder as well; `None` if `data` is it.
        data: The bytes, if there is no file.
    """

    kind: Literal["artifact", "resource", "source"]
    name: str
    path: Path | None = None
    data: bytes | None = None


class Noted(Struct, frozen=True):
    """A fact about the run, learned after the start or told by the user.

    What `value` is depends on `what`:

    | what | value |
    |---|---|
    | `git` | `Git`; the uncommitted changes come along in `data` |
    | `host` | `Host` |
    | `requirements` | lines `name==version` |
    | `injected` | `InjectedFact` by full key, added to those known |
    | `seeds` | the seed by dotted path, added to those known |
    | `computed` | values computed while building, by full key, added to those known |
    | `notes` | texts for the user, added to those there |
    | `flags` | all flags anew, flat |
    | `info` | the whole of the user's info |
    | `known` | nothing: what was found out beside a run that goes on is to be written |
    | `note`, `tag` | a text; one tag or several |
    | `superseded` | of what earlier sessions logged, the last step that counts |
    | `resumed` | the step whose checkpoint was restored |
    | `level` | `exact`, `state` or `weights`: how it goes on; and why it is not exact |

    Attributes:
        what: Which fact.
        value: The fact.
        data: What goes into a file of its own beside it.
        time: Seconds since the run started, where it matters.
    """

    what: Literal[
        "git",
        "host",
        "requirements",
        "injected",
        "seeds",
        "computed",
        "notes",
        "flags",
        "info",
        "known",
        "note",
        "tag",
        "superseded",
        "resumed",
        "level",
    ]
    value: Any
    data: bytes = b""
    time: float = 0.0


class Heartbeat(Struct, frozen=True, gc=False):
    """The run is alive; sent every few seconds from a thread of its own.

    Attributes:
        time: Seconds since the run started.
    """

    time: float


class Completed(Struct, frozen=True):
    """The run came to its end.

    Attributes:
        ended: When, as ISO text with the offset from UTC.
        duration: Seconds it took, all sessions together.
        result: What the experiment returned.
        reason: Free text, if there is more to say.
    """

    ended: str
    duration: float
    result: Any = None
    reason: str = ""


class Failed(Struct, frozen=True):
    """The run was ended by an exception.

    Attributes:
        ended: When, as ISO text with the offset from UTC.
        duration: Seconds it took, all sessions together.
        error: Type and message of the exception.
        traceback: The full traceback, the user's frames first.
        reason: Free text, if there is more to say.
        refused: Whether a resumed run could not go on, and stays as it was.
    """

    ended: str
    duration: float
    error: ErrorFact
    traceback: str = ""
    reason: str = ""
    refused: bool = False


class Interrupted(Struct, frozen=True):
    """The run was stopped before its end, by the user, a scheduler or itself.

    Attributes:
        ended: When, as ISO text with the offset from UTC.
        duration: Seconds it took, all sessions together.
        reason: Why, in a few words, such as `Ctrl-C` or `timeout`.
        signal: The signal's number, if one stopped it.
    """

    ended: str
    duration: float
    reason: str = ""
    signal: int | None = None


Ended: TypeAlias = Completed | Failed | Interrupted

#: Takes the step, the time and the metrics of one `log` call.
Take: TypeAlias = Callable[[int | None, float, Mapping[str, float]], None]

Event: TypeAlias = (
    Started | Logged | Printed | Saved | Added | Noted | Heartbeat | Ended
)


@runtime_checkable
class Observer(Protocol):
    """Receives the events of a run; the module says what it may rely on.

    Three attributes are optional and therefore no part of the protocol. `close()` is
    called once after the last event, whatever happened, to let go of files and threads.
    `logged(step, time, metrics)` is called in place of `receive(Logged(...))` for most
    of what the thread logs that started the run. `required = True` makes a failure at
    `Started` stop the run.
    """

    def receive(self, event: Event) -> None:
        """Take notice of an event.

        Args:
            event: What happened.

        Raises:
            Exception: Anything; it is reported, and the run goes on.
        """


def check(observer: Any) -> None:
    """Refuse what cannot receive events.

    Args:
        observer: What should be an observer.

    Raises:
        ForgeError: `bad-observer` if it is none.
    """
    if isinstance(observer, type):
        name = observer.__name__
        raise ForgeError(
            "bad-observer",
            f"{name} is a class, and an observer is an object.\n"
            f"  It could be: {name}()",
            observer=observer,
        )
    if not callable(getattr(observer, "receive", None)):
        raise ForgeError(
            "bad-observer",
            f"{type(observer).__name__} is no observer: it has no method receive.\n"
            "  It needs: def receive(self, event: Event) -> None",
            observer=observer,
        )
