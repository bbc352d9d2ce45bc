"""What `track` shows while it goes on."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import Any, Final, Protocol, TypeAlias

from forge.observers.loop import Look, Loop, Position


#: Gives what was logged last, by name.
Metrics: TypeAlias = Callable[[], Mapping[str, float]]

#: Loops that are shorter than this are not drawn.
_PATIENCE: Final = 0.3
#: Seconds that the end waits for a drawing that is under way.
_LAST: Final = 1.0


class Screen(Protocol):
    """Where a loop is drawn, again and again in the same place."""

    #: Seconds between two drawings.
    period: float

    def draw(self, name: str, look: Look, metrics: Mapping[str, float]) -> None:
        """Draw how far a loop has come, instead of what was drawn before.

        Args:
            name: The run.
            look: How far it has come.
            metrics: What was logged last.
        """
        ...

    def clear(self) -> None:
        """Take away what was drawn."""
        ...


class Progress:
    """The loop of a run that is under way, drawn from a thread of its own.

    The loop itself does nothing for it, so a step costs nothing. Where nothing can be
    drawn, the console's report says what there is to say.

    Args:
        name: The run.
        hidden: Whether nothing is to be shown.
    """

    def __init__(self, name: str, *, hidden: bool = False) -> None:
        self._name = name
        self._hidden = hidden
        self._screen: Screen | None = None
        self._metrics: Metrics = dict
        self._thread: threading.Thread | None = None
        self._loop: Loop | None = None
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._going = threading.Event()
        self._ended = threading.Event()

    @property
    def is_drawn(self) -> bool:
        """Whether loops are drawn, so that lines would say the same."""
        return self._screen is not None

    def look(self) -> Look | None:
        """See how far the present loop has come.

        Returns:
            What is known; None where there is no loop, or it is to be hidden.
        """
        loop = self._loop
        return loop.look() if loop else None

    @contextmanager
    def watching(
        self, position: Position, items: Iterable[Any], stop: int | None
    ) -> Iterator[None]:
        """Show a loop while the context lasts.

        Args:
            position: Who knows the last step.
            items: What the loop goes through.
            stop: The last step, if it was given.
        """
        if self._hidden:
            yield
            return
        outer = self._loop
        self._loop = _loop(position, items, stop)
        self._begin()
        try:
            yield
        finally:
            self._end(outer)

    @contextmanager
    def drawn_on(self, screen: Screen | None, metrics: Metrics) -> Iterator[None]:
        """Draw loops while the context lasts.

        Args:
            screen: Where to; None where nothing can be drawn.
            metrics: Gives what was logged last.
        """
        self._screen = None if self._hidden else screen
        self._metrics = metrics
        try:
            yield
        finally:
            self._ended.set()
            self._going.set()
            if self._thread is not None:
                self._thread.join(_LAST)
            if self._screen is not None:
                with suppress(Exception):
                    self._screen.clear()
            self._screen, self._metrics = None, dict

    def _begin(self) -> None:
        """Start the thread with the first loop that can be drawn."""
        if self._screen is None:
            return
        self._going.set()
        if self._thread is None:
            # In the context of the body: that is how a notebook finds its cell.
            run = copy_context().run
            self._thread = threading.Thread(
                target=run, args=(self._draw, self._screen), daemon=True
            )
            self._thread.start()

    def _end(self, outer: Loop | None) -> None:
        """Go back to the loop around one that has ended, if any."""
        self._loop = outer
        # In a fork nothing is drawn, and who may have held the lock does not exist.
        if outer is None and self._screen is not None and os.getpid() == self._pid:
            self._going.clear()
            with self._lock, suppress(Exception):
                self._screen.clear()

    def _draw(self, screen: Screen) -> None:
        """Draw until the end; what goes wrong with it is not worth a word."""
        with suppress(Exception):
            while not self._ended.wait(screen.period):
                self._going.wait()
                with self._lock:
                    look = self.look()
                    if look is not None and look.time >= _PATIENCE:
                        screen.draw(self._name, look, self._metrics())


def _loop(position: Position, items: Iterable[Any], stop: int | None) -> Loop:
    """Find out where a loop will end: the whole run's, or one pass over its items."""
    if stop is not None:
        return Loop(position, stop)
    start, total = position.step, None
    # Whatever has a length that it does not know.
    with suppress(Exception):
        total = start + len(items)  # type: ignore[arg-type]
    return Loop(position, total, start=start)
