"""The facts of run.json, as frozen values."""

from pathlib import Path
from typing import Any

import msgspec

from forge._text import near
from forge.errors import ForgeError
from forge.records.durable import read_bounded
from forge.records.plain import from_json
from forge.records.status import Status
from forge.records.structs import prepared


#: The version of the layout of run.json that this code writes.
FORMAT = 1

#: The kind of the first component of a run that no decorated function defines: a
#: script that uses config files by path.
KIND_SCRIPT = "script"

#: A larger file is none of ours.
_LARGEST = 64 << 20


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine that a run used."""

    #: The name of the machine.
    name: str
    #: The operating system with its release.
    system: str = ""
    #: The name of the processor.
    cpu: str = ""
    #: How many processors the run could use.
    cpus: int | None = None
    #: Bytes of memory.
    memory: int | None = None
    #: The name of each graphics processor.
    gpus: tuple[str, ...] = ()


class Git(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the repository that a run was started from."""

    #: The full hash of the commit; nothing before the first one.
    commit: str | None = None
    #: The branch; nothing when the head is detached.
    branch: str | None = None
    #: Whether files differed from the commit; nothing when it could not be asked.
    dirty: bool | None = None
    #: Where it is pushed to, without credentials.
    remote: str | None = None


class ComponentFact(msgspec.Struct, frozen=True, kw_only=True):
    """One component that a run was made of."""

    #: The dotted path of its slot; empty for the experiment itself.
    path: str
    #: What it builds: `dataset`, `model`, …
    kind: str
    #: The name it is registered under.
    name: str
    #: The module that defines it.
    module: str
    #: Its qualified name in that module.
    qualname: str
    #: The file that defines it, relative to the project root.
    file: str | None = None
    #: The hash of that file.
    sha256: str | None = None


class InjectedFact(msgspec.Struct, frozen=True, kw_only=True):
    """One input that was filled when a component was built."""

    #: The value where JSON expresses it, else a description.
    value: Any = None
    #: Where the value came from.
    origin: str = ""


class ErrorFact(msgspec.Struct, frozen=True, kw_only=True):
    """What ended a run that failed."""

    #: The name of the exception's class.
    type: str
    #: The text of the exception.
    message: str = ""


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came from."""

    #: How: `sweep`, `loaded`, `resumed`, or `component` for one slot.
    kind: str
    #: Its folder or id.
    run: str
    #: The step that was taken from it.
    step: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the config that a resume gave anew."""

    #: The value so far.
    old: Any = None
    #: The value from then on.
    new: Any = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a run in one process: the first start, or a resume."""

    #: When it began, ISO 8601 with offset.
    started: str
    #: When it ended, if it did so in order.
    ended: str | None = None
    #: How it ended.
    status: Status = Status.RUNNING
    #: The step it went on from; nothing for the first start.
    resumed: int | None = None
    #: What was restored: `exact`, `state` or `weights`.
    level: str | None = None
    #: Why it is not `exact`.
    level_reason: str = ""
    #: Why it ended as it did, in free words.
    reason: str = ""
    #: What it returned, if it did so and a later session came after it.
    result: Any = None
    #: The machine.
    host: str | None = None
    #: The process.
    pid: int | None = None
    #: The words of the command line.
    argv: tuple[str, ...] = ()
    #: The folder of its sources, relative to the run folder.
    sources: str = "sources"
    #: Values that were given anew, by full key.
    changes: dict[str, Change] = {}
    #: The components, where they are not those so far.
    components: tuple[ComponentFact, ...] = ()
    #: The runs that components came from, where they are not those so far.
    lineage: dict[str, Parent] | None = None


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that run.json says; a change of state is a new value.

    Every text of a time is ISO 8601 in UTC with its offset. `msgspec.structs.replace`
    makes the next state.
    """

    #: The version of this layout.
    format: int = FORMAT
    #: An identifier that no other run has, on any machine.
    uid: str
    #: The name of the experiment.
    name: str
    #: The number of the run among those of its experiment.
    number: int
    #: How far the run has come.
    status: Status
    #: Why it is in that state, in free words.
    reason: str = ""
    #: A short name that people gave it.
    label: str | None = None
    #: The command of the experiment; nothing for the experiment itself.
    command: str | None = None
    #: The words of the command line.
    argv: tuple[str, ...] = ()
    #: The working directory.
    cwd: str = ""
    #: The dotted name of the module of the main script.
    main: str | None = None
    #: When the run started.
    started: str | None = None
    #: When it ended.
    ended: str | None = None
    #: Seconds in all sessions together.
    duration: float | None = None
    #: The machine, once it has been asked.
    host: Host | None = None
    #: The name of the account.
    user: str | None = None
    #: The process.
    pid: int | None = None
    #: When the process started, in the system's own units.
    pid_started: float | None = None
    #: The identifier of the machine's boot.
    boot: str | None = None
    #: The namespace that the process number belongs to.
    pid_namespace: str | None = None
    #: The version of Python.
    python: str = ""
    #: The operating system and architecture.
    platform: str = ""
    #: The variables of the environment that were asked for, by name.
    environment: dict[str, str] = {}
    #: The state of the repository, once it has been asked.
    git: Git | None = None
    #: The components, the experiment first.
    components: tuple[ComponentFact, ...] = ()
    #: What was injected, by full key.
    injected: dict[str, InjectedFact] = {}
    #: Values computed while building, by full key.
    computed: dict[str, Any] = {}
    #: The metric that says how good the run is, such as `max accuracy`.
    goal: str | None = None
    #: The presets that were applied, in order.
    presets: tuple[str, ...] = ()
    #: What resolving the config had to say.
    notes: tuple[str, ...] = ()
    #: The seed of each dotted path.
    seeds: dict[str, int] = {}
    #: What the function returned, JSON-ready.
    result: Any = None
    #: What ended it, if it failed.
    error: ErrorFact | None = None
    #: What it came from.
    parent: Parent | None = None
    #: The runs that components came from, by the path of the slot.
    lineage: dict[str, Parent] = {}
    #: Whether its sources suffice to rebuild it.
    rebuildable: bool = True
    #: Its stretches, the first start first.
    sessions: tuple[Session, ...] = ()


def read_runfile(path: Path) -> RunFile:
    """Read run.json, whoever wrote it.

    Args:
        path: The file.

    Returns:
        Its facts; keys that this version does not know are passed over.

    Raises:
        FileNotFoundError: If there is no such file.
        ForgeError: `run-unreadable` if it is torn, damaged, too large, or of a layout
            that only a newer Forge knows.
    """
    try:
        facts = from_json(read_bounded(path, _LARGEST))
        return _convert(facts)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def _convert(facts: Any) -> RunFile:
    """Check the parsed facts of run.json."""
    known = facts.get("format", FORMAT) if isinstance(facts, dict) else FORMAT
    # Said first: what a newer layout holds would only look damaged.
    if isinstance(known, int) and known > FORMAT:
        raise ValueError(f"a newer Forge wrote it (format {known})")
    return msgspec.convert(facts, prepared(RunFile))


def unreadable(path: Path, error: Exception) -> ForgeError:
    """Make the error for a file of a run folder that makes no sense.

    Args:
        path: The file.
        error: What reading it raised.

    Returns:
        The error `run-unreadable`.
    """
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ForgeError(
        "run-unreadable",
        f"{near(path)} cannot be read: {reason}.\n"
        "  Nothing in the folder was changed, and its other files may be whole.",
        path=path,
        reason=reason,
    )
