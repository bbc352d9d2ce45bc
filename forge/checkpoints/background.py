"""Checkpoints written by another thread, one after the other."""

import atexit
import logging
import os
import threading
from collections.abc import Callable


_log = logging.getLogger("forge.checkpoints")

#: What has failed and was not raised yet, whoever may still ask for it.
_untold: list[BaseException] = []


@atexit.register
def _tell() -> None:
    """Say at the end of the program, when all threads have ended, what is lost."""
    for failure in _untold:
        text = "a checkpoint is lost that was to be saved in the background.\n%s"
        _log.error(text, failure)


# A child does not tell what is its parent's to tell.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_untold.clear)


#: One that is written, and one that waits.
_MOST = 2


class Background:
    """Writes in the order in which it was asked, beside the caller.

    At most one write waits for the one under way: whoever asks for a third is held up
    until there is room, so a slow disk slows training and does not fill the memory. A
    thread lives as long as its write; the interpreter waits for it at its end. Where no
    thread can be started any more, the caller writes.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        """Have nothing to do."""
        self._pid = os.getpid()
        self._room = threading.Semaphore(_MOST)
        self._last: threading.Thread | None = None
        self._failure: BaseException | None = None

    def wait_for_room(self) -> None:
        """Wait until another write may be asked for; then there must be one."""
        if self._pid != os.getpid():
            # The threads are those of the process that forked this one.
            self._begin()
        self._room.acquire()

    def give_room_back(self) -> None:
        """Tell that nothing is to be written after all."""
        self._room.release()

    def start(self, write: Callable[[], None], failed: Callable[[], None]) -> None:
        """Write as soon as what was asked for before is written.

        Args:
            write: Writes; what it raises is kept for `check`.
            failed: Told, in the other thread, that there is something to raise.
        """
        before = self._last

        def work() -> None:
            try:
                if before is not None:
                    before.join()
                write()
            except BaseException as e:  # noqa: BLE001 - raised where the caller asks
                if self._failure is None:
                    self._failure = e
                    _untold.append(e)
                failed()
            finally:
                self._room.release()

        thread = threading.Thread(target=work, name="forge-checkpoint")
        try:
            thread.start()
        except RuntimeError:
            # There are too many, or the interpreter is about to end.
            work()
        else:
            self._last = thread

    def wait(self) -> None:
        """Wait until everything is written."""
        if self._last is not None and self._pid == os.getpid():
            self._last.join()
            self._last = None

    def check(self) -> None:
        """Raise what a write has raised, once."""
        found, self._failure = self._failure, None
        if found is None:
            return
        if found in _untold:
            _untold.remove(found)
        try:
            raise found
        finally:
            # It holds this frame, which would hold it.
            found = None
