"""Run folders with one thing wrong in each."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostile.checkpoints import CHECKPOINTS
from hostile.damages import (
    CALL,
    DAMAGES,
    ESCAPES,
    EVIL,
    JSON_FILES,
    LONG,
    Damage,
    a_link,
    content,
    edited,
    huge,
    linked,
    moved_out,
    over,
    pipe,
)


def _cases() -> dict[str, Damage]:
    """Every file with every damage, and what needs more than that."""
    cases: dict[str, Damage] = {"genuine": lambda folder: None}
    for name in JSON_FILES:
        for what, damage in DAMAGES.items():
            cases[f"{name}: {what}"] = lambda folder, n=name, d=damage: d(folder / n)
    for name in ("output.txt", "error.txt", "git.diff", "requirements.txt", "run.lock"):
        for what in ("binary", "huge", "a pipe", "a folder", "a device", "escapes"):
            cases[f"{name}: {what}"] = _text_case(name, what)
    return {**cases, **SOURCES, **CHECKPOINTS}


def _text_case(name: str, what: str) -> Damage:
    """Damage a file of text, which may not be there."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_text(ESCAPES)
        if what != "escapes":
            DAMAGES[what](path)

    return damage


def source(change: Callable[[Path], None]) -> Damage:
    """Change the stored script."""
    return lambda folder: change(folder / "sources/train.py")


def _renamed_file(name: str) -> Callable[[Any], Any]:
    """Name the script of a manifest otherwise."""

    def change(data: Any) -> Any:
        data["files"][name] = data["files"].pop("train.py")
        data["main"] = {"module": "train", "path": name}

    return change


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
            component.update(facts)

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
            session.update(facts)

    return edited("run.json", change)


def _endless_links(folder: Path) -> None:
    """Let folders of sources and artifacts contain themselves."""
    (folder / "sources/again").symlink_to("..")
    (folder / "artifacts/again").symlink_to("/")


def _metrics(*lines: Any) -> Damage:
    """Put other lines into the metrics."""
    data = "\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines)
    return lambda folder: (folder / "metrics.jsonl").write_text(data) and None


SOURCES: dict[str, Damage] = {
    # Sources
    "sources: altered": source(content(EVIL)),
    "sources: appended": source(content(lambda data: data + EVIL)),
    "sources: missing": source(over),
    "sources: huge": source(huge),
    "sources: a pipe": source(pipe),
    "sources: a link out": source(a_link("/etc/passwd")),
    "sources: a device": source(a_link("/dev/zero")),
    "sources: the same elsewhere": moved_out("sources/train.py"),
    "sources: planted": _planted,
    "sources: all a link": linked("sources", "/"),
    "sources: links that contain themselves": _endless_links,
    "sources: up": edited("sources/MANIFEST.json", _renamed_file("../train.py")),
    "sources: up inside": edited("sources/MANIFEST.json", _renamed_file("a/../t.py")),
    "sources: absolute": edited("sources/MANIFEST.json", _renamed_file("/etc/passwd")),
    "sources: backslash": edited("sources/MANIFEST.json", _renamed_file("..\\t.py")),
    "sources: nul": edited("sources/MANIFEST.json", _renamed_file("t\0.py")),
    "sources: a long path": edited(
        "sources/MANIFEST.json", _renamed_file(f"{LONG}.py")
    ),
    "sources: escapes": edited("sources/MANIFEST.json", _renamed_file(f"{ESCAPES}.py")),
    "sources: many files": edited(
        "sources/MANIFEST.json",
        lambda d: d["files"].update({f"m{i}.py": "0" * 64 for i in range(10_000)}),
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
    "metrics: a long line": lambda f: (
        (f / "metrics.jsonl").write_bytes(b'{"time":0,"a":"' + b"x" * (8 << 20))
        and None
    ),
    "metrics: many names": _metrics({"time": 0, **{f"m{i}": i for i in range(20_000)}}),
    "metrics: odd numbers": _metrics(
        '{"time":1e999,"step":1,"a":1e999}',
        '{"time":0,"step":' + "9" * 5_000 + ',"a":1}',
        '{"time":0,"step":-5,"a":-1e400}',
        '{"event":"resumed","from":' + "9" * 400 + "}",
        '{"event":"resumed","from":"x"}',
        '{"event":{"a":[]}}',
        {"time": 0, "__proto__": 1, ESCAPES: 2, LONG: 3, "constructor": 4},
    ),
}

CASES = _cases()
