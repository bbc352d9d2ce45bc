"""The config files of a recorded run: its own copies, else the originals."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from forge.classic.configfile import (
    function_of,
    import_config,
    import_failed,
    stored_path,
)
from forge.classic.definitions import Definition
from forge.classic.reading import flags_of, read_flags
from forge.classic.space import FlagSpace
from forge.classic.spaces import space_of_run
from forge.errors import ForgeError
from forge.experiments.predecessor import run_id
from forge.experiments.rebuilding import Stored, sources_at
from forge.rebuild.isolated import StoredSources
from forge.records.legacy import ROLES, copies
from forge.records.record import Record
from forge.records.sessions import config_at
from forge.records.trust import ensure_trusted


_FORMAT: Final = 1


class RunSources:
    """Imports the config files of a run.

    Args:
        record: The run.
        step: The checkpoint: each session of a run has its sources.
        path_prefix: Put before recorded paths where there are no copies.
        trust: Whether code in the run folder may run; None asks who made it.

    Raises:
        ForgeError: What is wrong with the copies, or `untrusted`; nothing has run.
    """

    def __init__(
        self,
        record: Record,
        step: int | None,
        path_prefix: str,
        *,
        trust: bool | None,
    ) -> None:
        self._record = record
        self._prefix = path_prefix
        self._facts = {fact.path: fact for fact in record.run.components}
        self._sources: StoredSources | None = None
        self._flags = config_at(record, step)
        if record.layout.sources_of(sources_at(record, step)).is_dir():
            stored = Stored(record, step=step, leaks="error", trust=trust, script=True)
            self._sources = stored.sources
        else:
            self._sources = _legacy_sources(record, trust)
        #: The flags of the run; new ones where its files are the originals.
        self.space = space_of_run(self._sources) if self._sources else FlagSpace()

    def definitions(self) -> Iterator[Definition]:
        """Read the flags that the files define, without running them.

        Yields:
            What the copies define; what originals define, where there are no copies.
        """
        if self._sources is None:
            for role in ROLES.values():
                # What is missing, or no Python, is refused when it is imported.
                with suppress(ForgeError):
                    path = self._recorded_path(role)
                    yield from flags_of(Path(path)).definitions if path else ()
            return
        manifest = self._sources.manifest
        for path in manifest.files:
            if path.endswith(".py"):
                with suppress(SyntaxError):
                    data = manifest.read(path)
                    yield from read_flags(data, manifest.full(path)).definitions

    def function(self, role: str) -> Callable[..., Any] | None:
        """Import a config file.

        Args:
            role: `dataset` or `model`.

        Returns:
            Its `load`; None for a run that had no such file.

        Raises:
            ForgeError: `config-import`, `no-load` or `no-file`.
        """
        file = self._copy_of(role)
        if self._sources is not None and file is not None:
            shown = self._sources.manifest.name_file(file)
            try:
                module = self._sources.import_file(file)
            except ForgeError:
                raise
            except Exception as error:
                raise import_failed(error, shown) from error
            return function_of(module, shown)
        text = self._recorded_path(role)
        if text is None:
            return None
        warnings.warn(
            f"{run_id(self._record)} has no copy of its {_words(role)}; {text} is "
            f"loaded as it is today",
            stacklevel=2,
        )
        return function_of(import_config(text), text)

    def _copy_of(self, role: str) -> str | None:
        """Find the copy of a config file; that of a flag given anew by its path."""
        if self._sources is None:
            return None
        fact, text = self._facts.get(role), self._flags.get(_flag_of(role))
        as_begun = text == self._record.config.get(_flag_of(role))
        if as_begun and fact and fact.file in self._sources.manifest.files:
            return fact.file
        return stored_path(text, self._sources) if isinstance(text, str) else None

    def _recorded_path(self, role: str) -> str | None:
        """Find the path of an original, for a run without copies."""
        text = self._flags.get(_flag_of(role))
        if not isinstance(text, str) or not text:
            return None
        path = Path(self._prefix, text) if self._prefix else Path(text)
        cwd = Path(self._record.run.cwd)
        if not path.exists() and not self._prefix and (cwd / path).exists():
            path = cwd / path
        if not path.exists():
            raise ForgeError(
                "no-file",
                f"{run_id(self._record)} has no copy of its {_words(role)}, and there "
                f"is no file {path} (looked in {Path.cwd()}).\n"
                f"  Say where the project is:  load_from_checkpoint(..., "
                f"path_prefix='DIR')",
                path=path,
            )
        return str(path)


def _flag_of(role: str) -> str:
    """Name the flag that names a config file."""
    return next(flag for flag, made in ROLES.items() if made == role)


def _words(role: str) -> str:
    """Name a config file in messages: `data config`."""
    return _flag_of(role).replace("_", " ")


def _legacy_sources(record: Record, trust: bool | None) -> StoredSources | None:  # noqa: FBT001 - as it was given to `load`
    """Open the copies that the Forge of 2018 made, for what they are."""
    files = copies(record.layout)
    if not files:
        return None
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in files}
    manifest = {"format": _FORMAT, "files": hashes, "roots": ["."]}
    # It copied the config files alone: what they import is today's.
    sources = StoredSources(record.dir, manifest, leaks="warn")
    try:
        ensure_trusted(record.layout, trust, run=record.run, flags=record.config)
    except BaseException:
        sources.close()
        raise
    return sources
