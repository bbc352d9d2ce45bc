"""The decorator `@forge.experiment` and what it makes of a function."""

import functools
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from forge.component import Component
from forge.configuration.resolve import resolve
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.layering import Preset, layers_of
from forge.registry import check_plain_call, check_variadic, view_for
from forge.signature import SPECIAL


if TYPE_CHECKING:
    from forge.experiments.loaded import LoadedExperiment
    from forge.run.lifecycle import Run

F = TypeVar("F", bound=Callable[..., Any])


class Experiment:
    """An experiment: still the function it was, and able to run itself on record.

    Made by `@forge.experiment`. Called plainly it is that function, and nothing is
    recorded.

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
        functools.update_wrapper(self, function)
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

    def __copy__(self) -> "Experiment":
        return self

    def __deepcopy__(self, memo: Any) -> "Experiment":
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as plain Python does; nothing is recorded.

        Args:
            *args: Its arguments.
            **kwargs: Its arguments by name. `_run`, `_rng` and the like may be left
                out; `_run` is then an unrecorded run.

        Returns:
            What it returns.

        Raises:
            ForgeError: `plain-call` when a default is a component.
        """
        component = self._component
        if component.signature.guarded:
            check_plain_call(component, args, kwargs, f"{component.name}.run()")
        names = set(component.signature.by_name) & SPECIAL
        given = inspect.signature(component.function).bind_partial(*args, **kwargs)
        missing = names - set(given.arguments)
        if missing:
            from forge.experiments.running import plain_specials  # noqa: PLC0415

            kwargs = {**plain_specials(component, missing), **kwargs}
        return component.function(*args, **kwargs)

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
    def base(self) -> str | None:
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
        """
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
            from forge.experiments.running import call_captured  # noqa: PLC0415

            return call_captured(component, args, kwargs)

        return filled  # type: ignore[return-value]

    def before(self, function: F, /) -> F:
        """Call a function after everything is built, before the body.

        Args:
            function: Its inputs are filled from the experiment's scope.

        Returns:
            The function.
        """
        self._before.append(self._inner(function, "capture"))
        return function

    def after(self, function: F, /) -> F:
        """Call a function at the end of every run, also of one that failed.

        Args:
            function: Its inputs are filled from the experiment's scope; `result` is
                what the body returned, None after a failure.

        Returns:
            The function.
        """
        self._after.append(self._inner(function, "capture"))
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
    ) -> Config:
        """Resolve layers against the experiment's components.

        Args:
            layers: Layers above the defaults, low to high.
            command: The command whose parameters are to be active.
            errors: Mistakes found before.

        Returns:
            The resolved config.

        Raises:
            ForgeError: All mistakes at once.
        """
        inner = [*self._captured.values(), *self._before, *self._after]
        if command is not None:
            inner.insert(0, self.command_named(command))
        component = self._component
        return resolve(
            component, view_for(component), layers, inner=inner, errors=errors
        )

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
                f"{did_you_mean(name, known)}\n  commands: {', '.join(known) or 'none'}",
                name=name,
                options=known,
            )
        return self._commands[name]

    def run(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        presets: Sequence[str] = (),
        words: Sequence[str] = (),
        command: str | None = None,
        results_dir: str | Path | None = None,
        record: bool = True,
        resume: Any = None,
        tags: Sequence[str] = (),
        **options: Any,
    ) -> "Run":
        """Run the experiment, on record unless told otherwise.

        Args:
            config: Values by key, short names allowed.
            presets: Names of presets.
            words: What one types after `with`.
            command: A command to run instead of the body.
            results_dir: Where run directories go.
            record: Whether to leave a run directory.
            resume: A run to go on with: its folder or reference, or True for the
                newest.
            tags: Tags for the run.
            **options: `label`, `note`, `capture`, `quiet`, `argv`, `code`.

        Returns:
            The run, with `.result`.

        Raises:
            ForgeError: A mistake in the configuration, before anything is written.
            Exception: What the body raised, after it was recorded.
        """
        from forge.experiments.running import Request, run  # noqa: PLC0415

        request = Request(
            config=dict(config or {}),
            presets=tuple(presets),
            words=tuple(words),
            command=command,
            results_dir=results_dir,
            record=record,
            resume=resume,
            tags=tuple(tags),
            **options,
        )
        return run(self, request)

    def main(self, argv: Sequence[str] | None = None) -> Any:
        """Run the script: read its command line, do what it says.

        Args:
            argv: The words after the script's name; by default those of the process.

        Returns:
            The run, when one was made and completed.

        Raises:
            SystemExit: After a mistake (2), a failure (1) or an interruption.
        """
        from forge.experiments.script import main  # noqa: PLC0415

        return main(self, argv)

    @classmethod
    def load(
        cls,
        run: str | os.PathLike[str],
        *,
        config: Mapping[str, Any] | None = None,
        step: int | str | None = "latest",
        code: str = "stored",
        trust: bool | None = None,
        ignore: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
        leaks: str = "error",
    ) -> "LoadedExperiment":
        """Load a recorded run: its components are rebuilt when they are asked for.

        Args:
            run: The run's folder, or a reference such as `train/3` or `train/3@2000`.
            config: Values to change for this load only.
            step: The checkpoint: `latest`, a number, `best`, `best:metric`, or None
                for fresh weights.
            code: `stored` uses the run's own sources, `current` today's.
            trust: Whether the run's code may run; None asks who made it.
            ignore: With today's code, stored keys to leave out.
            rename: With today's code, new names by stored name.
            leaks: What happens when stored code imports project code that is not
                stored: `error` or `warn`.

        Returns:
            The loaded experiment.

        Raises:
            ForgeError: There is no such run, or no such checkpoint.
        """
        from forge.experiments.loaded import load  # noqa: PLC0415

        return load(
            run,
            config=dict(config or {}),
            step=step,
            code=code,
            ignore=tuple(ignore),
            rename=dict(rename or {}),
            leaks=leaks,
        )

    def _inner(self, function: Callable[..., Any], kind: str) -> Component:
        check_variadic(function, kind, function.__name__)
        component = Component.of(function, kind)
        taken = {*self._commands, *self._captured, *_BUILT_IN_COMMANDS}
        own = self._component.signature.by_name
        if component.name in own or (kind == "command" and component.name in taken):
            raise _name_taken(self.name, component, own)
        return component


def experiment(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    results_dir: str | Path | None = None,
    config: str | None = None,
    report_every: int | None = None,
    goal: str | None = None,
    resumable: bool = True,
    final_checkpoint: bool = True,
    keep_last: int | None = 3,
    keep_best: int = 0,
    keep_every: int | None = None,
    sources: Sequence[str] = (),
    **slots: Any,
) -> Any:
    """Make an experiment of a function: `@forge.experiment`.

    Args:
        function: The body.
        name: Its name, by default that of the function.
        results_dir: Where run directories go.
        config: A config file that stands above the defaults.
        report_every: Steps between two reports on the console.
        goal: The metric that lists call best, such as `max accuracy`.
        resumable: Whether a run may be gone on with.
        final_checkpoint: Whether the end of the body is saved.
        keep_last: How many of the newest checkpoints to keep; None keeps all.
        keep_best: How many of the best by the goal to keep.
        keep_every: Keep every step divisible by this.
        sources: Patterns of further project files to keep with each run.
        **slots: Slots that the body itself never touches.

    Returns:
        The experiment.

    Raises:
        ForgeError: `var-positional` for a function that takes `*args`.
    """

    def make(target: Callable[..., Any]) -> Experiment:
        check_variadic(target, "experiment", name or target.__name__)
        component = Component.of(target, "experiment", name=name, declared=slots)
        options = {
            "results_dir": results_dir,
            "report_every": report_every,
            "goal": goal,
            "resumable": resumable,
            "final_checkpoint": final_checkpoint,
            "keep_last": keep_last,
            "keep_best": keep_best,
            "keep_every": keep_every,
        }
        return Experiment(
            target, component, options=options, base=config, sources=sources
        )

    return make if function is None else make(function)


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
    what = "a parameter" if component.name in own else "a command"
    return ForgeError(
        "command-name",
        f"{component.kind} '{component.name}' ({component.where}): experiment "
        f"'{experiment_name}' has {what} of that name. Rename the function.",
        name=component.name,
    )
