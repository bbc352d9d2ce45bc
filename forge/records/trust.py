"""Whether the code in a run folder may run: it is signed by those who made it."""

import hmac
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from forge._text import aligned, near
from forge.errors import ForgeError, UntrustedRun
from forge.records.durable import read_bounded
from forge.records.key import VARIABLE, own_key, read_key
from forge.records.layout import RunLayout
from forge.records.numbers import is_number
from forge.records.plain import from_json, to_json
from forge.records.question import ask
from forge.records.runfile import ComponentFact, RunFile, read_runfile
from forge.records.trusted import TRUSTED, full, is_below_trusted


_FORMAT: Final = 1

_canonical_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

#: Signatures of anything else that the key may come to sign are of no use here.
_PURPOSE: Final = b"forge run 1\n"
_PURPOSE_OF_ID: Final = b"forge key\n"

#: Larger files are none of ours.
_LARGEST: Final = 64 << 20
_LARGEST_TRUST: Final = 1 << 16

#: What reading a folder that anybody may have made can raise.
_TROUBLES: Final = (OSError, LookupError, ValueError, TypeError, RecursionError)

#: What was answered in this process, by results folder.
_answers: dict[Path, bool] = {}
_asking = threading.Lock()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a signature proves nothing.

    Attributes:
        text: The reason, as a sentence without its capital.
        altered: Whether something was changed after the run was made.
    """

    #: The reason, as a sentence without its capital.
    text: str
    #: Whether something was changed after the run was made.
    altered: bool = False


_CHANGED: Final = Doubt(
    "its sources, flags or components were changed after it was signed.", altered=True
)


@dataclass(frozen=True, slots=True)
class Signed:
    """What decides which code a load runs, and with which values.

    Attributes:
        sources: The manifest in each folder of sources, by the name of the folder.
        flags: The config as flags.json holds it.
        changes: What each resume gave anew.
        components: The components as run.json holds them.
        later: The components of those resumes that had others, by their number.
    """

    #: The manifest in each folder of sources, by the name of the folder.
    sources: Mapping[str, Any]
    #: The config as flags.json holds it.
    flags: Mapping[str, Any]
    #: What each resume gave anew, by full key.
    changes: Sequence[Mapping[str, Any]]
    #: The components as run.json holds them.
    components: Sequence[ComponentFact]
    #: The components of those resumes that had others, by their number.
    later: Mapping[str, Sequence[ComponentFact]]

    @classmethod
    def of(
        cls, run: RunFile, *, flags: Mapping[str, Any], sources: Mapping[str, Any]
    ) -> Self:
        """Put together what is signed.

        Args:
            run: The facts of run.json.
            flags: The config as flags.json holds it.
            sources: The manifests by the names of their folders.

        Returns:
            All that a signature covers.
        """
        given = ({k: c.new for k, c in s.changes.items()} for s in run.sessions)
        changes = tuple(changed for changed in given if changed)
        stored = {name: manifest for name, manifest in sources.items() if manifest}
        later = {str(i): s.components for i, s in enumerate(run.sessions)}
        later = {number: facts for number, facts in later.items() if facts}
        return cls(stored, flags, changes, run.components, later)

    @classmethod
    def read(
        cls,
        layout: RunLayout,
        *,
        run: RunFile | None = None,
        flags: Mapping[str, Any] | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read from a run folder what its signature covers.

        What the caller has read already is handed in, so that what is verified is
        what is used, though somebody should exchange the files in between.

        Args:
            layout: The names in the run folder.
            run: The facts of run.json.
            flags: The config.
            sources: Manifests by the names of their folders; others are read.

        Returns:
            All that a signature covers.

        Raises:
            OSError: A file cannot be read.
            ValueError: A file makes no sense.
            ForgeError: `run-unreadable`, also if it names a folder that no run has.
        """
        run = read_runfile(layout.run) if run is None else run
        flags = _read(layout.flags) if flags is None else flags
        named = (layout.sources.name, *(session.sources for session in run.sessions))
        manifests = {**(sources or {})}
        for name in dict.fromkeys(named):
            folder = layout.sources_of(name)
            if name not in manifests:
                manifests[name] = _read(folder / layout.manifest.name)
        return cls.of(run, flags=flags, sources=manifests)


def sign(signed: Signed) -> dict[str, Any]:
    """Sign a run with the user's key, which is made if there is none yet.

    Args:
        signed: What the run folder holds.

    Returns:
        What trust.json is to hold.

    Raises:
        OSError: The key can be neither read nor made.
        ForgeError: `key-refused` for a key that proves nothing.
    """
    key = own_key()
    return {"format": _FORMAT, "key": _id_of(key), "hmac_sha256": _hmac(key, signed)}


def verify(layout: RunLayout, signed: Signed | None = None) -> bool:
    """Tell whether a run is signed with the user's key, and unchanged since.

    Args:
        layout: The names in the run folder.
        signed: What its signature covers, if that has been read.

    Returns:
        True only if it is; never raises.
    """
    return _doubt(layout, lambda: signed or Signed.read(layout)) is None


def doubt_of(layout: RunLayout) -> Doubt | None:
    """Say why the signature of a run proves nothing.

    Args:
        layout: The names in the run folder.

    Returns:
        The reason; None where it is signed with the user's key, and unchanged since.
    """
    return _doubt(layout, lambda: Signed.read(layout))


def ensure_trusted(
    layout: RunLayout,
    trust: bool | None,  # noqa: FBT001 - as it was given to `load`
    *,
    run: RunFile | None = None,
    flags: Mapping[str, Any] | None = None,
    sources: Mapping[str, Any] | None = None,
) -> None:
    """Refuse to run the code in a run folder unless somebody vouches for it.

    Args:
        layout: The names in the run folder.
        trust: True vouches for it, False forbids it; with None it must be signed with
            the user's key, lie below a folder of `FORGE_TRUST`, or whoever sits at
            the terminal must say yes.
        run: The facts of run.json, if they have been read.
        flags: The config, if it has been read.
        sources: The manifests that have been read, by the names of their folders.

    Raises:
        UntrustedRun: `untrusted`, with what would help.
    """
    if trust is True:
        return
    if trust is False:
        text = "with trust=False no code of a run folder runs."
        raise _untrusted(layout, f"{_shown(layout.folder)}: {text}", "trust=False")
    held = partial(Signed.read, layout, run=run, flags=flags, sources=sources)
    found = _doubt(layout, held)
    doubt = found.text if found else ""
    if doubt and not is_below_trusted(layout.folder) and not _is_vouched_for(layout):
        results = _shown(_results_of(layout))
        ways = [
            ("for this run:", "load(..., trust=True)"),
            ("for all runs in a folder:", f"forge trust {results}"),
            ("where nobody is asked:", f"{TRUSTED}={results}"),
            ("by the key of its maker:", f"{VARIABLE}=FILE"),
        ]
        lines = "\n".join(f"    {line}" for line in aligned(ways))
        text = (
            f"the code of {_shown(near(layout.folder))} would run now, but {doubt}\n"
            f"  If you trust it, say so in one of these ways:\n{lines}"
        )
        raise _untrusted(layout, text, doubt)


def _untrusted(layout: RunLayout, text: str, reason: str) -> UntrustedRun:
    """Make the error."""
    return UntrustedRun("untrusted", text, folder=layout.folder, reason=reason)


def _doubt(layout: RunLayout, read: Callable[[], Signed]) -> Doubt | None:
    """Find out why a signature proves nothing."""
    try:
        trust = _read(layout.trust, _LARGEST_TRUST)
        if not trust:
            return Doubt("nobody signed it.")
        known = trust["format"] == _FORMAT
        owner, found = trust["key"], trust["hmac_sha256"]
    except _TROUBLES:
        known, owner, found = False, None, None
    if not known:
        return Doubt(f"its {layout.trust.name} makes no sense.", altered=True)
    try:
        key = read_key()
    except ForgeError as error:
        return Doubt(f"it cannot be verified: {error}")
    except OSError:
        return Doubt("you have no key to verify it with.")
    if not _same(owner, _id_of(key)):
        return Doubt("it is signed with another key than yours.")
    return None if _is_signature(found, key, read) else _CHANGED


def _is_signature(found: Any, key: bytes, read: Callable[[], Signed]) -> bool:
    """Tell whether a signature is that of what a run folder holds."""
    try:
        expected = _hmac(key, read())
    except (*_TROUBLES, ForgeError):
        return False
    return _same(found, expected)


def _hmac(key: bytes, signed: Signed) -> str:
    """Compute the signature."""
    return hmac.digest(key, _PURPOSE + _canonical(signed), "sha256").hex()


def _id_of(key: bytes) -> str:
    """Tell keys apart without giving them away."""
    return hmac.digest(key, _PURPOSE_OF_ID, "sha256").hex()[:16]


def _same(found: Any, expected: str) -> bool:
    """Compare a text that anybody may have written, in a time that tells nothing."""
    given = found.encode(errors="replace") if isinstance(found, str) else b""
    return hmac.compare_digest(given, expected.encode())


def _canonical(signed: Signed) -> bytes:
    """Write what is signed in the one form that does not depend on who writes it."""
    # Only where there are some, which older versions did not know of.
    later = {number: _facts(found) for number, found in signed.later.items()}
    value = {
        "sources": dict(signed.sources),
        "flags": dict(signed.flags),
        "changes": [dict(changed) for changed in signed.changes],
        "components": _facts(signed.components),
        **({"later": later} if later else {}),
    }
    # As reading it back from the files gives it.
    return _canonical_json(from_json(to_json(value))).encode()


def _facts(components: Sequence[ComponentFact]) -> list[list[str | None]]:
    """List what is signed of components."""
    # By name: a fact that a later version adds must not spoil older signatures.
    facts = ("path", "kind", "name", "module", "qualname", "file", "sha256")
    return [[getattr(one, fact) for fact in facts] for one in components]


def _read(path: Path, largest: int = _LARGEST) -> dict[str, Any]:
    """Read a mapping; a file that is missing holds none."""
    try:
        found = from_json(read_bounded(path, largest))
    except FileNotFoundError:
        return {}
    if not isinstance(found, dict):
        raise ValueError("it holds no mapping")  # noqa: TRY004 - damaged data
    return found


def _is_vouched_for(layout: RunLayout) -> bool:
    """Ask whoever is there, once for each results folder."""
    results = _results_of(layout)
    # Several threads may load runs at once, and one question is enough.
    with _asking:
        if results not in _answers:
            answer = ask(
                f"{_shown(layout.folder)} is not known to be yours, and its code "
                f"would run now.\n"
                f"Trust the runs in {_shown(results)} while this process lasts?"
            )
            if answer is None:
                return False
            _answers[results] = answer
        return _answers[results]


def _results_of(layout: RunLayout) -> Path:
    """Find the results folder of a run; a run that lies apart is its own."""
    folder = full(layout.folder)
    return folder.parent.parent if is_number(folder.name) else folder


def _shown(path: str | Path) -> str:
    """Name a path; whoever named the folder shall not write to the terminal."""
    return "".join(c if c.isprintable() else "?" for c in os.fspath(path))
