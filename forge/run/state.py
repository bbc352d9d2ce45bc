"""What a checkpoint keeps beside the objects: places, generators, the environment."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from forge.run.exactness import Exactness, Level, reasons_for
from forge.run.place import Place, Wanted


if TYPE_CHECKING:
    from pathlib import Path

    from forge.checkpoints.restoring import Restored
    from forge.run.stopping import Stopping


#: So many steps are no accident.
_BEYOND: Final = 2


class Reached(NamedTuple):
    """Where a body was when something was saved.

    Attributes:
        tracked: The last step that was tracked, which need not be the checkpoint's.
        logged: How many bytes of metrics there were; None where there is no file.
        numbers_itself: Whether the body numbers what it saves by another count than its
            steps, such as epochs where the steps are those of batches.
    """

    tracked: int
    logged: int | None
    numbers_itself: bool


class State:
    """Everything of a run that no object holds.

    Args:
        changed: Whether a resumed run goes on with other code.
        metrics: The file of what is logged; None when nothing is recorded.
        stopping: Tells whether the run was asked to end.

    Attributes:
        place: Where the run stands in its data.
    """

    def __init__(
        self,
        *,
        changed: bool = False,
        metrics: "Path | None" = None,
        stopping: "Stopping | None" = None,
    ) -> None:
        self.place = Place()
        self._metrics, self._stopping = metrics, stopping
        #: Whether the body is over, and has not returned.
        self.interrupted = False
        #: Where the body was when something was saved or restored.
        self.reached = Reached(0, self._size() or 0, numbers_itself=False)
        self._changed = changed
        self._generators: dict[str, Any] = {}
        self._states: dict[str, Any] = {}

    def generator(self, path: str, seed: int) -> Any:
        """Make a generator that checkpoints keep, or go on with one.

        Args:
            path: Whom it is for.
            seed: Its seed.

        Returns:
            A generator of NumPy; the same one for the same path.
        """
        if path not in self._generators:
            import numpy as np  # noqa: PLC0415 - for those who draw numbers

            self._generators[path] = made = np.random.default_rng(seed)
            if path in self._states:
                _set(made, self._states[path])
        return self._generators[path]

    def reached_at(self, step: int | None, tracked: int) -> "Reached":
        """Tell where a body is that saves something.

        Args:
            step: The step that it gives; None if it gives none.
            tracked: The last step that was tracked.

        Returns:
            Where it is.
        """
        return Reached(tracked, self._size(), self._is_numbered(step, tracked))

    def _is_numbered(self, step: int | None, tracked: int) -> bool:
        """Tell whether a step is an epoch, say, where others are those of batches."""
        if step is None or self._metrics is None:
            return False
        if tracked >= step + _BEYOND:
            return True
        from forge.records.generations import steps_since  # noqa: PLC0415

        steps = steps_since(self._metrics, self.reached.logged or 0)
        if not steps:
            return self.reached.numbers_itself
        beyond = [other for other in steps if other > step]
        # Not what is logged ahead, or one by one at another step.
        return len({*beyond}) >= _BEYOND and 2 * len(beyond) > len(steps)

    def saved(self, reached: "Reached") -> dict[str, Any]:
        """Collect what a checkpoint keeps.

        Args:
            reached: Where the body is.

        Returns:
            A tree of plain values and arrays.
        """
        from forge.checkpoints.environment import environment  # noqa: PLC0415
        from forge.checkpoints.generators import generator_state  # noqa: PLC0415
        from forge.checkpoints.legacy import legacy_operations  # noqa: PLC0415

        drawn = {path: generator_state(g) for path, g in self._generators.items()}
        return {
            "place": self.place.saved(cut_short=self._is_cut_short()),
            **reached._asdict(),
            "generators": {**self._states, **drawn},
            "environment": environment(),
            "legacy": legacy_operations(),
        }

    def restored(
        self,
        found: "Restored",
        objects: Sequence[Any],
        tell: Callable[[Level, str], None],
    ) -> None:
        """Go on from what a checkpoint kept.

        Args:
            found: What was restored.
            objects: The objects that were restored.
            tell: Takes how exactly the run goes on, and why it is not exact.
        """
        state: Mapping[str, Any] = found.state["state"]
        self.reached = self.reached._replace(
            tracked=state.get("tracked", 0),
            numbers_itself=state.get("numbers_itself", False),
        )
        self._states = dict(state.get("generators") or {})
        for path, generator in self._generators.items():
            if path in self._states:
                _set(generator, self._states[path])
        exactness = Exactness(tell)
        partly = {name for name, rest in found.differences.items() if rest}
        exactness.restored(
            left={*found.left, *partly},
            reasons=reasons_for(state, changed=self._changed),
        )
        random = found.state["random"]
        place = state.get("place")
        self.place.want(Wanted(place, random, objects, exactness.data))

    def last_kept(self, step: int, state: Mapping[str, Any]) -> int:
        """Find the last step of the metrics that counts when a run goes on.

        Args:
            step: The checkpoint.
            state: What it kept.

        Returns:
            The step; where the body numbers its checkpoints by another count, what was
            logged before counts whatever its steps.
        """
        logged = state.get("logged")
        if logged is None or self._metrics is None or not state.get("numbers_itself"):
            return step
        from forge.records.generations import last_step  # noqa: PLC0415

        return max(step, last_step(self._metrics, logged))

    def _is_cut_short(self) -> bool:
        """Tell whether the body may have left a loop because it had to."""
        asked = self._stopping is not None and self._stopping.asked is not None
        return self.interrupted or asked or sys.exception() is not None

    def _size(self) -> int | None:
        """The number of bytes of metrics; None where there is no file of them."""
        try:
            return None if self._metrics is None else self._metrics.stat().st_size
        except OSError:
            return None


def _set(generator: Any, state: Any) -> None:
    """Set the state of a generator."""
    from forge.checkpoints.generators import set_generator_state  # noqa: PLC0415

    set_generator_state(generator, state)
