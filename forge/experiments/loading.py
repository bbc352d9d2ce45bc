"""How a recorded run is loaded, and what of its config is taken over."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from forge.configuration.layers import Layer, mapping_layer
from forge.errors import ForgeError
from forge.experiments.options import LOAD, check_options
from forge.masking import is_masked
from forge.records.record import Record


#: Where the values come from that are changed for a load.
CHANGED: Final = "load(config=)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How a run is to be loaded; the arguments of `Experiment.load`.

    Raises:
        ForgeError: `bad-option` for a choice that there is not.
    """

    #: Values to change for this load.
    config: Mapping[str, Any] = field(default_factory=dict)
    #: The checkpoint: a reference, a number, or None for fresh weights.
    step: int | str | None = "latest"
    #: `stored` or `current`.
    code: str = "stored"
    #: Stored keys to leave out.
    ignore: Sequence[str] = ()
    #: New names by stored name.
    rename: Mapping[str, str] = field(default_factory=dict)
    #: What happens when stored code imports what is not stored.
    leaks: str = "error"
    #: How files of checkpoints are checked: `sha256` or `size`.
    verify: str = "sha256"
    #: Whether the run's code may run; None asks who made it.
    trust: bool | None = None

    def __post_init__(self) -> None:
        check_options("load", {name: getattr(self, name) for name in LOAD}, LOAD)
        # The caller may change theirs afterwards.
        for name, copy in (("config", dict), ("ignore", tuple), ("rename", dict)):
            object.__setattr__(self, name, copy(getattr(self, name) or ()))

    def renamed(self, flags: Mapping[str, Any]) -> Layer:
        """Make the layer that repeats a stored config with today's code.

        Args:
            flags: The config as it is stored.

        Returns:
            The layer, without what is to be ignored, under today's names.
        """
        values = {
            self.rename.get(key, key): value
            for key, value in flags.items()
            if key not in self.ignore
        }
        return mapping_layer("stored config", values, stored=True)


def injected_values(record: Record, changed: Collection[str]) -> Layer:
    """Make the layer of the scalars that a run's datasets supplied.

    Args:
        record: The run.
        changed: Keys that have another value now: what came from the dataset they
            belong to is left out.

    Returns:
        The layer.
    """
    kinds = {fact.path: fact.kind for fact in record.run.components}
    values = {}
    for path, fact in record.run.injected.items():
        slot = fact.origin.rpartition(".")[0]
        other = any(key == slot or key.startswith(f"{slot}.") for key in changed)
        supplied = kinds.get(slot) == "dataset" and fact.origin not in record.config
        if supplied and not other and not is_masked(fact.value):
            values[path] = fact.value
    return mapping_layer("recorded injection", values, stored=True)


class Components(Mapping[str, Any]):
    """The rebuilt components by path, each built when it is asked for.

    Args:
        loaded: The loaded experiment that builds them.
    """

    def __init__(self, loaded: Any) -> None:
        self._loaded = loaded

    def __getitem__(self, path: str) -> Any:
        try:
            return self._loaded[path]
        except ForgeError as error:
            if error.code == "no-slot":
                raise KeyError(path) from None
            raise

    def __contains__(self, path: object) -> bool:
        return path in self._loaded.components

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded.components)

    def __len__(self) -> int:
        return len(self._loaded.components)
