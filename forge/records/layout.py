"""The name of every path in a run folder."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from forge.errors import ForgeError


#: The folders of sources that a run has.
SOURCES: Final = re.compile(r"sources(-[1-9][0-9]{0,8})?")


def set_aside(path: Path) -> Path:
    """Name what somebody else has put in the place of a file that is being written.

    Args:
        path: The file.

    Returns:
        Where it is kept, beside the file.
    """
    return path.with_name(f"{path.name}.replaced")


@dataclass(frozen=True, slots=True)
class RunLayout:
    """Where each thing that a run leaves lies; no other code spells these names.

    Nothing is read or made here: a path may well not exist.

    Attributes:
        folder: The run folder, `results/<experiment>/<number>`.
    """

    #: The run folder, `results/<experiment>/<number>`.
    folder: Path
    # Made once each: a run that is over in milliseconds asks for them forty times.
    _made: dict[str, Path] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def run(self) -> Path:
        """Identity, state, provenance and outcome of the run."""
        return self._at("run.json")

    @property
    def flags(self) -> Path:
        """The config in its flat, stored form."""
        return self._at("flags.json")

    @property
    def summary(self) -> Path:
        """Last, least, greatest and mean value of each metric."""
        return self._at("summary.json")

    @property
    def metrics(self) -> Path:
        """One line for each time that metrics were logged."""
        return self._at("metrics.jsonl")

    @property
    def output(self) -> Path:
        """What the process and its children printed, byte for byte."""
        return self._at("output.txt")

    @property
    def error(self) -> Path:
        """The traceback of a run that failed."""
        return self._at("error.txt")

    @property
    def sources(self) -> Path:
        """The folder of the project files that the run was made from."""
        return self._at("sources")

    @property
    def manifest(self) -> Path:
        """What lies in the folder of sources, with hashes."""
        return self._at("sources/MANIFEST.json")

    @property
    def git_diff(self) -> Path:
        """The changes that were not committed when the run started."""
        return self._at("git.diff")

    @property
    def requirements(self) -> Path:
        """The installed packages, as `pip install -r` takes them."""
        return self._at("requirements.txt")

    @property
    def info(self) -> Path:
        """The user's own facts about the run."""
        return self._at("info.json")

    @property
    def annotations(self) -> Path:
        """Tags, note and marks, which people also add later."""
        return self._at("annotations.json")

    @property
    def artifacts(self) -> Path:
        """The folder of the files that the run made."""
        return self._at("artifacts")

    @property
    def resources(self) -> Path:
        """The files that the run read: path, size and hash."""
        return self._at("resources.json")

    @property
    def checkpoints(self) -> Path:
        """The folder that holds one folder for each saved step."""
        return self._at("checkpoints")

    @property
    def trust(self) -> Path:
        """Who made the run, in a form that can be verified."""
        return self._at("trust.json")

    @property
    def lock(self) -> Path:
        """The file that is locked while the run is alive."""
        return self._at("run.lock")

    def checkpoint(self, step: int) -> Path:
        """Name the folder of one checkpoint.

        Args:
            step: The step that was saved, not negative.

        Returns:
            The path, its number padded so that `ls` lists steps in order.
        """
        return self.checkpoints / f"{step:010d}"

    def sources_of(self, name: str) -> Path:
        """Name the folder of sources that a session says it has.

        Args:
            name: `sources`, `sources-2`, …

        Returns:
            The path.

        Raises:
            ForgeError: `run-unreadable` for any other name: it could lead anywhere.
        """
        if not SOURCES.fullmatch(name):
            raise ForgeError(
                "run-unreadable",
                f"{self.run} names {name!r} for a folder of sources, which no run has."
                f"\n  Nothing was imported. Forge writes no such name: do not trust "
                f"this run.",
                path=self.run,
                name=name,
            )
        return self.folder / name

    def later_sources(self, session: int) -> Path:
        """Name the folder of sources that a resume with changed code brought.

        Args:
            session: The number of the session; the first start of the run is 1.

        Returns:
            `sources-2` for the second session; for the first, the sources themselves.
        """
        return self.folder / f"sources-{session}" if session > 1 else self.sources

    def _at(self, name: str) -> Path:
        """Find what has a name below the folder."""
        path = self._made.get(name)
        if path is None:
            path = self._made[name] = self.folder / name
        return path
