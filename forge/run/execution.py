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
from forge.errors import ForgeError, Interrupt
from forge.observers.base import (
    Completed,
    Ended,
    Failed,
    Interrupted,
    Noted,
    Observer,
    Started,
)
from forge.observers.console import ConsoleObserver
from forge.observers.dispatch import Dispatcher
from forge.observers.filesystem import FilesystemObserver
from forge.observers.warning import warn
from forge.records.codec import rich
from forge.records.layout import RunLayout
from forge.records.liveness import Lock, hold
from forge.records.numbers import allocate
from forge.records.runfile import ErrorFact
from forge.records.status import Status
from forge.run.cells import collect_for
from forge.run.facts import (
    first_facts,
    injected_facts,
    now,
    resumed_facts,
)
from forge.run.lifecycle import Run
from forge.run.plan import Plan
from forge.run.probing import Probing
from forge.run.seeding import path_seed, seed_all, stop_seeding
from forge.run.signals import Terminated, terminating
from forge.run.sources import Sources, manifest
from forge.run.tracebacks import message_of, user_traceback


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
        self._lock: Lock | None = None
        try:
            self._open(number)
        except BaseException:
            self._give_up()
            raise

    def _open(self, number: int | None) -> None:
        """Take possession of the folder, and make the run."""
        plan, resumption = self.plan, self.plan.resumption
        self._lock = hold(self.layout) if self.layout else None
        self._dispatcher = Dispatcher(self._observers())
        self.run = Run(
            plan.name,
            plan.config,
            dispatcher=self._dispatcher,
            layout=self.layout,
            number=number,
            checkpoints=self._checkpoints(),
            objects=self.builder,
            resumed=resumption.step if resumption else None,
            before=resumption.elapsed if resumption else 0.0,
        )

    def _observers(self) -> list[Observer]:
        plan = self.plan
        if self.layout is None:
            return [*plan.observers]
        console = ConsoleObserver(
            report_every=plan.settings.report_every,
            goal=plan.settings.goal,
            quiet=plan.quiet,
        )
        return [FilesystemObserver(self.layout), console, *plan.observers]

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
            self._give_up()

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
        resumption, sources = plan.resumption, self._sources
        if resumption is None:
            facts = first_facts(plan, self.run.number, sources)
        else:
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

    def _give_up(self) -> None:
        """Let go of the folder; leave none behind of a run that could not begin."""
        if self._lock:
            self._lock.release()
        new = self.layout is not None and self.plan.resumption is None
        if new and self.layout is not None and not self.layout.run.exists():
            import shutil  # noqa: PLC0415 - runs that could not begin only

            shutil.rmtree(self.layout.folder, ignore_errors=True)

    def _annotate(self) -> None:
        for warning in self._sources.warnings if self._sources else ():
            self.run.remark(warning)
            if self._sources and not self._sources.rebuildable:
                warn(warning)
        resumption = self.plan.resumption
        for note in resumption.notes if resumption else ():
            self.run.remark(note)
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
            self._tell_built()
            probing.finish()
        self._dispatcher.send(ending)
        if error is not None:
            if self.plan.complain is not None:
                self.plan.complain(error)
            raise error
        return self.run

    def _outcome(self) -> tuple[Ended, BaseException | None]:
        """Run the body; say how it ended, and what to raise on."""
        try:
            self._body()
        except Interrupt as interrupt:
            return self._interrupted(interrupt.reason, None), None
        except KeyboardInterrupt as error:
            return self._interrupted("Ctrl-C", 2), error
        except Terminated as error:
            return self._interrupted(str(error), error.signal), error
        except BaseException as error:  # noqa: BLE001 - recorded, then raised on
            left = isinstance(error, SystemExit) and error.code in (None, 0)
            return self._completed() if left else self._failed(error), error
        return self._completed(), None

    def _completed(self) -> Completed:
        self.run.status = Status.COMPLETED
        return Completed(now(), self.run.elapsed, self.run.result)

    def _body(self) -> None:
        """Build, run, save what was measured last; `after` comes whatever happens."""
        run, plan = self.run, self.plan
        try:
            run.result = self._call_body()
            if plan.command is None and not plan.dry:
                run.check_restored()
                if plan.settings.final_checkpoint:
                    run.final_checkpoint()
        except BaseException as error:
            self._call_after(error)
            raise
        self._call_after(None)

    def _call_after(self, error: BaseException | None) -> None:
        """Call every hook; what one raises never hides what the body raised."""
        raised: Exception | None = None
        for hook in () if self.plan.dry else self.plan.after:
            try:
                self.fill(hook, {"result": self.run.result})
            except Exception as another:  # noqa: BLE001 - the other hooks come too
                first = error or raised
                if first is None:
                    raised = another
                elif str(another) != str(first):
                    first.add_note(f"forge: {hook.name} failed then: {another!r}")
        if raised is not None:
            raise raised

    def _call_body(self) -> Any:
        plan, builder = self.plan, self.builder
        root = plan.config.tree.root
        if plan.command is not None:
            scope = plan.config.tree.scopes[plan.command.name]
        else:
            scope = root
            builder.datasets(root)
        values = builder.arguments(scope, {})
        self._tell_built()
        if plan.dry:
            return None
        for hook in plan.before:
            self.fill(hook, {})
        self._seed(scope.path)
        return call(scope.component, values)

    def _tell_built(self) -> None:
        """Record what inputs received, as far as everything is built."""
        run, injected = self.run, self.builder.injected
        run.injected.update(injected)
        self._dispatcher.send(Noted("injected", injected_facts(injected)))
        self._dispatcher.send(Noted("seeds", dict(self._seeds)))
        for note in self.builder.notes:
            if note not in run.notes:
                run.remark(note)

    def _interrupted(self, reason: str, signal: int | None) -> Interrupted:
        run = self.run
        run.status = Status.INTERRUPTED
        if self.plan.command is None and self.plan.settings.final_checkpoint:
            try:
                run.final_checkpoint(interrupted=True)
            except ForgeError as error:
                run.note(f"no final checkpoint: {error}")
        return Interrupted(now(), run.elapsed, reason, signal)

    def _failed(self, error: BaseException) -> Failed:
        self.run.status = Status.FAILED
        text = user_traceback(error)
        full = user_traceback(error, full=True)
        if full != text:
            text += f"\nThe same with the frames of Forge:\n\n{full}"
        fact = ErrorFact(type=type(error).__name__, message=message_of(error))
        return Failed(now(), self.run.elapsed, fact, text)

    def _collect(self) -> Sources:
        return self.plan.stored or collect_for(self.plan)

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
