"""Everything of a run that can be checked, checked: nothing of it is executed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from forge._text import plural
from forge.checkpoints.folder import StepFolders
from forge.errors import ForgeError
from forge.rebuild.form import read_manifest
from forge.rebuild.manifest import Manifest
from forge.records.durable import read_bounded
from forge.records.layout import RunLayout
from forge.records.legacy import is_legacy
from forge.records.plain import from_json
from forge.records.reading import read_metrics
from forge.records.runfile import RunFile, read_runfile, unreadable
from forge.records.summary import read_summary
from forge.records.trust import doubt_of


#: Larger files of JSON are none of ours.
_LARGEST: Final = 64 << 20

#: What the folder of a step looks like, with or without what it should hold.
_STEP: Final = re.compile(r"[0-9]{10,18}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a run that is not as it was written.

    Attributes:
        file: The file, relative to the run folder.
        text: What is wrong with it, as the end of a sentence.
    """

    #: The file, relative to the run folder.
    file: str
    #: What is wrong with it, as the end of a sentence.
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of checking a run.

    Attributes:
        folder: The run folder.
        problems: What is not as it was written.
        checked: What there was to check, a few words each.
        signature: Whose the run is, in a few words.
    """

    #: The run folder.
    folder: Path
    #: What is not as it was written.
    problems: tuple[Problem, ...]
    #: What there was to check, a few words each.
    checked: tuple[str, ...]
    #: Whose the run is, in a few words.
    signature: str


def inspect_run(
    folder: Path, *, verify: Literal["sha256", "size"] = "sha256"
) -> Inspection:
    """Check the files of a run: facts, config, metrics, sources, checkpoints.

    Args:
        folder: The run folder.
        verify: How checkpoints are checked: `sha256` for their content, `size` where
            that takes too long.

    Returns:
        What is wrong, and what was checked. This never fails.
    """
    layout = RunLayout(folder)
    inspector = _Inspector(layout)
    run = inspector.run()
    inspector.plain()
    inspector.metrics()
    inspector.sources(run)
    inspector.checkpoints(verify)
    signature = inspector.signature()
    return Inspection(
        folder, tuple(inspector.problems), tuple(inspector.checked), signature
    )


class _Inspector:
    """Collects what is wrong with one run."""

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self.problems: list[Problem] = []
        self.checked: list[str] = []

    def run(self) -> RunFile | None:
        """Check run.json, which folders of 2018 do without."""
        if is_legacy(self._layout):
            return None
        found: list[RunFile] = []
        self._attempt(
            self._layout.run, lambda path: found.append(read_runfile(path)), needed=True
        )
        return found[0] if found else None

    def plain(self) -> None:
        """Check the other files of JSON."""
        layout = self._layout
        self._attempt(layout.flags, _mapping, needed=True)
        self._attempt(layout.summary, read_summary)
        for path in (layout.annotations, layout.info, layout.resources):
            self._attempt(path, _json)

    def metrics(self) -> None:
        """Check each line of the metrics."""
        path = self._layout.metrics

        def read(path: Path) -> None:
            metrics = read_metrics(path)
            if metrics.bad_lines:
                lines = plural(metrics.bad_lines, "line")
                self._note(path, f"has {lines} that cannot be read")
            if len(metrics):
                self.checked.append(plural(len(metrics), "metric"))

        self._attempt(path, read)

    def sources(self, run: RunFile | None) -> None:
        """Check the stored sources of each session."""
        names = [self._layout.sources.name]
        names += [session.sources for session in run.sessions] if run else []
        count = 0
        for name in dict.fromkeys(names):
            try:
                folder = self._layout.sources_of(name)
                manifest = Manifest.of(folder, read_manifest(folder))
            except ForgeError as error:
                if error.code != "no-sources" or name != names[0]:
                    self._note(self._layout.run, _first(error))
                continue
            count += len(manifest.files)
            for one in manifest.problems():
                self._note(folder / str(one.path), _said(one, manifest))
        if count:
            self.checked.append(plural(count, "source"))

    def checkpoints(self, verify: str) -> None:
        """Check every checkpoint."""
        folders = StepFolders(self._layout.checkpoints)
        steps = folders.steps()
        for name in _names(self._layout.checkpoints):
            if _STEP.fullmatch(name) and int(name) not in steps:
                self._note(folders.root / name, "is no checkpoint: it has no manifest")
        for step in steps:
            problems = folders.problems(step, verify=verify)
            if problems and step not in folders.steps():
                continue  # a run that is alive has pruned it meanwhile
            for problem in problems:
                file, _, text = problem.partition(" ")
                self._note(folders.of(step), text, file)
        if steps:
            self.checked.append(plural(len(steps), "checkpoint"))

    def signature(self) -> str:
        """Check the signature; one that proves nothing is no damage."""
        doubt = doubt_of(self._layout)
        if doubt is None:
            return "signed by you"
        text = doubt.text.split("\n")[0].rstrip(".")
        if doubt.altered:
            self._note(self._layout.trust, f"proves nothing: {text}")
            return "not as it was signed"
        return text

    def _attempt(
        self, path: Path, read: Callable[[Path], object], *, needed: bool = False
    ) -> None:
        """Read a file, and note why it cannot be read."""
        try:
            read(path)
        except FileNotFoundError:
            if needed:
                self._note(path, "is missing")
        except ForgeError as error:
            self._note(path, f"cannot be read: {error.reason}")
        except (OSError, ValueError) as error:
            self._note(path, f"cannot be read: {unreadable(path, error).reason}")

    def _note(self, path: Path, text: str, below: str = "") -> None:
        """Note a problem; what is said to lie below a path may lie elsewhere."""
        file = path.relative_to(self._layout.folder).as_posix()
        self.problems.append(Problem(f"{file}/{below}" if below else file, text))


def _json(path: Path) -> object:
    """Read a file of JSON."""
    return from_json(read_bounded(path, _LARGEST))


def _mapping(path: Path) -> None:
    """Read a file that holds one JSON mapping."""
    if not isinstance(_json(path), dict):
        raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data


def _first(error: ForgeError) -> str:
    """Take the first line of a message."""
    return str(error).split("\n")[0].rstrip(".")


def _said(error: ForgeError, manifest: Manifest) -> str:
    """Take what a message says of a file, without its name."""
    return _first(error).removeprefix(manifest.name_file(str(error.path))).strip()


def _names(folder: Path) -> Iterator[str]:
    """List the names in a folder that may not be there."""
    try:
        yield from sorted(path.name for path in folder.iterdir())
    except OSError:
        return
