"""Checkpoints with one thing wrong in each."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

from hostile.damages import (
    CALL,
    ESCAPES,
    LONG,
    PICKLE,
    STEP,
    Damage,
    content,
    edited,
    huge,
    linked,
    moved_out,
    pipe,
    write,
)


def consistent(damage: Damage) -> Damage:
    """Damage the files of a checkpoint, and make its manifest agree with them."""

    def both(folder: Path) -> None:
        damage(folder)
        manifest = folder / STEP / "manifest.json"
        data = json.loads(manifest.read_text())
        for name, fact in data["files"].items():
            content = (folder / STEP / name).read_bytes()
            fact |= {
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        write(manifest, data)

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


def _listed_file(name: str, **facts: Any) -> Damage:
    """List one more file in the manifest of a checkpoint."""

    def change(data: Any) -> Any:
        data["files"][name] = {"size": 1, "sha256": "0" * 64, **facts}

    return edited(f"{STEP}/manifest.json", change)


def _many_steps(folder: Path) -> None:
    """Make folders that look like checkpoints."""
    for name in ("²²²²²²²²²²", "9" * 18, "9" * 200, "-0000000001", "00000000 3", "..."):
        (folder / "checkpoints" / name).mkdir()
        (folder / "checkpoints" / name / "manifest.json").write_text("{}")
    (folder / "checkpoints/0000000009").symlink_to("/")
    (folder / "checkpoints/0000000010").symlink_to("0000000010")


CHECKPOINTS: dict[str, Damage] = {
    # checkpoints
    "checkpoint: steps": _many_steps,
    "checkpoint: all a link": linked("checkpoints", "/"),
    "checkpoint: a step a link": linked(STEP, "/"),
    "checkpoint: an entry a link": linked(f"{STEP}/model", "/"),
    "checkpoint: arrays elsewhere": moved_out(f"{STEP}/model/arrays.safetensors"),
    "checkpoint: arrays huge": lambda f: huge(f / STEP / "model/arrays.safetensors"),
    "checkpoint: a pipe": lambda f: pipe(f / STEP / "model/arrays.safetensors"),
    "checkpoint: bit": lambda f: content(lambda d: d[:-1] + bytes([d[-1] ^ 1]))(
        f / STEP / "model/arrays.safetensors"
    ),
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
    "tree: objects inside": tree({"w": {"$array": "w", "dtype": "i8,O", "shape": [3]}}),
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
        lambda f: content(b'{"w":' + b"[" * 20_000 + b"]" * 20_000 + b"}")(
            f / STEP / "model/tree.json"
        )
    ),
    "tree: digits": consistent(
        lambda f: content(b'{"w":' + b"9" * 1_000_000 + b"}")(
            f / STEP / "model/tree.json"
        )
    ),
    "tree: binary": consistent(
        lambda f: content(bytes(range(256)))(f / STEP / "model/tree.json")
    ),
    # arrays
    "arrays: empty": consistent(
        lambda f: content(b"")(f / STEP / "model/arrays.safetensors")
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
    "arrays: an overlap": arrays({**one_array(), "v": one_array()["w"]}, bytes(24)),
    "arrays: escapes": arrays({ESCAPES: one_array()["w"]}, bytes(24)),
    "arrays: prototypes": arrays({"__proto__": one_array()["w"]}, bytes(24)),
    "arrays: a pickle": consistent(
        lambda f: content(PICKLE)(f / STEP / "model/arrays.safetensors")
    ),
}
