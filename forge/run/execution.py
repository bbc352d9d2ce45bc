"""A plan carried out: built, recorded, ended in one of the final states."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from forge.building.builder import Builder
from forge.building.factory import call
from forge.checkpoints.manager import Checkpoints
from forge.component import Component
from forge.configuration.shapes import is_plain_scalar
from forge.configuration.stored import to_stored
from forge.errors import ForgeError, Interrupt
from forge.observers.base import (
    Completed,
    Ended,
    Failed,
    Interrupted,
    Noted,
    Started,
)
from forge.observers.console import ConsoleObserver
from forge.observers.dispatch import Dispatcher
from forge.observers.filesystem import FilesystemObserver
from forge.records.codec import rich
from forge.records.layout import RunLayout
from forge.records.liveness import hold
from forge.records.numbers import allocate
from forge.records.runfile import ErrorFact, InjectedFact
from forge.records.status import Status
from forge.run.facts import files_of, first_facts, now, resumed_facts
from forge.run.lifecycle import Run
from forge.run.plan import Plan
from forge.run.probing import Probing
from forge.run.seeding import path_seed, seed_all, stop_seeding
from forge.run.signals import Terminated, terminating
from forge.run.sources import Sources, collect, manifest, project_root
from forge.run.tracebacks import user_traceback


class Execution:
    """One run on its way from plan to final state.

    Args:
        plan: The run.

    Raises:
        ForgeError: `run-in-run`, `results-dir`, or a value that cannot be stored;
            nothing is left behind.
    """

    def __init__(self, plan: Plan) -> None:
        if plan.record and (running := _recorded()):
            raise ForgeError(
                "run-in-run",
                f"run {running.run.id} is being recorded in this process; a second "
                f"one cannot start inside it.",
                run=running.run.id,
            )
        self.plan = plan
        self._seeds: dict[str, int] = {}
        self.builder = Builder(
            plan.config,
            before=self._seed,
            special=self._special,
            given=plan.objects,
        )
        self._flags = plan.config.stored(rich)
        self._sources = self._collect() if plan.record else None
        self.layout, number = self._folder()
        self._lock = hold(self.layout) if self.layout else None
        observers = [*plan.observers]
        if self.layout:
            console = ConsoleObserver(
                report_every=plan.settings.report_every,
                goal=plan.settings.goal,
                quiet=plan.quiet,
            )
            observers = [FilesystemObserver(self.layout), console, *observers]
        self._dispatcher = Dispatcher(observers)
        resumption = plan.resumption
        self.run = Run(
            plan.name,
            plan.config,
            dispatcher=self._dispatcher,
            layout=self.layout,
            number=number,
            checkpoints=self._checkpoints(),
            objects=self.builder,
            resumed=resumption.step if resumption else None,
            before=(resumption.record.run.duration or 0.0) if resumption else 0.0,
        )

    def carry_out(self) -> Run:
        """Run to the end.

        Returns:
            The run in its final state.

        Raises:
            BaseException: What the body raised, after it was recorded.
        """
        try:
            with _as_current(self), terminating(), self._captured():
                self._begin()
                return self._live()
        finally:
            stop_seeding()
            self._dispatcher.close()
            if self._lock:
                self._lock.release()
            self._sweep()

    def fill(self, component: Component, given: Mapping[str, Any]) -> Any:
        """Call a command or captured function of the experiment inside the run.

        Args:
            component: The function.
            given: What the caller passes.

        Returns:
            What it returns.
        """
        scope = self.plan.config.tree.scopes[component.name]
        values = self.builder.arguments(scope, given)
        return call(component, {**values, **given})

    def _begin(self) -> None:
        plan = self.plan
        if self.layout is None or self._sources is None or self.run.number is None:
            return
        resumption = plan.resumption
        sources, facts = self._sources, first_facts(plan, self.run.number, self._sources)
        if resumption is not None:
            facts = resumed_facts(plan, resumption.record.run, resumption.step)
        kept = resumption is None or resumption.new_sources
        self._dispatcher.send(
            Started(
                layout=self.layout,
                run=facts,
                flags={**self._flags, "git_commit": _commit(sources.root)},
                sources=sources.files if kept else (),
                manifest=manifest(sources) if kept else {},
                session=len(facts.sessions),
            )
        )
        if resumption is not None:
            step = resumption.step or 0
            self._dispatcher.send(Noted("resumed", step, time=self.run.elapsed))
        self._annotate()

    def _sweep(self) -> None:
        """Leave no folder behind of a run that could not begin."""
        new = self.layout is not None and self.plan.resumption is None
        if new and self.layout is not None and not self.layout.run.exists():
            import shutil  # noqa: PLC0415 - runs that could not begin only

            shutil.rmtree(self.layout.folder, ignore_errors=True)

    def _annotate(self) -> None:
        for warning in self._sources.warnings if self._sources else ():
            self.run.notes.append(warning)
            self._dispatcher.send(Noted("notes", warning))
        if self.plan.tags:
            self.run.tag(*self.plan.tags)
        if self.plan.note:
            self.run.note(self.plan.note)

    def _live(self) -> Run:
        probing = Probing(
            self._dispatcher,
            self.run,
            sources=self._sources,
            lock=self._lock,
            again=self._collect,
        )
        try:
            ending, error = self._outcome()
        finally:
            probing.finish()
        self._dispatcher.send(ending)
        if error is not None:
            if self.plan.complain is not None:
                self.plan.complain(error)
            raise error
        return self.run

    def _outcome(self) -> tuple[Ended, BaseException | None]:
        """Run the body; say how it ended, and what to raise on."""
        run = self.run
        try:
            self._body()
        except Interrupt as interrupt:
            return self._interrupted(interrupt.reason, None), None
        except KeyboardInterrupt as error:
            return self._interrupted("Ctrl-C", 2), error
        except Terminated as error:
            return self._interrupted(str(error), error.signal), error
        except SystemExit as error:
            if error.code in (None, 0):
                run.status = Status.COMPLETED
                return Completed(now(), run.elapsed, run.result), error
            return self._failed(error), error
        except BaseException as error:  # noqa: BLE001 - recorded, then raised on
            return self._failed(error), error
        run.status = Status.COMPLETED
        return Completed(now(), run.elapsed, run.result), None

    def _body(self) -> None:
        """Build, run, save what was measured last; `after` comes whatever happens."""
        run, plan = self.run, self.plan
        try:
            run.result = self._call_body()
            if plan.command is None and plan.settings.final_checkpoint:
                run.final_checkpoint()
        finally:
            for hook in plan.after:
                self.fill(hook, {"result": run.result})

    def _call_body(self) -> Any:
        plan, builder = self.plan, self.builder
        root = plan.config.tree.root
        if plan.command is not None:
            scope = plan.config.tree.scopes[plan.command.name]
        else:
            scope = root
            builder.datasets(root)
        values = builder.arguments(scope, {})
        self._tell_injected()
        for hook in plan.before:
            self.fill(hook, {})
        if plan.dry:
            return None
        self._seed(scope.path)
        return call(scope.component, values)

    def _tell_injected(self) -> None:
        """Record what inputs received, now that everything is built."""
        run, injected = self.run, self.builder.injected
        run.injected.update(injected)
        facts = {
            path: InjectedFact(value=to_stored(_plain(value)), origin=origin)
            for path, (value, origin) in injected.items()
            if is_plain_scalar(value)
        }
        self._dispatcher.send(Noted("injected", facts))
        self._dispatcher.send(Noted("seeds", dict(self._seeds)))
        for note in self.builder.notes:
            run.notes.append(note)
            self._dispatcher.send(Noted("notes", note))

    def _interrupted(self, reason: str, signal: int | None) -> Interrupted:
        run = self.run
        run.status = Status.INTERRUPTED
        if self.plan.command is None and self.plan.settings.final_checkpoint:
            try:
                run.final_checkpoint()
            except ForgeError as error:
                run.note(f"no final checkpoint: {error}")
        return Interrupted(now(), run.elapsed, reason, signal)

    def _failed(self, error: BaseException) -> Failed:
        self.run.status = Status.FAILED
        text = user_traceback(error)
        full = user_traceback(error, full=True)
        if full != text:
            text += f"\nThe same with the frames of Forge:\n\n{full}"
        fact = ErrorFact(type=type(error).__name__, message=str(error))
        return Failed(now(), self.run.elapsed, fact, text)

    def _collect(self) -> Sources:
        plan = self.plan
        if plan.stored is not None:
            return plan.stored
        main = plan.main_file
        return collect(
            project_root(main),
            main,
            extra=plan.source_globs,
            components=[Path(file) for file in files_of(plan)],
            exclude=[plan.results_dir],
        )

    def _folder(self) -> tuple[RunLayout | None, int | None]:
        plan = self.plan
        if not plan.record:
            return None, None
        if plan.resumption:
            record = plan.resumption.record
            return record.layout, record.number
        number, folder = allocate(plan.results_dir, plan.name)
        return RunLayout(folder), number

    def _checkpoints(self) -> Checkpoints | None:
        if self.layout is None:
            return None
        settings = self.plan.settings
        metric, mode = settings.best
        checkpoints = Checkpoints(
            self.layout.checkpoints,
            keep_last=settings.keep_last,
            keep_best=settings.keep_best,
            best_metric=metric,
            best_mode=mode,
            keep_every=settings.keep_every,
        )
        resumption = self.plan.resumption
        if resumption is not None and resumption.step is not None:
            checkpoints.abandon_after(resumption.step)
        return checkpoints

    def _captured(self) -> AbstractContextManager[Any]:
        if self.layout is None or self.plan.capture == "no":
            return nullcontext()
        from forge.run.capture import capture  # noqa: PLC0415 - recorded runs only

        return capture(self.plan.capture, self.layout.output)

    def _seed(self, path: str) -> None:
        self._seeds[path] = path_seed(self.plan.config["seed"], path)
        seed_all(self._seeds[path])

    def _special(self, path: str, name: str) -> Any:
        if name == "_run":
            return self.run
        if name == "_config":
            return self.plan.config
        if name == "_log":
            return logging.getLogger(".".join(filter(None, (self.plan.name, path))))
        seed = path_seed(self.plan.config["seed"], path)
        if name == "_seed":
            return seed
        import numpy as np  # noqa: PLC0415

        return np.random.default_rng(seed)


_stack: list[Execution] = []


def current_execution() -> Execution | None:
    """Return the innermost run of this process, if one is under way."""
    return _stack[-1] if _stack else None


def _recorded() -> Execution | None:
    return next((e for e in _stack if e.plan.record), None)


@contextmanager
def _as_current(execution: Execution) -> Iterator[None]:
    _stack.append(execution)
    try:
        yield
    finally:
        _stack.remove(execution)


def _commit(root: Path) -> str | None:
    from forge.run.provenance import commit_of  # noqa: PLC0415 - recorded runs only

    return commit_of(root)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    item = getattr(value, "item", None)
    return item() if callable(item) else value
