"""What can befall a file of a run folder."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any


Damage = Callable[[Path], None]

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

#: What a page must not take for a part of itself.
MARKUP = "<img src=x onerror=alert(1)>"
ESCAPES = f"\x1b[31m\x1b]0;owned\x07\r\b{MARKUP}"
LONG = "n" * 10_000
CALL = {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["touch ran"]}]}
YAML = "!!python/object/apply:os.system ['touch ran']"
#: What `pickle.loads` would obey.
PICKLE = b"cos\nsystem\n(S'touch ran'\ntR."


def over(path: Path) -> None:
    """Take whatever is at a path away."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def content(data: bytes | Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Replace the content of a file."""

    def damage(path: Path) -> None:
        path.write_bytes(data(path.read_bytes()) if callable(data) else data)

    return damage


def a_link(target: str) -> Callable[[Path], None]:
    """Put a link in the place of a file."""

    def damage(path: Path) -> None:
        path.unlink()
        path.symlink_to(target)

    return damage


def huge(path: Path) -> None:
    """Make a file of 200 GB that takes no room."""
    os.truncate(path, 200 << 30)


def a_folder(path: Path) -> None:
    """Put a folder in the place of a file."""
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    """Put a pipe that nobody writes to in the place of a file."""
    path.unlink()
    os.mkfifo(path)


def everywhere(value: Any, *, keys: bool = False) -> Callable[[Path], None]:
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
        swapped = [swap(one) for one in found]
        if whole:
            write(path, swapped[0])
        else:
            path.write_text("\n".join(map(json.dumps, swapped)))

    return damage


def write(path: Path, data: Any) -> None:
    """Write JSON; into the manifest of a checkpoint with a sum that is right."""
    text = json.dumps(data, indent=2)
    if path.name == "manifest.json" and isinstance(data, dict):
        data.pop("sha256", None)
        body = json.dumps(data, indent=2).removesuffix("\n}")
        digest = hashlib.sha256(body.encode()).hexdigest()
        text = f'{body},\n  "sha256": "{digest}"\n}}\n'
    path.write_text(text)


def edited(name: str, change: Callable[[Any], Any]) -> Damage:
    """Change what a file with JSON says."""

    def damage(folder: Path) -> None:
        path = folder / name
        data = json.loads(path.read_text())
        found = change(data)
        write(path, data if found is None else found)

    return damage


def linked(name: str, target: str) -> Damage:
    """Put a link in the place of a folder."""

    def damage(folder: Path) -> None:
        over(folder / name)
        (folder / name).symlink_to(target)

    return damage


def moved_out(name: str) -> Damage:
    """Put a link to the same thing elsewhere in the place of a file."""

    def damage(folder: Path) -> None:
        elsewhere = folder.parent / "elsewhere"
        shutil.move(folder / name, elsewhere)
        (folder / name).symlink_to(elsewhere)

    return damage


#: What can befall any file.
DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty": content(b""),
    "torn": content(lambda data: data[: len(data) // 2]),
    "binary": content(bytes(range(256)) * 40),
    "zeros": content(bytes(100_000)),
    "deep lists": content(b"[" * 300_000),
    "deep mappings": content(b'{"a":' * 300_000),
    "closed deep lists": content(b"[" * 50_000 + b"]" * 50_000),
    "a list": content(b"[1, 2]"),
    "a number": content(b"7"),
    "many digits": content(b'{"format": ' + b"9" * 1_000_000 + b"}"),
    "beyond floats": content(b'{"format": 1e99999, "step": -1e99999}'),
    "not numbers": content(b'{"format": NaN, "step": Infinity}'),
    "a lone surrogate": content(b'{"format": "\\ud800"}'),
    "utf-16": content('{"format": 1}'.encode("utf-16")),
    "keys twice": content(b'{"format": 1, "format": 2, "files": {}, "files": []}'),
    "yaml": content(YAML.encode()),
    "pickle": content(PICKLE),
    "huge": huge,
    "missing": over,
    "a folder": a_folder,
    "a pipe": pipe,
    "a link out": a_link("/etc/passwd"),
    "a link to itself": a_link("."),
    "a link in a circle": a_link("run.json"),
    "a device": a_link("/dev/zero"),
    "calls": everywhere(CALL),
    "prototypes": everywhere("__proto__"),
    "prototype keys": everywhere("__proto__", keys=True),
    "escapes": everywhere(ESCAPES),
    "escape keys": everywhere(ESCAPES, keys=True),
    "long names": everywhere(LONG),
    "long keys": everywhere(LONG, keys=True),
    "nothing": everywhere(None),
    "negative": everywhere(-1),
    "paths": everywhere("../../../../etc/passwd"),
}
