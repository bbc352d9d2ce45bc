"""The form of `MANIFEST.json`, read by whoever wants to know what a run stored."""

import hashlib
import json
import os
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from forge.errors import ForgeError
from forge.records.durable import read_bounded


NAME: Final = "MANIFEST.json"
_FORMAT: Final = 1
#: Larger files are none of ours.
LARGEST: Final = 64 << 20


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a folder of stored sources.

    Args:
        folder: The folder.

    Returns:
        What `MANIFEST.json` holds, not checked any further.

    Raises:
        ForgeError: `no-sources` when there is none, `source-manifest` when it cannot
            be read.
    """
    path = folder / NAME
    try:
        data = json.loads(read_bounded(path, LARGEST))
    except FileNotFoundError:
        raise ForgeError(
            "no-sources",
            f"{folder} holds no {NAME}: the run stored no sources.\n"
            f"  Use today's code instead: load(..., code='current').",
            folder=os.fspath(folder),
        ) from None
    except (ValueError, RecursionError, OSError) as error:
        _refuse_form(os.fspath(folder), f"it cannot be read ({error})")
    if not isinstance(data, dict):
        _refuse_form(os.fspath(folder), "it holds no mapping")
    return data


def digest_of(data: Mapping[str, Any]) -> str:
    """Hash a manifest, so that another process can tell whether it has the same.

    Args:
        data: What `MANIFEST.json` holds.

    Returns:
        The sha256 in hex.
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def names_in(externals: Iterable[Any]) -> Iterable[str]:
    """Read the names of externals, which may stand among other facts.

    Args:
        externals: Names, or mappings with a name.

    Yields:
        The names.
    """
    for external in externals:
        yield external if isinstance(external, str) else str(external.get("name", ""))


def read_form(
    shown: str, data: Mapping[str, Any]
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, str]]:
    """Read files, roots and the main script.

    Args:
        shown: The folder of the sources as messages name it.
        data: What its manifest holds.

    Returns:
        The hash of each file by its path; the roots; module and path of the script.

    Raises:
        ForgeError: `source-manifest`.
    """
    if data.get("format") != _FORMAT:
        _refuse_form(shown, f"its format is {data.get('format')!r}, not {_FORMAT}")
    try:
        main = data.get("main") or {}
        files = {str(path): _hash_in(of) for path, of in data["files"].items()}
        roots = tuple(str(root) for root in data["roots"])
        script = (str(main.get("module", "")), str(main.get("path", "")))
        tuple(names_in(data.get("externals", ())))
        dict(data.get("packages", {}))
        outside = dict(data.get("outside", {}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _refuse_form(shown, f"its form is wrong ({type(error).__name__}: {error})")
    if not all(isinstance(place, str) for place in outside.values()):
        _refuse_form(shown, "where its files lay is no text")
    if script[1] and script[1] not in files:
        _refuse_form(shown, f"its main file {script[1]!r} is not among its files")
    return files, tuple("" if root == "." else root for root in roots), script


def _hash_in(entry: Any) -> str:
    """Read the hash of a file, which may stand alone or among other facts."""
    return str(entry["sha256"] if isinstance(entry, Mapping) else entry)


def _refuse_form(shown: str, why: str) -> NoReturn:
    """Refuse what is not a manifest."""
    raise ForgeError(
        "source-manifest",
        f"{posixpath.join(shown, NAME)} is no manifest of stored sources: {why}.\n"
        f"  Use today's code instead: load(..., code='current').",
        folder=shown,
    )
