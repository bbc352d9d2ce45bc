"""What is about to be run: everything a run needs to know, in one frozen value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from forge.component import Component
from forge.configuration.values import Config
from forge.observers.base import Observer
from forge.records.record import Record
from forge.records.runfile import Change, Parent
from forge.records.showing import readable
from forge.records.status import Status
from forge.run.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an experiment's runs are kept: the options of its decorator.

    Attributes:
        results_dir: Where run folders go; None asks the environment.
        report_every: Steps between two reports on the console.
        goal: The metric that lists call best, such as `max accuracy`.
        resumable: Whether a run may be gone on with.
        final_checkpoint: Whether the end of the body is saved.
        keep_last: How many of the newest checkpoints to keep; None keeps all.
        keep_best: How many of the best by the goal to keep.
        keep_every: Keep every step divisible by this, or one for each such time.
        verify: How checkpoints are checked before they are restored.
    """

    results_dir: str | Path | None = None
    report_every: int | None = None
    goal: str | None = None
    resumable: bool = True
    final_checkpoint: bool = True
    keep_last: int | None = 3
    keep_best: int = 0
    keep_every: int | timedelta | None = None
    verify: Literal["sha256", "size"] = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """A recorded run that goes on.

    Attributes:
        record: The run.
        step: The checkpoint to go on from; None when it has none.
        changes: Values that are given anew, by full key.
        new_sources: Whether today's sources are kept beside those of the start.
        elapsed: Seconds that its sessions took so far.
        checked: What of its checkpoints was found intact, as `Checkpoints` tells it.
    """

    record: Record
    step: int | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    new_sources: bool = False
    elapsed: float = 0.0
    checked: Mapping[int, tuple[object, ...]] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """What is given anew, a text each, or that nothing was left to do."""
        run = self.record.run
        if run.status is Status.COMPLETED and not (self.changes or self.new_sources):
            said = "was COMPLETED, and nothing is given anew"
            cure = "with another value, such as that of its steps, it goes further"
            return [f"{run.name}/{run.number} {said}; {cure}"]
        return [
            f"{key} was {readable(change.old)!r} in {run.name}/{run.number}, and is "
            f"{readable(change.new)!r} from now on"
            for key, change in self.changes.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run that has not begun.

    Attributes:
        name: The experiment's name.
        root: The experiment's own component.
        config: The resolved configuration.
        command: The command to run instead of the experiment's body.
        before: Called after building, before the body.
        after: Called with the result at the end, also after a failure.
        presets: The presets that were applied.
        settings: The options of the experiment.
        record: Whether a run directory is written.
        results_dir: Where it goes.
        observers: Who else receives the run's events.
        capture: How output is captured.
        quiet: Whether the console stays silent.
        argv: The words that started the run.
        label: A short name for it.
        tags: Tags to begin with.
        note: A remark to begin with.
        parent: The run it comes from.
        lineage: The runs that components come from, by the path of the slot.
        resumption: The run that goes on.
        objects: Slots that are built already, by path.
        main_file: The script that defines the experiment.
        stored: The copies of sources, where they are those of another run.
        source_globs: Further project files to keep.
        dry: Whether to stop before the body, with everything built.
        complain: Shows what the body raised while output is still captured.
        folder: The folder of a run that begins, where it is not the next number.
    """

    name: str
    root: Component
    config: Config
    command: Component | None = None
    before: Sequence[Component] = ()
    after: Sequence[Component] = ()
    presets: Sequence[str] = ()
    settings: Settings = field(default_factory=Settings)
    record: bool = True
    results_dir: Path = Path("results")
    observers: Sequence[Observer] = ()
    capture: Literal["no", "sys", "fd"] = "sys"
    quiet: bool = False
    argv: Sequence[str] = ()
    label: str | None = None
    tags: Sequence[str] = ()
    note: str | None = None
    parent: Parent | None = None
    lineage: Mapping[str, Parent] = field(default_factory=dict)
    resumption: Resumption | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)
    main_file: Path | None = None
    stored: Sources | None = None
    source_globs: Sequence[str] = ()
    dry: bool = False
    complain: Callable[[BaseException], None] | None = None
    folder: Path | None = None

    @property
    def told(self) -> list[str]:
        """The notes that are known before the run begins, a text each."""
        resumption = self.resumption
        return [*self.config.notes, *(resumption.notes if resumption else ())]
