"""`manifest.json`: what a checkpoint holds, written last and read first."""

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from forge.checkpoints.arrays import FileFact
from forge.checkpoints.base import Refused
from forge.errors import ForgeError
from forge.records.structs import prepared


FORMAT = 1
MANIFEST = "manifest.json"
#: What objects may be called; each is also the name of a folder.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
#: What stands between the content of the file and its hash.
_SUM = b',\n  "sha256": "'
#: Metrics that JSON has no number for.
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class ObjectFact(msgspec.Struct, frozen=True):
    """One saved object."""

    #: The word for the adapter that wrote it.
    adapter: str
    #: The library behind the object and its version.
    version: str
    #: The object's class, for messages.
    type: str
    #: The slot whose built object this is.
    slot: str | None = None
    #: What the adapter needs to prepare an object for these values.
    facts: dict[str, Any] = {}


class Manifest(msgspec.Struct, frozen=True):
    """Everything that is known of a checkpoint without reading its values."""

    #: The version of this form.
    format: int
    #: The step it was saved at.
    step: int
    #: When, in UTC.
    time: str
    #: Metrics of that step.
    metrics: dict[str, float | str]
    #: The objects by name.
    objects: dict[str, ObjectFact]
    #: Every other file by its path inside the checkpoint.
    files: dict[str, FileFact]
    #: Whether it is kept whatever the rules say.
    pinned: bool = False

    @property
    def size(self) -> int:
        """How many bytes the checkpoint takes."""
        return sum(f.size for f in self.files.values())

    def metric(self, name: str) -> float:
        """Read a metric.

        Args:
            name: Its name.

        Returns:
            Its value; NaN when it is not there.
        """
        value = self.metrics.get(name, math.nan)
        return _WORDS.get(value, math.nan) if isinstance(value, str) else value


def stored_metrics(metrics: Mapping[str, Any]) -> dict[str, float | str]:
    """Turn metrics into what the manifest keeps.

    Args:
        metrics: Numbers, or whatever turns into one, by name.

    Returns:
        Numbers; NaN and infinities as words.

    Raises:
        Refused: When a metric is no number.
    """
    found: dict[str, float | str] = {}
    for name, value in metrics.items():
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError) as e:
            raise Refused(
                f"metric {name} is a {type(value).__name__}, not a number",
                f"Give a number, such as metrics={{'{name}': 0.93}}.",
            ) from e
        words = {k for k, v in _WORDS.items() if repr(v) == repr(number)}
        found[name] = words.pop() if words else number
    return found


def encode(manifest: Manifest) -> bytes:
    """Write a manifest.

    Args:
        manifest: The manifest.

    Returns:
        JSON that people can read.
    """
    return summed(msgspec.json.encode(manifest))


def summed(data: bytes) -> bytes:
    """Write what a manifest says with its own hash at the end.

    Args:
        data: A mapping in JSON.

    Returns:
        The content of the file: a flipped bit in it is found as in any other.
    """
    body = msgspec.json.format(data, indent=2).removesuffix(b"\n}")
    digest = hashlib.sha256(body).hexdigest().encode()
    return b"".join((body, _SUM, digest, b'"\n}\n'))


def decode(data: bytes) -> Manifest:
    """Read a manifest.

    Args:
        data: The content of the file.

    Returns:
        The manifest; keys of later versions are passed over.

    Raises:
        ForgeError: `checkpoint-damaged`, when it is none.
    """
    try:
        found = msgspec.json.decode(data, type=prepared(Manifest))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as e:
        raise ForgeError("checkpoint-damaged", f"{MANIFEST} is no manifest: {e}") from e
    if found.format > FORMAT:
        raise ForgeError(
            "checkpoint-damaged",
            f"{MANIFEST} has format {found.format}; this version of Forge reads"
            f" up to {FORMAT}. A newer Forge wrote it: pip install -U forge-ml",
        )
    body, _, digest = data.rpartition(_SUM)
    if digest[:64] != hashlib.sha256(body).hexdigest().encode():
        text = f"{MANIFEST} has another content than was saved (sha256)"
        raise ForgeError("checkpoint-damaged", text)
    odd = [name for name in found.objects if not NAME.fullmatch(name)]
    if odd:
        # Each names the folder that its files are read from.
        raise ForgeError(
            "checkpoint-damaged",
            f"{MANIFEST} names an object {odd[0]!r}, which can be no name of one",
        )
    return found
