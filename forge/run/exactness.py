"""How exactly a resumed run goes on: `exact`, `state` or `weights`, and why."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias


Level: TypeAlias = Literal["exact", "state", "weights"]

#: Until a body goes on with its data, nobody knows where they are.
NO_DATA: Final = "its data have not been gone through with _run.track"


class Exactness:
    """What is known of how exactly a run goes on; it is never said to be more.

    Args:
        tell: Takes the level and the reason, each time more is known.
    """

    def __init__(self, tell: Callable[[Level, str], None]) -> None:
        self._tell = tell
        self._level: Level = "exact"
        self._reasons: list[str] = []

    @property
    def level(self) -> Level:
        """The level as far as it is known."""
        return self._level

    @property
    def reason(self) -> str:
        """Why it is not `exact`; nothing where it is."""
        return "; ".join(self._reasons)

    def restored(self, *, left: Iterable[str], reasons: Iterable[str]) -> None:
        """Take in what a restore has put back.

        Args:
            left: What was saved and not restored.
            reasons: Why numbers may differ although all was restored.
        """
        missing = sorted(left)
        if missing:
            self._level = "weights"
            self._reasons.append(f"{', '.join(missing)} was saved and not restored")
        else:
            self._level = "state"
        self._reasons += [*reasons, NO_DATA]
        self._tell(self._level, self.reason)

    def data(self, reason: str) -> None:
        """Take in how the data go on.

        Args:
            reason: Why they may not be where they were; nothing where they are.
        """
        self._reasons.remove(NO_DATA)
        if reason:
            self._reasons.append(reason)
        if not self._reasons:
            self._level = "exact"
        self._tell(self._level, self.reason)


def reasons_for(state: Mapping[str, Any], *, changed: bool) -> list[str]:
    """List why a restored run may compute other numbers than before.

    Args:
        state: What its checkpoint says beside the objects.
        changed: Whether it goes on with other code.

    Returns:
        The reasons; none where this process is like the one that saved.
    """
    from forge.checkpoints.environment import (  # noqa: PLC0415 - resumed runs only
        differences,
        environment,
        hindrances,
    )

    found = ["its code was changed"] if changed else []
    then = state.get("environment")
    if then is None:
        found.append("its checkpoint does not say which versions it was made with")
    else:
        found += differences(then, environment())
    found += hindrances()
    operations = state.get("legacy") or ()
    if operations:
        found.append(
            f"compiled functions draw with operations of tf.random whose place is "
            f"not saved ({', '.join(operations)}); tf.random.Generator has one"
        )
    return found
