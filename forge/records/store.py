"""Runs found by what people call them: a path, `train/2`, `train`, `train/2@2000`."""

import os
from collections.abc import Iterator
from pathlib import Path

from forge._text import did_you_mean, plural
from forge.errors import ForgeError
from forge.records import numbers
from forge.records.layout import RunLayout
from forge.records.legacy import is_legacy
from forge.records.liveness import is_aborted


#: Where runs lie unless something else was said.
RESULTS = Path("results")

#: More runs than this are listed by their ends.
_MOST_LISTED = 8


def find_run(
    reference: str | Path, results_dir: Path = RESULTS
) -> tuple[Path, str | None]:
    """Find the folder of a run.

    Args:
        reference: A run folder, `train/2`, or `train` for the newest run of the
            experiment; each may be followed by `@` and a step, `@2000` or
            `@best:accuracy`.
        results_dir: Where `train/2` is looked for.

    Returns:
        The run folder, and what followed the `@` if there was one.

    Raises:
        ForgeError: `no-run`, which says what there is instead.
    """
    text = str(reference)
    for name, step in _splits(text):
        folder = _resolved(name, results_dir)
        if folder is not None:
            return folder, step
    raise no_run(text, results_dir)


def is_run(folder: Path) -> bool:
    """Tell whether a folder is that of a run.

    Args:
        folder: Any path.

    Returns:
        Whether it holds a run.json, readable or not, or was written by the Forge
        of 2018.
    """
    # os.path answers no where pathlib raises: odd names, folders that are closed.
    layout = RunLayout(folder)
    return os.path.isfile(layout.run) or is_legacy(layout)  # noqa: PTH113


def no_run(reference: str | Path, results_dir: Path | None = None) -> ForgeError:
    """Make the error for a reference that leads to no run.

    Args:
        reference: What was asked for.
        results_dir: Where it was looked for; nothing if it could only be a path.

    Returns:
        The error `no-run`, with what was found and which runs are near.
    """
    text = str(reference)
    for name, step in _splits(text):
        if step is not None and _resolved(name, results_dir or Path()) is not None:
            return ForgeError(
                "no-run",
                f"{text!r} names a checkpoint, and here a run is asked for.\n"
                f"  Without '@{step}' it is the run: {name}.",
                reference=text,
                folder=results_dir,
            )
    folder = _existing_folder(_splits(text), results_dir)
    if folder is not None:
        what = f"{folder} is not the folder of a run: it has no run.json."
        if numbers.is_number(folder.name) and is_aborted(RunLayout(folder)):
            what = f"{folder} was aborted before its start: it has no run.json."
        home = folder if _experiments(folder) or _runs(folder) else folder.parent
    else:
        what = f"there is no run {text!r}."
        home = _nearest(Path(text), results_dir)
    return ForgeError(
        "no-run",
        f"{what}\n  {_inventory(home, _word(text))}",
        reference=text,
        folder=home,
    )


def _splits(text: str) -> Iterator[tuple[str, str | None]]:
    """Split off a step at each `@`; a folder or a metric may have one in its name."""
    yield text, None
    at = text.rfind("@")
    while at > 0:
        yield text[:at], text[at + 1 :]
        at = text.rfind("@", 0, at)


def _resolved(name: str, results_dir: Path) -> Path | None:
    """Find the run that a reference without a step leads to."""
    # os.path leaves an unknown ~name as it is, where pathlib raises.
    plain = Path(os.path.expanduser(name))  # noqa: PTH111
    for folder in (plain, results_dir / name):
        if is_run(folder):
            return folder
        runs = _runs(folder)
        if runs:
            return folder / str(runs[-1])
    return None


def _runs(home: Path) -> list[int]:
    """List the runs of an experiment that have started."""
    found = numbers.existing(home.parent, home.name)
    return [number for number in found if is_run(home / str(number))]


def _experiments(results_dir: Path) -> dict[str, int]:
    """Count the runs of each experiment below a results folder."""
    try:
        folders = sorted(results_dir.iterdir())
    except (OSError, ValueError):
        return {}
    counts = {f.name: len(_runs(f)) for f in folders if not f.name.startswith(".")}
    return {name: count for name, count in counts.items() if count}


def _existing_folder(
    splits: Iterator[tuple[str, str | None]], results_dir: Path | None
) -> Path | None:
    """Find the folder that the reference names although it is no run."""
    for name, _ in splits:
        homes = (
            [Path(name)] if results_dir is None else [Path(name), results_dir / name]
        )
        for folder in homes:
            if name and os.path.isdir(folder):  # noqa: PTH112 - odd names, as above
                return folder
    return None


def _nearest(path: Path, results_dir: Path | None) -> Path:
    """Find the folder that should have held the run."""
    starts = [path] if results_dir is None else [path, results_dir / path]
    for start in starts:
        # The experiment, then the results: further up is somebody else's.
        for folder in list(start.parents)[:2]:
            if _runs(folder) or _experiments(folder):
                return folder
    return path.parent if results_dir is None else results_dir


def _word(text: str) -> str:
    """Take what may be the name of the experiment."""
    parts = Path(text.partition("@")[0]).parts
    named = [part for part in parts if not numbers.is_number(part)]
    return named[-1] if named else ""


def _inventory(home: Path, word: str) -> str:
    """Say what a folder has instead."""
    runs = _runs(home)
    if runs:
        return f"{home} has {_listed(runs)}."
    counts = _experiments(home)
    if counts:
        each = ", ".join(f"{name} ({plural(n, 'run')})" for name, n in counts.items())
        return f"{home} has {each}.{did_you_mean(word, counts)}"
    return (
        f"{home} has no runs. Give the path of a run folder, such as results/train/2,"
        " or another --results-dir."
    )


def _listed(runs: list[int]) -> str:
    """List numbers of runs, long lists by their ends."""
    if len(runs) == 1:
        return f"the run {runs[0]}"
    if len(runs) > _MOST_LISTED:
        return (
            f"{plural(len(runs), 'run')}: {runs[0]}, {runs[1]} … {runs[-2]}, {runs[-1]}"
        )
    return f"the runs {', '.join(map(str, runs))}"
