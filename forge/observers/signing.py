"""The signature of a run folder, renewed as its files change."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from forge.observers.base import Started
from forge.records.durable import replace_file, write_file
from forge.records.layout import RunLayout
from forge.records.plain import pretty_json
from forge.records.trust import Signed, sign, verify


class Signing:
    """Signs what this process wrote itself, or found signed by the same user.

    What somebody else put into the folder is never signed: a run that was not trusted
    before it was resumed is not trusted afterwards.

    Args:
        layout: The names in the run folder.
        event: The start of the run; nothing has been written yet.
        folder: The name of the folder of this session's sources.
    """

    def __init__(self, layout: RunLayout, event: Started, folder: str) -> None:
        self._layout = layout
        self._folder = folder
        self._signed: Signed | None = None
        new = {folder: event.manifest} if event.manifest else {}
        if event.session == 1:
            self._signed = Signed.of(event.run, flags=event.flags, sources=new)
            return
        with contextlib.suppress(Exception):
            before = Signed.read(layout)
            if verify(layout, before):
                sources = {**before.sources, **new}
                self._signed = Signed.of(event.run, flags=before.flags, sources=sources)

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest of this session's sources, as it is signed."""
        return dict(self._signed.sources.get(self._folder, {})) if self._signed else {}

    def change(
        self,
        *,
        flags: Mapping[str, Any] | None = None,
        manifest: Mapping[str, Any] | None = None,
    ) -> None:
        """Sign anew, with what has been written in place of what was there.

        Args:
            flags: The new flags.
            manifest: The new manifest of this session's sources.

        Raises:
            OSError: The signature cannot be written.
            ForgeError: `key-refused`.
        """
        signed = self._signed
        if signed is None:
            return
        if flags is not None:
            signed = replace(signed, flags=dict(flags))
        if manifest is not None:
            sources = {**signed.sources, self._folder: dict(manifest)}
            signed = replace(signed, sources=sources)
        self._signed = signed
        self.write()

    def write(self) -> None:
        """Write the signature; without a key there is none.

        Raises:
            OSError: It cannot be written.
            ForgeError: `key-refused`.
        """
        if self._signed is None:
            return
        try:
            trust = sign(self._signed)
        except OSError:
            # A home that is read-only or absent is no reason for a warning a run.
            return
        data = pretty_json(trust)
        try:
            # Flushed later, like the sources: the start of a run does not wait for it.
            write_file(self._layout.trust, data, new=True)
        except FileExistsError:
            replace_file(self._layout.trust, data)
