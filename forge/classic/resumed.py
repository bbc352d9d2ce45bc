"""The run that `--resume` goes on with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from forge.classic.saved import Saved, newest_in
from forge.classic.space import FlagSpace
from forge.classic.spaces import main_file
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.predecessor import run_alive, run_id
from forge.experiments.resuming import (
    changes_between,
    elapsed_of,
    files_of,
    newest_manifest,
)
from forge.records.numbers import existing
from forge.records.record import Record
from forge.records.sessions import config_at
from forge.records.status import Status
from forge.run.plan import Resumption
from forge.run.sources import project_root
from forge.run.staleness import stale, unstored


#: What is on record and no flag.
NO_FLAGS: Final = frozenset({"git_commit"})
#: What is given anew with each resume, and no change of the run.
_RESUME: Final = "resume"
_SEED: Final = "seed"


class GoingOn:
    """A run that goes on.

    Args:
        record: The run.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self._flags = {k: v for k, v in config_at(record).items() if k not in NO_FLAGS}
        #: Its newest complete checkpoint.
        self.saved: Saved | None = newest_in(record.dir)

    @property
    def seed(self) -> int:
        """The seed of the run."""
        seed = self._flags.get(_SEED)
        return seed if isinstance(seed, int) else 0

    def restore(self, space: FlagSpace, named: Mapping[str, Any]) -> dict[str, Any]:
        """Set the flags to what they were; those that are given again win.

        Args:
            space: The flags.
            named: The config files, as flags named them before.

        Returns:
            The config files, as the flags name them now.

        Raises:
            ForgeError: `bad-flag` for a value that is none of its flag any more.
        """
        before = space.values()
        sources = {
            role: [flag for flag, value in before.items() if value == text]
            for role, text in named.items()
            if isinstance(text, str)
        }
        for name, value in self._flags.items():
            if name in space and name not in space.given and name != _RESUME:
                space.restore(name, value)
        after = space.values()
        return {
            role: after[flags[0]] if (flags := sources.get(role)) else text
            for role, text in named.items()
        }

    def dropped(self, space: FlagSpace) -> list[str]:
        """Say which recorded flags are none any more.

        Args:
            space: The flags.

        Returns:
            A text each.
        """
        gone = [name for name in self._flags if name not in space and name != _SEED]
        run = run_id(self.record)
        return [
            f"{name} was {self._flags[name]!r} in {run}, and is no flag any more"
            for name in gone
        ]

    def resumption(self, config: Config) -> Resumption:
        """Describe how the run goes on.

        Args:
            config: The config it goes on with.

        Returns:
            The resumption: from which step, and what is given anew.
        """
        made = Resumption(
            record=self.record,
            step=self.saved.step if self.saved else None,
            new_sources=self._is_changed(config),
            elapsed=elapsed_of(self.record),
        )
        changes = changes_between(self.record, config)
        changes.pop(_RESUME, None)
        return replace(made, changes=changes)

    def _is_changed(self, config: Config) -> bool:
        """Whether today's sources differ from those of the run, or are others."""
        manifest = newest_manifest(self.record)
        if manifest is None:
            return True
        root = project_root(main_file())
        return bool(stale(manifest, root) or unstored(manifest, root, files_of(config)))


def newest(home: Path, spelled: str | Path) -> GoingOn:
    """Find the run with the highest number.

    Args:
        home: The folder of the runs.
        spelled: How the script names it.

    Returns:
        The run.

    Raises:
        ForgeError: `nothing-to-resume`, or `run-alive`.
    """
    for number in reversed(existing(home.parent, home.name)):
        try:
            record = Record.read(home / str(number))
        except ForgeError:
            continue  # a folder that was never started
        if record.status is Status.RUNNING and not record.doubt:
            raise run_alive(record)
        return GoingOn(record)
    raise ForgeError(
        "nothing-to-resume",
        f"there is no run in {spelled} to go on with.\n"
        f"  Leave --{_RESUME} out to begin one, or name the folder of one that began "
        f"before; this is what was looked for: {home / 'NUMBER'}",
        path=home,
    )
