"""Pictures among the artifacts of a run, carried along by a page or a card."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from forge.records.durable import read_bounded
from forge.records.files import files_of
from forge.records.layout import RunLayout


#: How pictures begin; what only ends like one may be anything.
_KINDS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}

#: Bytes of one picture, and of all pictures of one run.
LARGEST: Final = 1 << 20
_ALL: Final = 8 << 20


class Image(NamedTuple):
    """A picture.

    Attributes:
        name: Its name among the artifacts.
        uri: The picture itself, as an address that holds it; nothing if it is too
            large.
    """

    name: str
    uri: str


def images_of(
    layout: RunLayout, *, largest: int = LARGEST, every: int = _ALL
) -> Iterator[Image]:
    """Find the pictures of a run.

    Args:
        layout: The run.
        largest: So many bytes one of them may have to be carried along.
        every: So many all of them together.

    Yields:
        Those that browsers show without running anything, each with what it holds.
    """
    left = every
    root = layout.artifacts
    if root.is_symlink() or not root.is_dir():
        return
    for name in files_of(root):
        kind = _kind(root / name)
        if not kind:
            continue
        try:
            data = read_bounded(root / name, min(largest, left))
        except OSError:
            yield Image(name, "")
            continue
        left -= len(data)
        yield Image(name, f"data:{kind};base64,{base64.b64encode(data).decode()}")


def _kind(path: Path) -> str:
    """Tell by its first bytes what kind of picture a file is, if any."""
    if path.is_symlink():
        return ""
    try:
        with path.open("rb") as file:
            head = file.read(12) if path.is_file() else b""
    except OSError:
        return ""
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), "")
