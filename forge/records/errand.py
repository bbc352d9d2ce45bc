"""An act that another thread does meanwhile."""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from forge._crew import Work, beside


T = TypeVar("T")

#: How many acts are done at the same time.
AT_ONCE: Final = 8


class Errand(Generic[T]):
    """Does something beside the caller, from now on.

    What hashes, reads and flushes leaves the interpreter to others. Where no thread can
    be started, or a fork has lost it, whoever asks for the result does it.

    Args:
        act: What is to be done. It may be done again in a forked child.
    """

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self._found: list[T] = []
        self._error: BaseException | None = None
        self._beside: Work | None = None
        try:
            self._beside = beside(self._work)
        except RuntimeError:
            # There are too many, or the interpreter is about to end.
            self._work()

    def wait(self) -> None:
        """Wait until it is done, however it ends."""
        if self._beside is not None:
            self._beside.wait()
        if not self._found and self._error is None:
            self._work()

    def result(self) -> T:
        """Wait until it is done.

        Returns:
            What the act returned.

        Raises:
            BaseException: What the act raised.
        """
        self.wait()
        if self._error is not None:
            raise self._error
        return self._found[0]

    def _work(self) -> None:
        """Do it; keep what comes of it for whoever asks."""
        try:
            self._found.append(self._act())
        except BaseException as error:  # noqa: BLE001 - raised where the result is due
            self._error = error


def side_by_side(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do several acts, some of them at the same time.

    Args:
        acts: What is to be done.

    Returns:
        What they returned, in their order.

    Raises:
        BaseException: What one of those that failed has raised, when all have ended.
    """
    found: dict[int, T] = {}
    rest = iter(enumerate(acts))

    def work() -> None:
        for n, act in rest:
            found[n] = act()

    # One of the hands is the caller's own.
    errands = [Errand(work) for _ in acts[1:AT_ONCE]]
    try:
        work()
    finally:
        for errand in errands:
            errand.wait()
    for errand in errands:
        errand.result()
    return [found[n] for n in range(len(acts))]
