"""How a recorded run is loaded, and what of its config is taken over."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.stored import to_stored
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.decoding import decoded, todays_objects
from forge.experiments.options import LOAD, check_options
from forge.experiments.resuming import STORED
from forge.masking import is_masked
from forge.records.codec import rich, to_json
from forge.records.record import Record


if TYPE_CHECKING:
    from forge.experiments.rebuilding import Stored

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
    #: Values to change that today's code has given, in the form they are stored in.
    today: Mapping[str, Any] = field(default_factory=dict)

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
        return mapping_layer(STORED, values, stored=True, resolve=todays_objects)

    def changes(self, stored: "Stored | None") -> list[Layer]:
        """Make the layers of what the load changes.

        Args:
            stored: The run's own code, where that is used.

        Returns:
            The layers, low to high.
        """
        layers = []
        if self.config:
            layers.append(mapping_layer(CHANGED, self.config, short=True))
        if self.today and stored:
            find = stored.objects
            today = mapping_layer(CHANGED, self.today, stored=True, resolve=find)
            layers.append(today)
        return layers


def injected_values(record: Record, config: Config) -> Layer:
    """Make the layer of the scalars that a run's datasets supplied.

    With them, most models need no dataset.

    Args:
        record: The run.
        config: The config that it is loaded with: what came from a dataset of which
            something was changed is left out.

    Returns:
        The layer.
    """
    changed = [key for key in config if config.origin(key).source == CHANGED]
    kinds = {fact.path: fact.kind for fact in record.run.components}
    values = {}
    for path, fact in record.run.injected.items():
        slot = fact.origin.rpartition(".")[0]
        other = any(key == slot or key.startswith(f"{slot}.") for key in changed)
        supplied = kinds.get(slot) == "dataset" and fact.origin not in record.config
        if supplied and not other and not is_masked(fact.value):
            values[path] = fact.value
    return mapping_layer("recorded injection", values, stored=True)


def altered(
    loading: Loading,
    config: Config,
    own: Config,
    *,
    slots: Collection[str],
    stored: "Stored | None",
) -> Loading:
    """Say how a run is to be loaded for another config than its own.

    Args:
        loading: How it was loaded.
        config: What its components are to be built with.
        own: The config that they are built with so far.
        slots: The run's slots.
        stored: Its own code, where that is used.

    Returns:
        The same where nothing differs.
    """
    changed = {
        key: config[key]
        for key in config
        if (key in own and _form(config.shared(key)) != _form(own.shared(key)))
        or (key not in own and key.partition(".")[0] in slots)
    }
    today: dict[str, Any] = {}
    if stored and config.tree.root.component is not own.tree.root.component:
        # Classes of today's code are none of the run's own.
        nodes = config.tree.nodes
        parts = {key: v for key, v in changed.items() if not nodes[key].is_slot}
        changed = {key: v for key, v in changed.items() if key not in parts}
        today = _in_stored_form(parts, own, stored)
    if not changed and not today:
        return loading
    given = {**loading.config, **changed}
    return replace(loading, config=given, today={**loading.today, **today})


def _in_stored_form(
    values: Mapping[str, Any], own: Config, code: "Stored"
) -> dict[str, Any]:
    """List the values that differ for the run's own code too, as a file has them."""
    stored = {key: to_stored(value, key, rich=rich) for key, value in values.items()}
    found = {}
    for key, value in decoded(stored, code.classes).items():
        named = (isinstance(value, str) and code.objects(value)) or value
        same = key in own and _form(named) == _form(own.shared(key))
        if not same and not is_masked(value):
            found[key] = value
    return found


def _form(value: Any) -> Any:
    """What two values have in common that mean the same, whatever else they are."""
    try:
        return to_json(to_stored(value, rich=rich))
    except ForgeError:
        return value  # a lambda is itself alone


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
