"""What a checkpoint keeps beside the objects: places, generators, the environment."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forge.run.exactness import Exactness, Level, reasons_for
from forge.run.place import Place, Wanted


if TYPE_CHECKING:
    from pathlib import Path

    from forge.checkpoints.restoring import Restored


class State:
    """Everything of a run that no object holds.

    Args:
        changed: Whether a resumed run goes on with other code.
        metrics: The file of what is logged; None when nothing is recorded.

    Attributes:
        place: Where the run stands in its data.
    """

    def __init__(self, *, changed: bool = False, metrics: "Path | None" = None) -> None:
        self.place = Place()
        #: The last step that was tracked, when something was saved or restored.
        self.tracked = 0
        #: Whether the body numbers what it saves by another count than its steps.
        self.numbers_itself = False
        self._metrics = metrics
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

    def note_step(self, step: int, *, reached: int, tracked: int) -> None:
        """Note where a body is that saves something.

        Args:
            step: The step that is saved.
            reached: The last step that the body has named or tracked.
            tracked: The last step that was tracked.
        """
        self.tracked = tracked
        if self._metrics is not None and not self.numbers_itself:
            from forge.records.generations import recent_step  # noqa: PLC0415

            # An epoch, where the steps of batches are tracked or logged.
            self.numbers_itself = step < max(reached, recent_step(self._metrics))

    def saved(self) -> dict[str, Any]:
        """Collect what a checkpoint keeps.

        Returns:
            A tree of plain values and arrays.
        """
        from forge.checkpoints.environment import environment  # noqa: PLC0415
        from forge.checkpoints.generators import generator_state  # noqa: PLC0415
        from forge.checkpoints.legacy import legacy_operations  # noqa: PLC0415

        drawn = {path: generator_state(g) for path, g in self._generators.items()}
        return {
            "place": self.place.saved(),
            "tracked": self.tracked,
            "numbers_itself": self.numbers_itself,
            "logged": self._logged(),
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
        self.tracked = state.get("tracked", 0)
        self.numbers_itself = state.get("numbers_itself", False)
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
            The step: what was logged before the checkpoint counts, whatever its steps.
        """
        logged = state.get("logged")
        if logged is None or self._metrics is None:
            return step
        from forge.records.generations import last_step  # noqa: PLC0415

        return max(step, last_step(self._metrics, logged))

    def _logged(self) -> int | None:
        """The number of bytes of metrics; None where there is no file of them."""
        try:
            return None if self._metrics is None else self._metrics.stat().st_size
        except OSError:
            return None


def _set(generator: Any, state: Any) -> None:
    """Set the state of a generator."""
    from forge.checkpoints.generators import set_generator_state  # noqa: PLC0415

    set_generator_state(generator, state)
