"""The layers above the defaults: config files, presets, words and mappings."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge.component import check_function
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.overrides import parse_words, unknown_preset
from forge.errors import ForgeError
from forge.signature import EMPTY


Preset = Callable[[], Mapping[str, Any]]


def layers_of(
    known: Mapping[str, Preset],
    *,
    base: str | None = None,
    presets: Sequence[str] = (),
    words: Sequence[str] = (),
    config: Mapping[str, Any] | None = None,
) -> tuple[list[Layer], list[str], list[ForgeError]]:
    """Stack what is given above the defaults.

    Args:
        known: The experiment's presets by name.
        base: The config file of the decorator, the lowest layer.
        presets: Presets named from Python; they stand below those among the words.
        words: What one types after `with`.
        config: Values from Python, `run(config=...)`.

    Returns:
        The layers, low to high; the presets applied, in order; what was wrong.
    """
    stack = _Stack(known)
    if base is not None:
        stack.add_file(base)
    for name in presets:
        stack.add_preset(name, "")
    parsed = parse_words(words, known)
    stack.errors.extend(parsed.errors)
    for (sort, name), before in zip(parsed.layers, parsed.before, strict=True):
        if sort == "file":
            stack.add_file(name)
        else:
            stack.add_preset(name, before)
    if config:
        stack.layers.append(mapping_layer("run(config=)", config, short=True))
    if parsed.updates:
        stack.layers.append(
            Layer("command line", parsed.updates, text=True, short=True)
        )
    return stack.layers, stack.presets, stack.errors


def check_preset(function: Any) -> None:
    """Refuse what is no preset.

    Args:
        function: What was decorated.

    Raises:
        ForgeError: `not-a-function`; `bad-preset` for one that takes something.
    """
    check_function(function, "preset")
    name = function.__name__
    for argument in inspect.signature(function).parameters.values():
        if argument.default is EMPTY and argument.kind is not argument.VAR_KEYWORD:
            raise ForgeError(
                "bad-preset",
                f"preset '{name}' takes {argument.name}; presets take nothing, and "
                f"return values:  def {name}(): return {{...}}",
                name=name,
            )


class _Stack:
    """Layers that grow from below, with what was wrong on the way."""

    def __init__(self, known: Mapping[str, Preset]) -> None:
        self._known = known
        self.layers: list[Layer] = []
        self.presets: list[str] = []
        self.errors: list[ForgeError] = []

    def add_file(self, path: str) -> None:
        """Put a config file on top."""
        from forge.configuration.files import read_config_file  # noqa: PLC0415

        try:
            values = read_config_file(path)
        except ForgeError as error:
            self.errors.append(error)
        else:
            self.layers.append(mapping_layer(path, values))

    def add_preset(self, name: str, before: str) -> None:
        """Put a preset on top."""
        preset = self._known.get(name)
        if preset is None:
            self.errors.append(unknown_preset(name, self._known, before))
            return
        values: Any = preset()  # a preset is any function, whatever it returns
        if not isinstance(values, Mapping):
            self.errors.append(_no_values(name, values))
            return
        self.presets.append(name)
        self.layers.append(mapping_layer(f"preset {name}", values))


def _no_values(name: str, values: Any) -> ForgeError:
    """Say that a preset returned no mapping."""
    return ForgeError(
        "bad-preset",
        f"preset '{name}' returned {type(values).__name__}, not a dict of values:  "
        f'return {{"lr": 0.1, "model": "cnn"}}',
        name=name,
    )
