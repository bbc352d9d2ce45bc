"""The decorator `@forge.experiment` and what it makes of a function."""

import os
from abc import ABCMeta
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from forge.component import Component, Lookup, check_function
from forge.experiments.definition import Definition
from forge.experiments.lookup import RunLookup
from forge.experiments.options import check_decorator, check_run
from forge.registry import check_plain_call, with_specials


# What only a run or a load needs is imported when there is one.
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Never

    from forge.experiments.loaded import LoadedExperiment
    from forge.records.record import Record
    from forge.run.lifecycle import Run


class Experiment(Definition, metaclass=ABCMeta):
    """An experiment: still the function it was, and able to run itself on record.

    Made by `@forge.experiment`. Called plainly it is that function, and nothing is
    recorded.

    As an annotation it makes a slot that a recorded run fills: `base: forge.Experiment`
    is given as `with base=train/3@best`.
    """

    #: What a slot with this annotation takes.
    forge_kind: ClassVar[str] = "experiment"

    if TYPE_CHECKING:
        # What a run has that fills such a slot. It is a loaded experiment, which no
        # annotation of a user needs to name.
        dataset: Any
        model: Any
        record: Record
        step: int | None
        call: Callable[..., Any]

        def __getitem__(self, path: str) -> Any: ...

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
        return component.function(*args, **with_specials(component, args, kwargs))

    def run(  # noqa: PLR0913 - each may be asked of a run
        self,
        config: Mapping[str, Any] | None = None,
        *,
        presets: Sequence[str] = (),
        words: Sequence[str] = (),
        command: str | None = None,
        results_dir: "str | Path | None" = None,
        record: bool = True,
        resume: Any = None,
        tags: Sequence[str] = (),
        label: str | None = None,
        note: str | None = None,
        capture: Literal["no", "sys", "fd"] = "sys",
        quiet: bool = False,
        argv: Sequence[str] = (),
        code: Literal["stored", "current"] | None = None,
        **unknown: "Never",
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
            label: A short name for it.
            note: A remark.
            capture: How output is captured: `sys` what Python prints, `fd` what its
                children and C code print as well, or `no`.
            quiet: Whether nothing is told on the console.
            argv: The words that started the program, as the record keeps them.
            code: Which sources a resumed run uses when they differ: those it has
                stored, or today's.
            **unknown: Nothing; parameters are given in `config`.

        Returns:
            The run, with `.result`.

        Raises:
            ForgeError: A mistake in the configuration, before anything is written.
            Exception: What the body raised, after it was recorded.
        """
        from forge.experiments.running import Request, asked, run  # noqa: PLC0415

        options = {
            "presets": presets,
            "words": words,
            "command": command,
            "results_dir": results_dir,
            "record": record,
            "resume": resume,
            "tags": tags,
            "label": label,
            "note": note,
            "capture": capture,
            "quiet": quiet,
            "argv": argv,
            "code": code,
            **unknown,
        }
        fields = asked(f"{self.name}.run", config, options)
        return run(self, Request(**fields))

    def main(self, argv: Sequence[str] | None = None) -> Any:
        """Run the script: read its command line, do what it says.

        Args:
            argv: The words after the script's name; by default those of the process.

        Returns:
            The run, when one was made and completed.

        Raises:
            ForgeError: `bad-option` for words that are no list of texts.
            SystemExit: After a mistake (2), a failure (1) or an interruption.
        """
        from forge.experiments.script import main  # noqa: PLC0415

        check_run(f"{self.name}.main", None, {"argv": argv or ()})
        return main(self, argv)

    def lookup(self, results_dir: str | os.PathLike[str] | None = None) -> Lookup:
        """What the experiment can name: components, and those of recorded runs.

        Args:
            results_dir: Where runs are looked for.

        Returns:
            The components.
        """
        return RunLookup(super().lookup(), self.results_dir(results_dir))

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
        verify: str = "sha256",
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
            verify: How files of checkpoints are checked: `sha256`, or `size` alone
                where they are so large that hashing takes too long.

        Returns:
            The loaded experiment.

        Raises:
            ForgeError: There is no such run, or no such checkpoint.
        """
        from forge.experiments.loaded import LoadedExperiment, load  # noqa: PLC0415

        # What is loaded is an experiment too, though it cannot inherit from what
        # loads it.
        Experiment.register(LoadedExperiment)
        return load(
            run,
            config=config,
            step=step,
            code=code,
            trust=trust,
            ignore=ignore,
            rename=rename,
            leaks=leaks,
            verify=verify,
        )


def experiment(  # noqa: PLR0913 - the options of a decorator
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    results_dir: "str | Path | None" = None,
    config: str | None = None,
    report_every: int | None = None,
    goal: str | None = None,
    resumable: bool = True,
    final_checkpoint: bool = True,
    keep_last: int | None = 3,
    keep_best: int = 0,
    keep_every: int | timedelta | None = None,
    verify: str = "sha256",
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
        keep_every: Keep every step divisible by this; or, given a `timedelta`, one
            for each such time.
        verify: How checkpoints are checked before a run goes on from one: `sha256`,
            or `size` alone where they are so large that hashing takes too long.
        sources: Patterns of further project files to keep with each run.
        **slots: Slots that the body itself never touches: components, or what
            `forge.slot` makes of them, or lists of those.

    Returns:
        The experiment.

    Raises:
        ForgeError: `bad-option` for what an option does not take; `no-best-metric`;
            `not-a-function`; `async-function`; `var-positional` for a function that
            takes `*args`.
    """
    options = {
        "results_dir": results_dir,
        "report_every": report_every,
        "goal": goal,
        "resumable": resumable,
        "final_checkpoint": final_checkpoint,
        "keep_last": keep_last,
        "keep_best": keep_best,
        "keep_every": keep_every,
        "verify": verify,
    }
    others = {"name": name, "config": config, "sources": sources}
    check_decorator({**others, **options}, slots)

    def make(target: Callable[..., Any]) -> Experiment:
        check_function(target, "experiment", name)
        component = Component.of(target, "experiment", name=name, declared=slots)
        return Experiment(
            target, component, options=options, base=config, sources=sources
        )

    return make if function is None else make(function)
