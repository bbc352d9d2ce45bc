"""Run folders as a stranger or a bad disk would leave them.

`CASES` damages a genuine run folder in one way each. Started as a program, this file
lets every reader of Forge loose on each of them, with the events that Python audits
being watched, and prints what came of it as JSON.
"""

import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


Damage = Callable[[Path], None]

#: What the genuine run is made of.
SCRIPT = """\
import numpy as np

import forge


@forge.dataset
def toy(n=3):
    return {"xs": list(range(n)), "n_in": n}


@forge.model
def mlp(n_in, *, _seed):
    return {"w": np.zeros(n_in), "names": ("a", b"b", {1})}


@forge.experiment
def train(dataset, model=mlp, lr=0.5, *, _run: forge.Run):
    _run.restore(model=model)
    for step, x in _run.track(dataset["xs"], stop=3):
        _run.log(loss=1 / step, step=step)
    _run.info["when"] = {1, 2}
    _run.artifact({"cat": 3}, "counts.json")
    _run.resource("train.py")
    _run.tag("example")
    print("done")
    return {"accuracy": 0.5, "pair": (1, 2)}


@train.command
def evaluate(dataset, model):
    return len(dataset["xs"])


if __name__ == "__main__":
    train.main()
"""

#: Runs where it must not, and is seen.
EVIL = b"import sys\nsys.hostile_ran = True\n"

#: Where every file with JSON lies.
JSON_FILES = (
    "run.json",
    "flags.json",
    "summary.json",
    "annotations.json",
    "info.json",
    "resources.json",
    "trust.json",
    "metrics.jsonl",
    "sources/MANIFEST.json",
    "checkpoints/0000000003/manifest.json",
    "checkpoints/0000000003/model/tree.json",
    "checkpoints/0000000003/state/tree.json",
)
STEP = "checkpoints/0000000003"

ESCAPES = "\x1b[31m\x1b]0;owned\x07\r\b"
LONG = "n" * 10_000
CALL = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["touch ran"]}]}
YAML = "!!python/object/apply:os.system ['touch ran']"


def _over(path: Path) -> None:
    """Take whatever is at a path away."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _content(data: bytes | Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Replace the content of a file."""

    def damage(path: Path) -> None:
        path.write_bytes(data(path.read_bytes()) if callable(data) else data)

    return damage


def _link(target: str) -> Callable[[Path], None]:
    """Put a link in the place of a file."""

    def damage(path: Path) -> None:
        path.unlink()
        path.symlink_to(target)

    return damage


def _huge(path: Path) -> None:
    """Make a file of 200 GB that takes no room."""
    os.truncate(path, 200 << 30)


def _folder(path: Path) -> None:
    """Put a folder in the place of a file."""
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    """Put a pipe that nobody writes to in the place of a file."""
    path.unlink()
    os.mkfifo(path)


def _everywhere(value: Any, *, keys: bool = False) -> Callable[[Path], None]:
    """Put a value into the place of every leaf, or of every key."""

    def swap(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                (f"{value}{key}" if keys else key): swap(item)
                for key, item in node.items()
            }
        if isinstance(node, list):
            return [swap(item) for item in node]
        return node if keys else value

    def damage(path: Path) -> None:
        lines = path.read_text().splitlines()
        whole = path.suffix != ".jsonl"
        found = [json.loads(path.read_text())] if whole else map(json.loads, lines)
        path.write_text("\n".join(json.dumps(swap(one)) for one in found))

    return damage


#: What can befall any file.
DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": _content(b""),
    "torn": _content(lambda data: data[: len(data) // 2]),
    "binary": _content(bytes(range(256)) * 40),
    "zeros": _content(bytes(100_000)),
    "deep lists": _content(b"[" * 300_000),
    "deep mappings": _content(b'{"a":' * 300_000),
    "closed deep lists": _content(b"[" * 50_000 + b"]" * 50_000),
    "a list": _content(b"[1, 2]"),
    "a number": _content(b"7"),
    "many digits": _content(b'{"format": ' + b"9" * 1_000_000 + b"}"),
    "beyond floats": _content(b'{"format": 1e99999, "step": -1e99999}'),
    "not numbers": _content(b'{"format": NaN, "step": Infinity}'),
    "a lone surrogate": _content(b'{"format": "\\ud800"}'),
    "utf-16": _content('{"format": 1}'.encode("utf-16")),
    "keys twice": _content(b'{"format": 1, "format": 2, "files": {}, "files": []}'),
    "yaml": _content(YAML.encode()),
    "pickle": _content(b"cos\nsystem\n(S'touch ran'\ntR."),
    "huge": _huge,
    "missing": _over,
    "a folder": _folder,
    "a pipe": _pipe,
    "a link out": _link("/etc/passwd"),
    "a link to itself": _link("."),
    "a link in a circle": _link("run.json"),
    "a device": _link("/dev/zero"),
    "calls": _everywhere(CALL),
    "prototypes": _everywhere("__proto__"),
    "prototype keys": _everywhere("__proto__", keys=True),
    "escapes": _everywhere(ESCAPES),
    "escape keys": _everywhere(ESCAPES, keys=True),
    "long names": _everywhere(LONG),
    "long keys": _everywhere(LONG, keys=True),
    "nothing": _everywhere(None),
    "negative": _everywhere(-1),
    "paths": _everywhere("../../../../etc/passwd"),
}


def _cases() -> dict[str, Damage]:
    """Every file with every damage, and what needs more than that."""
    cases: dict[str, Damage] = {"genuine": lambda folder: None}
    for name in JSON_FILES:
        for what, damage in DAMAGES.items():
            cases[f"{name}: {what}"] = lambda folder, n=name, d=damage: d(folder / n)
    for name in ("output.txt", "error.txt", "git.diff", "requirements.txt", "run.lock"):
        for what in ("binary", "huge", "a pipe", "a folder", "a device", "escapes"):
            cases[f"{name}: {what}"] = _text_case(name, what)
    return {**cases, **SPECIAL}


def _text_case(name: str, what: str) -> Damage:
    """Damage a file of text, which may not be there."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_text(ESCAPES)
        if what != "escapes":
            DAMAGES[what](path)

    return damage


def edited(name: str, change: Callable[[Any], Any]) -> Damage:
    """Change what a file with JSON says."""

    def damage(folder: Path) -> None:
        path = folder / name
        data = json.loads(path.read_text())
        found = change(data)
        path.write_text(json.dumps(data if found is None else found))

    return damage


def consistent(damage: Damage) -> Damage:
    """Damage the files of a checkpoint, and make its manifest agree with them."""

    def both(folder: Path) -> None:
        damage(folder)
        manifest = folder / STEP / "manifest.json"
        data = json.loads(manifest.read_text())
        for name, fact in data["files"].items():
            content = (folder / STEP / name).read_bytes()
            fact |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest.write_text(json.dumps(data))

    return both


def tree(structure: Any) -> Damage:
    """Put another structure into a checkpoint."""

    def damage(folder: Path) -> None:
        (folder / STEP / "model/tree.json").write_text(json.dumps(structure))

    return consistent(damage)


def arrays(header: Any, data: bytes = b"", *, length: int | None = None) -> Damage:
    """Put another file of arrays into a checkpoint."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = struct.pack("<Q", len(text) if length is None else length)

    def damage(folder: Path) -> None:
        (folder / STEP / "model/arrays.safetensors").write_bytes(start + text + data)

    return consistent(damage)


def one_array(**facts: Any) -> Any:
    """Describe one array of a file."""
    return {"w": {"dtype": "F64", "shape": [3], "data_offsets": [0, 24], **facts}}


def source(change: Callable[[Path], None]) -> Damage:
    """Change the stored script."""
    return lambda folder: change(folder / "sources/train.py")


def _renamed_file(name: str) -> Callable[[Any], Any]:
    """Name the script of a manifest otherwise."""

    def change(data: Any) -> Any:
        data["files"][name] = data["files"].pop("train.py")
        data["main"] = {"module": "train", "path": name}

    return change


def _listed_file(name: str, **facts: Any) -> Damage:
    """List one more file in the manifest of a checkpoint."""

    def change(data: Any) -> Any:
        data["files"][name] = {"size": 1, "sha256": "0" * 64, **facts}

    return edited(f"{STEP}/manifest.json", change)


def _planted(folder: Path) -> None:
    """Put files beside the stored ones that Python would import."""
    for name in ("numpy.py", "forge.py", "json.py", "sitecustomize.py", "conftest.py"):
        (folder / name).write_bytes(EVIL)
        (folder / "sources" / name).write_bytes(EVIL)
    cache = folder / "sources/__pycache__"
    cache.mkdir()
    (cache / f"train.{sys.implementation.cache_tag}.pyc").write_bytes(b"\0" * 16 + EVIL)


def _component(**facts: Any) -> Damage:
    """Say otherwise where a component is defined."""

    def change(data: Any) -> None:
        for component in data["components"]:
            component |= facts

    return edited("run.json", change)


def _run(**facts: Any) -> Damage:
    """Say other things in run.json."""
    return edited("run.json", lambda data: data.update(facts))


def _nested_result(depth: int) -> Damage:
    """Say that the run returned tuples in tuples."""
    text = '{"py/tuple":[' * depth + "]}" * depth

    def damage(folder: Path) -> None:
        _run(result="here")(folder)
        path = folder / "run.json"
        path.write_text(path.read_text().replace('"here"', text))

    return damage


def _sessions(**facts: Any) -> Damage:
    """Say other things of the sessions."""

    def change(data: Any) -> None:
        for session in data["sessions"]:
            session |= facts

    return edited("run.json", change)


def _many_steps(folder: Path) -> None:
    """Make folders that look like checkpoints."""
    for name in ("²²²²²²²²²²", "9" * 18, "9" * 200, "-0000000001", "00000000 3", "..."):
        (folder / "checkpoints" / name).mkdir()
        (folder / "checkpoints" / name / "manifest.json").write_text("{}")
    (folder / "checkpoints/0000000009").symlink_to("/")
    (folder / "checkpoints/0000000010").symlink_to("0000000010")


def _linked(name: str, target: str) -> Damage:
    """Put a link in the place of a folder."""

    def damage(folder: Path) -> None:
        _over(folder / name)
        (folder / name).symlink_to(target)

    return damage


def _moved_out(name: str) -> Damage:
    """Put a link to the same thing elsewhere in the place of a file."""

    def damage(folder: Path) -> None:
        elsewhere = folder.parent / "elsewhere"
        shutil.move(folder / name, elsewhere)
        (folder / name).symlink_to(elsewhere)

    return damage


def _endless_links(folder: Path) -> None:
    """Let folders of sources and artifacts contain themselves."""
    (folder / "sources/again").symlink_to("..")
    (folder / "artifacts/again").symlink_to("/")


def _metrics(*lines: Any) -> Damage:
    """Put other lines into the metrics."""
    data = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    return lambda folder: (folder / "metrics.jsonl").write_text(data) and None


_EMPTY = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest()}

SPECIAL: dict[str, Damage] = {
    # Sources
    "sources: altered": source(_content(EVIL)),
    "sources: appended": source(_content(lambda data: data + EVIL)),
    "sources: missing": source(_over),
    "sources: huge": source(_huge),
    "sources: a pipe": source(_pipe),
    "sources: a link out": source(_link("/etc/passwd")),
    "sources: a device": source(_link("/dev/zero")),
    "sources: the same elsewhere": _moved_out("sources/train.py"),
    "sources: planted": _planted,
    "sources: all a link": _linked("sources", "/"),
    "sources: links that contain themselves": _endless_links,
    "sources: up": edited("sources/MANIFEST.json", _renamed_file("../train.py")),
    "sources: up inside": edited("sources/MANIFEST.json", _renamed_file("a/../t.py")),
    "sources: absolute": edited("sources/MANIFEST.json", _renamed_file("/etc/passwd")),
    "sources: backslash": edited("sources/MANIFEST.json", _renamed_file("..\\t.py")),
    "sources: nul": edited("sources/MANIFEST.json", _renamed_file("t\0.py")),
    "sources: a long path": edited("sources/MANIFEST.json", _renamed_file(f"{LONG}.py")),
    "sources: escapes": edited(
        "sources/MANIFEST.json", _renamed_file(f"{ESCAPES}.py")
    ),
    "sources: many files": edited(
        "sources/MANIFEST.json",
        lambda d: d["files"].update({f"m{i}.py": "0" * 64 for i in range(100_000)}),
    ),
    "sources: roots up": edited(
        "sources/MANIFEST.json", lambda d: d.update(roots=["../.."])
    ),
    "sources: everything external": edited(
        "sources/MANIFEST.json", lambda d: d.update(externals={"evil": "/evil.py"})
    ),
    # run.json
    "run: sources up": _sessions(sources="../.."),
    "run: sources absolute": _sessions(sources="/"),
    "run: a component of the system": _component(
        module="os", qualname="system", file=None
    ),
    "run: a component elsewhere": _component(file="../../evil.py"),
    "run: a component deep": _component(qualname=".".join("a" * 10_000)),
    "run: a component that is dunder": _component(qualname="__class__.__init__"),
    "run: no components": _run(components=[]),
    "run: its number": _run(number=10**30),
    "run: its name": _run(name=f"../..{ESCAPES}{LONG}"),
    "run: its process": _run(status="RUNNING", pid=-1, pid_started=1e308, boot=LONG),
    "run: its result": _run(result=CALL),
    "run: a set of lists": _run(result={"py/set": [[1], {"a": 1}]}),
    "run: bad bytes": _run(result={"py/b64": "\x00*"}),
    "run: pairs that are none": _run(result={"forge/dict": [[[1], 2], [1], 3]}),
    "run: tags in tags": _nested_result(300),
    "run: deep tags": _nested_result(20_000),
    "run: its seeds": _run(seeds={"model": 10**400}),
    "run: its times": _run(started="9999-99-99T99:99:99", duration=-1e300),
    "run: its injected": _run(injected={"model.n_in": {"value": CALL, "origin": LONG}}),
    "run: a goal": _run(goal=f"max {ESCAPES}"),
    "run: a later format": _run(format=2),
    # flags.json
    "flags: calls": edited("flags.json", lambda d: d.update(lr=CALL)),
    "flags: another model": edited("flags.json", lambda d: d.update(model="os:system")),
    "flags: a file": edited("flags.json", lambda d: d.update(model="/etc/passwd:x")),
    "flags: a run": edited("flags.json", lambda d: d.update(model="run:../../evil")),
    "flags: unknown": edited("flags.json", lambda d: d.update({ESCAPES: 1})),
    # metrics
    "metrics: a long line": lambda f: (f / "metrics.jsonl").write_bytes(
        b'{"time":0,"a":"' + b"x" * (8 << 20)
    )
    and None,
    "metrics: many names": _metrics(
        {"time": 0, **{f"m{i}": i for i in range(20_000)}}
    ),
    "metrics: odd numbers": _metrics(
        '{"time":1e999,"step":1,"a":1e999}',
        '{"time":0,"step":' + "9" * 5_000 + ',"a":1}',
        '{"time":0,"step":-5,"a":-1e400}',
        '{"event":"resumed","from":' + "9" * 400 + "}",
        '{"event":"resumed","from":"x"}',
        '{"event":{"a":[]}}',
        {"time": 0, "__proto__": 1, ESCAPES: 2, LONG: 3, "constructor": 4},
    ),
    # checkpoints
    "checkpoint: steps": _many_steps,
    "checkpoint: all a link": _linked("checkpoints", "/"),
    "checkpoint: a step a link": _linked(STEP, "/"),
    "checkpoint: an entry a link": _linked(f"{STEP}/model", "/"),
    "checkpoint: arrays elsewhere": _moved_out(f"{STEP}/model/arrays.safetensors"),
    "checkpoint: arrays huge": lambda f: _huge(f / STEP / "model/arrays.safetensors"),
    "checkpoint: a pipe": lambda f: _pipe(f / STEP / "model/arrays.safetensors"),
    "checkpoint: bit": lambda f: _content(
        lambda d: d[:-1] + bytes([d[-1] ^ 1])
    )(f / STEP / "model/arrays.safetensors"),
    "checkpoint: file up": _listed_file("../../../../../etc/passwd"),
    "checkpoint: file absolute": _listed_file("/etc/passwd"),
    "checkpoint: file backslash": _listed_file("..\\x"),
    "checkpoint: file empty": _listed_file(""),
    "checkpoint: file nul": _listed_file("a\0b"),
    "checkpoint: file long": _listed_file(LONG),
    "checkpoint: file escapes": _listed_file(ESCAPES),
    "checkpoint: file negative": _listed_file("model/tree.json", size=-1),
    "checkpoint: file huge": _listed_file("model/tree.json", size=10**18),
    "checkpoint: entry up": edited(
        f"{STEP}/manifest.json",
        lambda d: d["objects"].update({"../../x": d["objects"].pop("model")}),
    ),
    "checkpoint: slot up": edited(
        f"{STEP}/manifest.json",
        lambda d: d["objects"].update(
            {"../../../sources": {**d["objects"].pop("model"), "slot": "model"}}
        ),
    ),
    "checkpoint: another adapter": edited(
        f"{STEP}/manifest.json",
        lambda d: d["objects"]["model"].update(adapter=f"pickle{ESCAPES}"),
    ),
    "checkpoint: odd facts": edited(
        f"{STEP}/manifest.json",
        lambda d: d["objects"]["model"].update(facts={"build": CALL, "n": [LONG]}),
    ),
    "checkpoint: another step": edited(
        f"{STEP}/manifest.json", lambda d: d.update(step=10**18)
    ),
    "checkpoint: a later format": edited(
        f"{STEP}/manifest.json", lambda d: d.update(format=99)
    ),
    "checkpoint: files left out": edited(
        f"{STEP}/manifest.json", lambda d: d.update(files={})
    ),
    # trees
    "tree: many lists": tree([[]] * 1_000_000),
    "tree: another": tree({"other": 1}),
    "tree: an array that is none": tree({"w": {"$array": "none"}}),
    "tree: an array of lists": tree({"w": {"$array": ["w"]}}),
    "tree: objects": tree({"w": {"$array": "w", "dtype": "O", "shape": [3]}}),
    "tree: objects inside": tree(
        {"w": {"$array": "w", "dtype": "i8,O", "shape": [3]}}
    ),
    "tree: a type of another module": tree(
        {"w": {"$array": "w", "dtype": "__loader__", "shape": [3]}}
    ),
    "tree: a wide type": tree(
        {"w": {"$array": "w", "dtype": "V2000000000", "shape": [1]}}
    ),
    "tree: no width": tree({"w": {"$array": "w", "dtype": "U0", "shape": [2**62]}}),
    "tree: a shape beyond": tree(
        {"w": {"$array": "w", "dtype": "f8", "shape": [2**62, 4]}}
    ),
    "tree: a shape below": tree(
        {"w": {"$array": "w", "dtype": "f8", "shape": [-1, -3]}}
    ),
    "tree: a shape of texts": tree(
        {"w": {"$array": "w", "dtype": "f8", "shape": ["3"]}}
    ),
    "tree: many dimensions": tree(
        {"w": {"$array": "w", "dtype": "f8", "shape": [1] * 10_000}}
    ),
    "tree: an unknown tag": tree({"w": {"$call": "os.system"}}),
    "tree: an array twice": tree({"w": [{"$array": "w"}] * 50_000}),
    "tree: lists in a set": tree({"w": {"$set": [[1]]}}),
    "tree: lists as keys": tree({"w": {"$dict": [[[1], 2]]}}),
    "tree: no pairs": tree({"w": {"$dict": [1, 2]}}),
    "tree: a great number": tree({"w": {"$int": "0x" + "f" * 1_000_000}}),
    "tree: no number": tree({"w": {"$int": "zz"}, "x": {"$float": "zz"}}),
    "tree: bad bytes": tree({"w": {"$bytes": "zz"}, "x": {"$bytes": 5}}),
    "tree: three parts": tree({"w": {"$complex": [1, 2, 3]}}),
    "tree: calls": tree({"w": CALL}),
    "tree: deep": consistent(
        lambda f: _content(b'{"w":' + b"[" * 20_000 + b"]" * 20_000 + b"}")(
            f / STEP / "model/tree.json"
        )
    ),
    "tree: digits": consistent(
        lambda f: _content(b'{"w":' + b"9" * 1_000_000 + b"}")(
            f / STEP / "model/tree.json"
        )
    ),
    "tree: binary": consistent(
        lambda f: _content(bytes(range(256)))(f / STEP / "model/tree.json")
    ),
    # arrays
    "arrays: empty": consistent(
        lambda f: _content(b"")(f / STEP / "model/arrays.safetensors")
    ),
    "arrays: a header beyond memory": arrays({}, length=2**63),
    "arrays: a header beyond the file": arrays({}, length=10**6),
    "arrays: the longest header": arrays(b" " * (64 << 20)),
    "arrays: a header of depth": arrays(b"[" * 100_000),
    "arrays: no mapping": arrays([1]),
    "arrays: an unknown type": arrays(one_array(dtype="OBJECT"), bytes(24)),
    "arrays: a shape beyond": arrays(one_array(shape=[2**62, 2**62]), bytes(24)),
    "arrays: a shape below": arrays(one_array(shape=[-3]), bytes(24)),
    "arrays: a wrong shape": arrays(one_array(shape=[4]), bytes(24)),
    "arrays: another shape": arrays(one_array(shape=[3, 1]), bytes(24)),
    "arrays: offsets beyond": arrays(one_array(data_offsets=[0, 2**60]), bytes(24)),
    "arrays: offsets below": arrays(one_array(data_offsets=[-24, 0]), bytes(24)),
    "arrays: offsets turned": arrays(one_array(data_offsets=[24, 0]), bytes(24)),
    "arrays: a hole": arrays(one_array(data_offsets=[8, 32]), bytes(32)),
    "arrays: an overlap": arrays(
        {**one_array(), "v": one_array()["w"]}, bytes(24)
    ),
    "arrays: escapes": arrays({ESCAPES: one_array()["w"]}, bytes(24)),
    "arrays: prototypes": arrays({"__proto__": one_array()["w"]}, bytes(24)),
    "arrays: a pickle": consistent(
        lambda f: _content(DAMAGES_PICKLE)(f / STEP / "model/arrays.safetensors")
    ),
}

DAMAGES_PICKLE = b"cos\nsystem\n(S'touch ran'\ntR."
CASES = _cases()


# ------------------------------------------------------------------- the readers


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
        exp.model  # noqa: B018 - it is refused
        raise AssertionError("the model was built without trust")


def _vouched(folder: Path) -> None:
    """Load and rebuild a run whose code somebody vouched for."""
    import forge

    with contextlib.closing(forge.Experiment.load(folder, trust=True)) as exp:
        repr(exp)
        repr(exp.config)
        repr(exp.dataset)
        repr(exp.model)
        exp.call("evaluate")


READERS: dict[str, Callable[[Path], None]] = {
    "record": _record,
    "store": _found,
    "checkpoints": _checkpoints,
    "restore": _restored,
    "tree": _tree,
    "trust": _untrusted,
    "load": _loaded,
    "rebuild": _vouched,
}

#: Events that no reader may cause.
FORBIDDEN = (
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "shutil.rmtree",
)


class Watch:
    """Notes what a reader does that it must not.

    Args:
        place: The folder that holds the hostile runs.
    """

    def __init__(self, place: Path) -> None:
        self.on = False
        self.seen: list[str] = []
        #: Whether code of the run folder may run: somebody vouched for it.
        self.vouched = False
        self._place = str(place)
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Judge one event."""
        if not self.on:
            return
        if event in FORBIDDEN:
            self.seen.append(f"{event} {args[:2]!r}")
        elif event == "open" and isinstance(args[2], int):
            writes = args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes and str(args[0]).startswith(self._place):
                self.seen.append(f"writes {args[0]}")
        elif event == "exec" and not self.vouched:
            file = getattr(args[0], "co_filename", "")
            if str(file).startswith(self._place):
                self.seen.append(f"executes {file}")


class Hang(BaseException):
    """A reader took longer than any reader does."""


def _ring(number: int, frame: object) -> None:
    """End a reader that does not end."""
    raise Hang


def _outcome(read: Callable[[Path], None], folder: Path) -> tuple[str, str]:
    """Say how a reader ended: fine, with an error for users, or worse."""
    from forge.errors import ForgeError

    try:
        read(folder)
    except ForgeError as error:
        return error.code, str(error)
    except (Exception, Hang) as error:  # noqa: BLE001 - that is what is looked for
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename}:{frame.lineno}"
        return "CRASH", f"{type(error).__name__}: {str(error)[:200]} at {place}"
    return "fine", ""


def survey(genuine: Path, place: Path, wanted: str = "") -> Iterator[dict[str, Any]]:
    """Let every reader loose on every case.

    Args:
        genuine: A run folder that nobody has touched.
        place: An empty folder.
        wanted: A part of the names of the cases; all by default.

    Returns:
        What came of each.
    """
    watch = Watch(place)
    signal.signal(signal.SIGALRM, _ring)
    for case, damage in CASES.items():
        if wanted not in case:
            continue
        folder = place / "results/train/1"
        shutil.copytree(genuine, folder, symlinks=True)
        damage(folder)
        for name, read in READERS.items():
            watch.seen, watch.vouched = [], name == "rebuild"
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            signal.alarm(120)
            import time
            t0 = time.perf_counter()
            watch.on = True
            code, text = _outcome(read, folder)
            watch.on = False
            t1 = time.perf_counter() - t0
            signal.alarm(0)
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if getattr(sys, "hostile_ran", False):
                watch.seen.append("the evil code ran")
                del sys.hostile_ran  # type: ignore[attr-defined]
            yield {
                "case": case,
                "reader": name,
                "code": code,
                "text": text,
                "seen": watch.seen,
                "took": t1,
                "grew": (after - before) >> 10,
            }
        shutil.rmtree(place / "results")
        _over(place / "elsewhere")


def main() -> None:
    """Print what every reader makes of every case."""
    genuine, place = Path(sys.argv[1]), Path(sys.argv[2])
    import numpy as np  # noqa: F401 - its threads are none of the readers'
    from safetensors import deserialize  # noqa: F401

    # What is allocated beyond all bounds is refused, and seen as a crash.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + (1 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for found in survey(genuine, place, *sys.argv[3:]):
        print(json.dumps(found))


if __name__ == "__main__":
    main()
