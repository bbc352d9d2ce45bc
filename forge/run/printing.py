"""What a run prints, told to those observers that are not of Forge itself."""

import codecs
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from forge.observers.base import Printed
from forge.observers.dispatch import Dispatcher


#: Seconds between two looks at the output.
INTERVAL: Final = 0.5

_PORTION: Final = 1 << 16


class Printing:
    """Tells what is printed as it arrives in the file of the output.

    The file is followed because that costs the run nothing: what is written there by
    C code, by children and by a process that holds the interpreter is told as well, in
    portions.

    Args:
        dispatcher: Where events go.
        path: The file; what is in it already belongs to an earlier session.
        settle: Waits until what was printed so far is in the file.

    Raises:
        OSError: If the file cannot be read.
    """

    def __init__(
        self, dispatcher: Dispatcher, path: Path, settle: Callable[[], None]
    ) -> None:
        self._dispatcher = dispatcher
        self._settle = settle
        # Opened each time, so that nothing is left open by a run that is cut short.
        self._path = path
        self._offset = path.stat().st_size
        # Bytes that are not UTF-8 are escaped, and a letter is told when it is whole.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._follow, name="forge-printing", daemon=True
        )

    def start(self) -> None:
        """Begin to tell; the run has started."""
        self._thread.start()

    def finish(self) -> None:
        """Tell what is left; the final event follows."""
        self.stop()
        self._settle()
        self._tell()
        self._send(self._decoder.decode(b"", final=True))

    def stop(self) -> None:
        """Look at the file no more; a second call does nothing."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        """Look at the file every now and then."""
        while not self._ended.wait(INTERVAL):
            self._tell()

    def _tell(self) -> None:
        """Tell what has arrived; a file that cannot be read any more says nothing."""
        with suppress(OSError), self._path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size < self._offset:
                # Somebody has emptied it: what is there was printed since.
                self._offset = 0
            file.seek(self._offset)
            while data := file.read(_PORTION):
                self._offset += len(data)
                self._send(self._decoder.decode(data))

    def _send(self, text: str) -> None:
        """Send an event, if there is something to tell."""
        if text:
            self._dispatcher.send(Printed(text, "output"))
