"""What a checkpoint keeps beside the objects: places, generators, the environment."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forge.run.exactness import Exactness, Level, reasons_for
from forge.run.place import Place, Wanted


if TYPE_CHECKING:
    from forge.checkpoints.restoring import Restored


class State:
    """Everything of a run that no object holds.

    Args:
        changed: Whether a resumed run goes on with other code.

    Attributes:
        place: Where the run stands in its data.
    """

    def __init__(self, *, changed: bool = False) -> None:
        self.place = Place()
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


def _set(generator: Any, state: Any) -> None:
    """Set the state of a generator."""
    from forge.checkpoints.generators import set_generator_state  # noqa: PLC0415

    set_generator_state(generator, state)
