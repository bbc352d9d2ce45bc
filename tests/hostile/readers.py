"""The doors of Forge that a run folder comes in by."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

from hostile.damages import MARKUP, STEP


def _record(folder: Path) -> None:
    """Read everything of a record; each file answers for itself."""
    from forge.errors import ForgeError
    from forge.records.record import Record

    record = Record.read(folder)
    names = [name for name in dir(Record) if not name.startswith("_")]
    errors = []
    for name in names:
        try:
            value = getattr(record, name)
            repr(value)
            if name == "metrics":
                [value[each].last for each in value]
        except ForgeError as error:
            errors.append(error)
    repr(record)
    if errors:
        raise errors[0]


def _found(folder: Path) -> None:
    """Find a run by its path and by its number."""
    from forge.records.store import find_run

    find_run(folder)
    find_run(f"{folder.parent.name}/{folder.name}", folder.parent.parent)


def _checkpoints(folder: Path) -> None:
    """List, choose and check checkpoints."""
    from forge.checkpoints.folder import StepFolders
    from forge.checkpoints.inventory import Inventory

    inventory = Inventory(StepFolders(folder / "checkpoints"))
    inventory.manifests()
    inventory.latest()


def _restored(folder: Path) -> None:
    """Restore a checkpoint into an object."""
    import numpy as np

    from forge.checkpoints.manager import Checkpoints

    model = {"w": np.ones(3), "names": ("a", b"b", {1})}
    Checkpoints(folder / "checkpoints").restored({"model": model}, step=3)


def _tree(folder: Path) -> None:
    """Read a tree, whatever a manifest says of it."""
    from forge.checkpoints.tree import read_tree

    with contextlib.suppress(FileNotFoundError):
        if (folder / STEP / "model/arrays.safetensors").stat().st_size > 1 << 30:
            return  # as large as it says: a manifest would have refused it
    read_tree(folder / STEP / "model")


def _untrusted(folder: Path) -> None:
    """Ask whether the code of the run may run: never, for the key is another."""
    from forge.errors import UntrustedRun
    from forge.records.layout import RunLayout
    from forge.records.trust import ensure_trusted, verify

    if verify(RunLayout(folder)):
        raise AssertionError("a signature by another key was accepted")
    try:
        ensure_trusted(RunLayout(folder), None)
    except UntrustedRun:
        return
    raise AssertionError("the run was trusted")


def _loaded(folder: Path) -> None:
    """Load a run whose code nobody vouched for."""
    import forge

    exp = forge.Experiment.load(folder)
    repr(exp)
    with contextlib.closing(exp):
        exp["model"]  # it is refused
        raise AssertionError("the model was built without trust")


def _vouched(folder: Path) -> None:
    """Load and rebuild a run whose code somebody vouched for."""
    import forge

    with contextlib.closing(forge.Experiment.load(folder, trust=True)) as exp:
        repr(exp)
        repr(exp.config)
        repr(exp["dataset"])
        exp["model"]
        exp.call("evaluate")


def _listed(folder: Path) -> None:
    """List, filter and compare runs, as text and as a page."""
    import forge

    found = forge.runs(folder.parent.parent)
    found.where("lr > 0.1 and accuracy < 1 or status == 'FAILED'")
    found.sort("lr")
    repr(found)
    page = found._repr_html_()
    assert MARKUP not in page, "a page obeys what a run says"
    if len(found):
        repr(found[0])
        found.best("accuracy", "max")


def _typed(folder: Path) -> None:
    """Call the verbs of the `forge` command; what they print moves no cursor."""
    from forge.cli.entry import main

    run = f"{folder.parent.name}/{folder.name}"
    for words in (
        ["ls", "-a"],
        ["ls", "--json"],
        ["ls", "-q", "lr > 0"],
        ["show", run],
        ["compare", run, "--all"],
        ["diff", run, run],
        ["metrics", run],
        ["metrics", run, "loss"],
        ["cat", run],
        ["tail", run],
        ["verify", run],
        ["path", run],
        ["doctor"],
    ):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main([*words, "-R", str(folder.parent.parent)])
        assert status in (0, 1), f"{words} ended with {status}: {said.getvalue()[:300]}"
        raw = words[0] in ("cat", "tail")
        odd = {c for c in {*said.getvalue()} if not c.isprintable()} - {*"\n\t"}
        assert raw or not odd, f"{words} prints {odd}"


READERS: dict[str, Callable[[Path], None]] = {
    "record": _record,
    "store": _found,
    "checkpoints": _checkpoints,
    "restore": _restored,
    "tree": _tree,
    "trust": _untrusted,
    "load": _loaded,
    "rebuild": _vouched,
    "runs": _listed,
    "verbs": _typed,
}
