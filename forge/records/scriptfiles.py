"""Checkpoints that a script saved into its run folder by means of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal


#: What they are called, with their step behind it.
STEM: Final = "model.ckpt"

_INDEX: Final = re.compile(r".+-(?P<step>\d{1,18})\.index\Z")
_SHARD: Final = re.compile(r"(?P<prefix>.+)\.data-\d{5}-of-(?P<of>\d{5})\Z")
_SINGLE: Final = re.compile(
    re.escape(STEM) + r"-(?P<step>\d{1,18})(?:\.(?:pt|pth|bin))?\Z"
)


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """One checkpoint.

    Attributes:
        step: Its step.
        path: What restores it: the prefix of TensorFlow's files, or a file.
        form: `tensorflow`, or `file` for a single one, as of PyTorch.
    """

    step: int
    path: Path
    form: Literal["tensorflow", "file"]


def script_files(folder: Path) -> dict[int, ScriptFile]:
    """Find the complete checkpoints that a script saved itself.

    Args:
        folder: The run folder.

    Returns:
        One a step, in order; those of TensorFlow lack no file.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return {}
    found = {one.step: one for one in (*_singles(files), *_tensorflow(files))}
    return dict(sorted(found.items()))


def _tensorflow(files: list[Path]) -> Iterator[ScriptFile]:
    """Find what TensorFlow saved: an index, and every file that goes with it."""
    shards: dict[str, list[int]] = {}
    for file in files:
        if match := _SHARD.match(file.name):
            shards.setdefault(match["prefix"], []).append(int(match["of"]))
    for file in files:
        match = _INDEX.match(file.name)
        there = shards.get(file.stem)
        if match and there and len(there) == max(there):
            yield ScriptFile(int(match["step"]), file.with_suffix(""), "tensorflow")


def _singles(files: list[Path]) -> Iterator[ScriptFile]:
    """Find checkpoints of one file, such as those of `torch.save`."""
    for file in files:
        match = _SINGLE.match(file.name)
        if match and file.stat().st_size:
            yield ScriptFile(int(match["step"]), file, "file")
