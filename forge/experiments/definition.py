"""What defines an experiment: its function and all that is registered with it."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, overload

from forge.component import Component, Lookup, check_function
from forge.configuration.resolve import resolve
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.layering import Preset, check_preset, layers_of
from forge.experiments.options import check_run
from forge.registry import view_for


F = TypeVar("F", bound=Callable[..., Any])


class Definition:
    """What a script says of an experiment: its body, presets, commands and hooks.

    Args:
        function: The body.
        component: Its description.
        options: The options of the decorator.
        base: A config file that stands above the defaults.
        sources: Patterns of further project files to keep with each run.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        component: Component,
        *,
        options: Mapping[str, Any] | None = None,
        base: str | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        wrapper: Any = self
        functools.update_wrapper(wrapper, function)
        #: Who else receives the events of every run.
        self.observers: list[Any] = []
        self._component = component
        self._options = dict(options or {})
        self._base = base
        self._sources = tuple(sources)
        self._presets: dict[str, Preset] = {}
        self._commands: dict[str, Component] = {}
        self._unrecorded: set[str] = set()
        self._captured: dict[str, Component] = {}
        self._before: list[Component] = []
        self._after: list[Component] = []

    def __repr__(self) -> str:
        return f"<forge.Experiment {self.name}>"

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        """Pickle as a reference, so that workers import the experiment by name."""
        return self._component.qualname

    def __copy__(self) -> "Definition":
        return self

    def __deepcopy__(self, memo: Any) -> "Definition":
        return self

    @property
    def name(self) -> str:
        """The experiment's name, and that of its folder of runs."""
        return self._component.name

    @property
    def component(self) -> Component:
        """The description of the experiment's own function."""
        return self._component

    @property
    def presets(self) -> Mapping[str, Preset]:
        """The presets by name."""
        return dict(self._presets)

    @property
    def commands(self) -> Mapping[str, Component]:
        """The commands by name."""
        return dict(self._commands)

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the decorator."""
        return self._options

    @property
    def config_file(self) -> str | None:
        """The config file above the defaults."""
        return self._base

    @property
    def sources(self) -> Sequence[str]:
        """Patterns of further project files to keep with each run."""
        return self._sources

    @property
    def hooks_before(self) -> Sequence[Component]:
        """What is called before the body."""
        return tuple(self._before)

    @property
    def hooks_after(self) -> Sequence[Component]:
        """What is called at the end."""
        return tuple(self._after)

    def is_recorded(self, command: str | None) -> bool:
        """Tell whether a run of a command leaves a run directory."""
        return command not in self._unrecorded

    def preset(self, function: F, /) -> F:
        """Register a function that returns values under its name as a preset.

        Args:
            function: Takes nothing; returns values by full key, flat or nested.

        Returns:
            The function.

        Raises:
            ForgeError: `not-a-function`; `bad-preset` for one that takes something.
        """
        check_preset(function)
        self._presets[function.__name__] = function
        return function

    @overload
    def command(self, function: F, /) -> F: ...

    @overload
    def command(self, /, *, record: bool = True) -> Callable[[F], F]: ...

    def command(
        self, function: F | None = None, /, *, record: bool = True
    ) -> F | Callable[[F], F]:
        """Register a function as a command of the script.

        Its inputs are filled from the experiment's scope, its own parameters live
        under its name, and only what it needs is built.

        Args:
            function: The command.
            record: Whether a run of it leaves a run directory.

        Returns:
            The function.

        Raises:
            ForgeError: `command-name` when the name is taken.
        """

        def register(target: F) -> F:
            component = self._inner(target, "command")
            self._commands[component.name] = component
            if not record:
                self._unrecorded.add(component.name)
            return target

        return register if function is None else register(function)

    def capture(self, function: F, /) -> F:
        """Fill a function's inputs from the experiment whenever a run calls it.

        Args:
            function: What the caller does not pass is filled from the experiment's
                scope; its parameters live under its name.

        Returns:
            The function, to be called with fewer arguments; outside of a run it is
            called as it is.
        """
        component = self._inner(function, "capture")
        self._captured[component.name] = component

        @functools.wraps(function)
        def filled(*args: Any, **kwargs: Any) -> Any:
            from forge.experiments.captured import call_captured  # noqa: PLC0415

            return call_captured(component, args, kwargs)

        return filled  # type: ignore[return-value]

    def before(self, function: F, /) -> F:
        """Call a function after everything is built, before the body.

        Args:
            function: Its inputs are filled from the experiment's scope.

        Returns:
            The function.
        """
        self._before.append(self._inner(function, "before"))
        return function

    def after(self, function: F, /) -> F:
        """Call a function at the end of every run, also of one that failed.

        Args:
            function: Its inputs are filled from the experiment's scope; `result`, if
                it takes that, is what the body returned, None after a failure.

        Returns:
            The function.
        """
        self._after.append(self._inner(function, "after"))
        return function

    def configure(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        presets: Sequence[str] = (),
        words: Sequence[str] = (),
        command: str | None = None,
    ) -> Config:
        """Resolve a configuration without building anything.

        Args:
            config: Values by key, short names allowed; a component may be given by
                name or as itself.
            presets: Names of presets.
            words: What one types after `with`.
            command: The command whose parameters are to be active.

        Returns:
            The resolved config.

        Raises:
            ForgeError: All mistakes at once.
        """
        given = {"presets": presets, "words": words, "command": command}
        check_run(f"{self.name}.configure", config, given)
        layers, _, errors = layers_of(
            self._presets,
            base=self._base,
            presets=presets,
            words=words,
            config=config,
        )
        return self.resolved(layers, command=command, errors=errors)

    def resolved(
        self,
        layers: Sequence[Any],
        *,
        command: str | None = None,
        errors: Sequence[ForgeError] = (),
        results_dir: str | os.PathLike[str] | None = None,
    ) -> Config:
        """Resolve layers against the experiment's components.

        Args:
            layers: Layers above the defaults, low to high.
            command: The command whose parameters are to be active.
            errors: Mistakes found before.
            results_dir: Where runs are looked for that fill slots.

        Returns:
            The resolved config.

        Raises:
            ForgeError: All mistakes at once.
        """
        inner = [*self._captured.values(), *self._before, *self._after]
        if command is not None:
            inner.insert(0, self.command_named(command))
        return resolve(
            self._component,
            self.lookup(results_dir),
            layers,
            inner=inner,
            errors=errors,
        )

    def lookup(self, results_dir: str | os.PathLike[str] | None = None) -> Lookup:
        """What the experiment can name.

        Args:
            results_dir: Where runs are looked for, by those who look for any.

        Returns:
            The components.
        """
        return view_for(self._component)

    def results_dir(self, given: str | os.PathLike[str] | None = None) -> str:
        """Say where the runs of the experiment go.

        Args:
            given: What the caller says; it wins over `FORGE_RESULTS_DIR`, which wins
                over the decorator.

        Returns:
            The folder.
        """
        chosen = (
            given
            or os.environ.get("FORGE_RESULTS_DIR")
            or self._options.get("results_dir")
            or "results"
        )
        return os.path.expanduser(chosen)  # noqa: PTH111 - without importing pathlib

    def command_named(self, name: str) -> Component:
        """Find a command.

        Args:
            name: Its name.

        Returns:
            The command.

        Raises:
            ForgeError: `unknown-command`.
        """
        from forge._text import did_you_mean  # noqa: PLC0415 - mistakes only

        if name not in self._commands:
            known = sorted(self._commands)
            raise ForgeError(
                "unknown-command",
                f"experiment '{self.name}' has no command '{name}'."
                f"{did_you_mean(name, known)}\n"
                f"  commands: {', '.join(known) or 'none'}",
                name=name,
                options=known,
            )
        return self._commands[name]

    def _inner(self, function: Callable[..., Any], decorator: str) -> Component:
        """Describe a command or captured function, if its name is free."""
        kind = decorator if decorator == "command" else "capture"
        # What a captured function returns goes to the user's own code.
        check_function(function, decorator, awaited=decorator == "capture")
        component = Component.of(function, kind)
        taken = {*self._commands, *self._captured, *_BUILT_IN_COMMANDS}
        own = self._component.signature.by_name
        if component.name in own or (kind == "command" and component.name in taken):
            raise _name_taken(self.name, component, own)
        return component


#: What a definition keeps of its own; that of a loaded experiment is in its sources.
DEFINED: Final = frozenset(
    {
        "observers",
        "_component",
        "_options",
        "_base",
        "_sources",
        "_presets",
        "_commands",
        "_unrecorded",
        "_captured",
        "_before",
        "_after",
    }
)

_BUILT_IN_COMMANDS = (
    "print_config",
    "print_dependencies",
    "print_presets",
    "save_config",
    "sweep",
    "help",
)


def _name_taken(
    experiment_name: str, component: Component, own: Mapping[str, Any]
) -> ForgeError:
    """Say that a name means something else already."""
    what = "a parameter" if component.name in own else "a command"
    return ForgeError(
        "command-name",
        f"{component.kind} '{component.name}' ({component.where}): experiment "
        f"'{experiment_name}' has {what} of that name. Rename the function.",
        name=component.name,
    )
