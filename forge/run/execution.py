"""A plan carried out: built, recorded, ended in one of the final states."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from forge.component import Component
from forge.distributions import Places, places
from forge.masking import masked_values
from forge.observers.base import Ended, Event, Interrupted, Observer, Started
from forge.observers.console import ConsoleObserver
from forge.observers.dispatch import Dispatcher
from forge.observers.filesystem import FilesystemObserver
from forge.observers.installed import installed
from forge.observers.warning import warn
from forge.records.codec import rich
from forge.records.liveness import Lock, hold
from forge.records.status import Status
from forge.run.body import Body
from forge.run.cells import collect_for
from forge.run.ending import cause_of, ending_of
from forge.run.facts import first_facts, resumed_facts
from forge.run.keeping import check_surroundings, folder_for
from forge.run.lifecycle import Run
from forge.run.plan import Plan
from forge.run.printing import Printing
from forge.run.probing import Probing
from forge.run.progress import Progress
from forge.run.provenance import Probes
from forge.run.screens import screen_for
from forge.run.seeding import stop_seeding
from forge.run.signals import Patience, Signals
from forge.run.sources import Sources, manifest
from forge.run.stopping import Stopping, Terminated
from forge.run.streams import flush_streams
from forge.run.tracebacks import message_of
from forge.run.underway import (
    as_current,
    current_execution,
    recorded_execution,
    run_in_run,
)
from forge.run.writers import noticing


if TYPE_CHECKING:
    from forge.run.streams import Captured


#: How long the end of a process waits for what another thread is writing.
_LEAVING_SECONDS: Final = 2.0


class Execution:
    """One run on its way from plan to final state.

    Args:
        plan: The run.
        body: The code in which a signal may end the run; None where none may.

    Raises:
        ForgeError: `run-in-run`, `no-working-directory`, `results-dir`, or a value
            that cannot be stored; nothing is left behind.
    """

    def __init__(
        self, plan: Plan, *, body: CodeType | None = Body.carry_out.__code__
    ) -> None:
        if plan.record and (running := recorded_execution()):
            raise run_in_run(running)
        if plan.record:
            check_surroundings()
        self.plan = plan
        self._body_code = body
        self._patience = Patience()
        self._ending: Ended | None = None
        self._printing: Printing | None = None
        outer = current_execution()
        # A request to end is for a run within a run as well.
        self.stopping: Stopping = outer.stopping if outer else Stopping()
        self._flags = masked_values(plan.config.stored(rich))
        self._sources = _collected(plan) if plan.record else None
        # Both observers and all that is installed are looked for there.
        self._places: Places | None = places() if plan.record else None
        self.layout, number = folder_for(plan)
        self._lock: Lock | None = None
        try:
            self._open(number)
        except BaseException:
            self._give_up()
            raise

    def _open(self, number: int | None) -> None:
        """Take possession of the folder, and make the run."""
        self._lock = hold(self.layout) if self.layout else None
        settings = self.plan.settings
        name = f"{self.plan.name}/{number}" if number else self.plan.name
        self._progress = Progress(name, hidden=self._is_hidden)
        self._console = ConsoleObserver(
            report_every=settings.report_every,
            goal=settings.goal,
            quiet=self.plan.quiet,
            name=name,
            loop=self._progress,
            told=[*self.plan.told, *self._warned],
        )
        self._dispatcher = Dispatcher(self._observers())
        self._body = Body(
            self.plan,
            layout=self.layout,
            number=number,
            dispatcher=self._dispatcher,
            stopping=self.stopping,
            patience=self._patience,
            watching=self._progress.watching,
        )
        self.run: Run = self._body.run

    def _observers(self) -> list[Observer]:
        """Everybody who receives the events, the run folder first."""
        plan = self.plan
        # One that tells nothing would cost every `log` call something all the same.
        told = [] if plan.quiet else [self._console]
        if self.layout is None:
            # What is tried out on a command line is told as well.
            return [*([] if self._is_hidden else told), *plan.observers]
        recorded = FilesystemObserver(self.layout)
        if others := installed(among=self._places):
            # They may have brought along further places.
            self._places = None
        return [recorded, *told, *plan.observers, *others]

    @property
    def _is_hidden(self) -> bool:
        """Whether nobody is told how the run goes."""
        plan = self.plan
        unasked = not plan.record and plan.complain is None
        return plan.quiet or plan.dry or unasked

    def carry_out(self) -> Run:
        """Run to the end.

        Returns:
            The run in its final state.

        Raises:
            BaseException: What the body raised, after it was recorded.
        """
        with self.alive():
            return self._live()

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Begin the run, and let go of everything at its end."""
        try:
            with (
                as_current(self),
                self._signals(),
                self._captured() as captured,
                noticing(self.run),
            ):
                with self._patience.waiting():
                    sources = self._sources
                    probes = Probes(sources.root, self._places) if sources else None
                    self._begin(probes)
                    self._probing = Probing(
                        self._dispatcher,
                        self.run,
                        sources=sources,
                        probes=probes,
                        lock=self._lock,
                        again=partial(_collected, self.plan),
                        look=captured.look,
                    )
                    if self._printing:
                        self._printing.start()
                yield
        finally:
            # One that was refused has nothing to do with what is seeded.
            if not (self.plan.record and recorded_execution()):
                stop_seeding()
            if not self._body.is_fork:
                if self._printing:
                    self._printing.stop()
                try:
                    self._dispatcher.close()
                finally:
                    self._give_up()

    def send(self, event: Event) -> None:
        """Send an event to everybody who receives those of the run."""
        self._dispatcher.send(event)

    def settle(self, raised: BaseException | None) -> BaseException | None:
        """Record how the body ended.

        Args:
            raised: What it raised; None where it returned.

        Returns:
            What the run is to raise on.
        """
        if self._body.is_fork:
            return raised
        status, error = cause_of(raised, self.stopping)
        if status is Status.INTERRUPTED or (raised and status is Status.COMPLETED):
            self._save_last()
        self._ending = ending_of(self.run, status, raised, self.stopping)
        with self._patience.waiting():
            self.run.fetch()
            self._body.tell_built()
            self._probing.finish(hurried=isinstance(self._ending, Interrupted))
            flush_streams()  # what the body said comes before what is said of it
            if self._printing:
                self._printing.finish()
            self._dispatcher.send(self._ending)
        return error

    def fill(self, component: Component, given: Mapping[str, Any]) -> Any:
        """Call a command or captured function of the experiment inside the run.

        Args:
            component: The function.
            given: What the caller passes.

        Returns:
            What it returns.
        """
        return self._body.fill(component, given)

    def finish_saving(self, raised: BaseException | None) -> None:
        """Save what was measured last, and wait for what is being saved.

        Args:
            raised: What ended the body, whose end is not saved then.

        Raises:
            ForgeError: `checkpoint-failed`, if the body raised nothing.
        """
        if raised is None:
            self._body.final_checkpoint()
        else:
            self._body.settle(raised)

    def _begin(self, probes: Probes | None) -> None:
        """Write what a run cannot do without."""
        plan = self.plan
        if self.layout is None or self._sources is None or self.run.number is None:
            return
        commit = probes.commit if probes else None
        resumption, sources = plan.resumption, self._sources
        if resumption is None:
            facts = first_facts(plan, self.run.number, sources)
        else:
            facts = resumed_facts(plan, resumption, sources)
        kept = resumption is None or resumption.new_sources
        self._dispatcher.send(
            Started(
                layout=self.layout,
                run=facts,
                flags={**self._flags, "git_commit": commit},
                sources=sources.files if kept else (),
                manifest=manifest(sources) if kept else {},
                session=len(facts.sessions),
            )
        )
        if resumption is not None:
            self.run.go_on()
        self._annotate()

    def _give_up(self) -> None:
        """Let go of the folder; leave none behind of a run that could not begin."""
        if self._lock:
            self._lock.release()
        # One that has ended is not asked: another run may have taken its place.
        new = self._ending is None and self.plan.resumption is None
        if new and self.layout is not None and not self.layout.run.exists():
            import shutil  # noqa: PLC0415 - runs that could not begin only

            shutil.rmtree(self.layout.folder, ignore_errors=True)

    @property
    def _warned(self) -> Sequence[str]:
        """What everybody is warned of: why the run could not be rebuilt."""
        sources = self._sources
        return () if sources is None or sources.rebuildable else sources.warnings

    def _annotate(self) -> None:
        """Record what is known beforehand: warnings, tags and a note."""
        for warning in self._sources.warnings if self._sources else ():
            self.run.remark(warning)
        for warning in self._warned:
            warn(warning)
        resumption = self.plan.resumption
        for note in resumption.notes if resumption else ():
            self.run.remark(note)
        if self.plan.tags:
            self.run.tag(*self.plan.tags)
        if self.plan.note:
            self.run.note(self.plan.note)

    def _live(self) -> Run:
        """Run the body, and record its end."""
        raised: BaseException | None = None
        error: BaseException | None = None
        try:
            try:
                self._body.carry_out()
            except BaseException as thrown:  # noqa: BLE001 - recorded, then raised on
                raised = thrown
            error = self.settle(raised)
            if error is not None:
                if self.plan.complain is not None:
                    self.plan.complain(error)
                raise error
        finally:
            # It holds this frame, and the body's with all that is in it: a circle.
            raised = error = None
            if not self._body.is_fork:
                self._body.let_go()
        if self.plan.complain is None:
            # Whoever called the run in a program of their own is to be ended as well.
            self._patience.end()
            self.stopping.act()
        return self.run

    def _save_last(self) -> None:
        """Save what a body has reached that did not return.

        A second Ctrl-C gives it up.
        """
        if self.plan.command is not None or not self.plan.settings.final_checkpoint:
            return
        try:
            self._body.final_checkpoint(interrupted=True)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - it ends anyway
            self.run.remark(f"no final checkpoint: {message_of(error)}")

    def _leave(self, request: Terminated) -> None:
        """Record the end of a run whose process has no time left."""
        ending = self._ending or ending_of(
            self.run, Status.INTERRUPTED, request, self.stopping
        )
        # What another thread writes just now would come after the end.
        with self._dispatcher.overtaking(_LEAVING_SECONDS):
            for observer in self._dispatcher.observers:
                if isinstance(observer, FilesystemObserver):
                    # Not sent: this thread may be in the middle of sending.
                    observer.receive(ending)

    def _signals(self) -> AbstractContextManager[Any]:
        """Listen to signals while the run goes on."""
        if self._body_code is None:
            return nullcontext()
        calm = (
            Dispatcher.send,
            Dispatcher.log,
            Run.checkpoint,
            Run.restore,
            Execution.carry_out,
        )
        return Signals(
            self.stopping,
            self.run.ask,
            body=self._body_code,
            calm=[function.__code__ for function in calm],
            leave=self._leave,
        )

    @contextmanager
    def _captured(self) -> "Iterator[Captured]":
        """Capture output where it is wanted, and draw progress below it."""
        if self.layout is None and self._is_hidden:
            from forge.run.streams import Captured  # noqa: PLC0415 - the others capture

            yield Captured()
            return
        from forge.run.capture import capture  # noqa: PLC0415 - such runs only

        output = self.layout.output if self.layout else None
        with (
            capture(self.plan.capture, output) as captured,
            self._progress.drawn_on(screen_for(captured.show), self._console.latest),
        ):
            if output is not None and self._is_heard and output.exists():
                self._printing = Printing(self._dispatcher, output, captured.settle)
            yield captured

    @property
    def _is_heard(self) -> bool:
        """Whether there are observers beside those of every run."""
        mine = (FilesystemObserver, ConsoleObserver)
        return any(not isinstance(one, mine) for one in self._dispatcher.observers)


def _collected(plan: Plan) -> Sources:
    """Copy the sources of a run as they are now."""
    return plan.stored or collect_for(plan)
