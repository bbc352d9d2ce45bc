"""What a run does: its components built, its function called, its hooks around it."""

import os
from collections.abc import Mapping
from typing import Any

from forge.building.builder import Builder
from forge.building.factory import call, takes
from forge.component import Component
from forge.configuration.shapes import is_plain_scalar
from forge.observers.base import Noted
from forge.observers.dispatch import Dispatcher
from forge.records.layout import RunLayout
from forge.run.checkpointing import Checkpointing
from forge.run.facts import injected_facts
from forge.run.keeping import checkpoints_for
from forge.run.lifecycle import Run
from forge.run.objects import stateful
from forge.run.plan import Plan
from forge.run.seeding import path_seed, seed_all
from forge.run.signals import Patience
from forge.run.specials import special
from forge.run.state import State
from forge.run.stopping import Stopping
from forge.run.tracking import Watching


class Body:
    """The part of a run that is the user's.

    Args:
        plan: The run.
        layout: Its folder; None when nothing is recorded.
        number: Its number.
        dispatcher: Takes its events.
        stopping: Whether it was asked to end.
        patience: Holds a Ctrl-C that came while the run began.
        watching: Shows what it tracks.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        layout: RunLayout | None,
        number: int | None,
        dispatcher: Dispatcher,
        stopping: Stopping,
        patience: Patience,
        watching: Watching,
    ) -> None:
        resumption = plan.resumption
        self._plan = plan
        self._pid = os.getpid()
        self._dispatcher = dispatcher
        self._stopping = stopping
        self._patience = patience
        self._seeds: dict[str, int] = {}
        self._told = 0
        changed = resumption is not None and resumption.new_sources
        metrics = layout.metrics if layout else None
        self._state = State(changed=changed, metrics=metrics, stopping=stopping)
        self._builder = Builder(
            plan.config,
            before=self._seed,
            special=self._special,
            given=plan.objects,
        )
        self._checkpoints = Checkpointing(
            checkpoints_for(plan, layout),
            config=plan.config,
            objects=self._builder,
            resumed=resumption.step if resumption else None,
            again=resumption is not None and resumption.step is None,
            state=self._state,
        )
        self.run: Run = Run(
            plan.name,
            plan.config,
            dispatcher=dispatcher,
            layout=layout,
            number=number,
            checkpoints=self._checkpoints,
            before=resumption.elapsed if resumption else 0.0,
            stopping=stopping,
            watching=watching,
        )

    @property
    def is_fork(self) -> bool:
        """Whether this is a child of the run's process, which must not end the run."""
        return os.getpid() != self._pid

    def carry_out(self) -> None:
        """Build, run, save what was measured last; `after` comes whatever happens.

        Raises:
            BaseException: What the user's code raised.
        """
        run, plan = self.run, self._plan
        try:
            self._patience.end()
            if self._stopping.is_due():
                self._stopping.act()  # asked to end before there was anything to end
            run.result = self._call()
            if self.is_fork:
                return
            if plan.command is None and not plan.dry:
                run.check_restored()
                if plan.settings.final_checkpoint:
                    self.final_checkpoint()
            self.settle()
        except BaseException as error:
            if not self.is_fork:
                self.settle(error)
                self._call_after(error)
            raise
        self._call_after(None)

    def fill(self, component: Component, given: Mapping[str, Any]) -> Any:
        """Call a command or captured function of the experiment inside the run.

        Args:
            component: The function.
            given: What the caller passes.

        Returns:
            What it returns.
        """
        scope = self._plan.config.tree.scopes[component.name]
        values = self._builder.arguments(scope, given)
        return call(component, {**values, **given})

    def settle(self, error: BaseException | None = None) -> None:
        """Wait until everything is saved that was to be saved in the background.

        Args:
            error: What the body raised; what failed is noted there then.

        Raises:
            ForgeError: `checkpoint-failed`, if the body raised nothing.
        """
        self._checkpoints.settle(error)

    def final_checkpoint(self, *, interrupted: bool = False) -> None:
        """Save what was measured last, unless its step is saved already.

        Args:
            interrupted: The body did not return. One that has not restored yet what it
                was to go on from has nothing to save.

        Raises:
            ForgeError: `checkpoint-failed`, for this one or one before it.
        """
        run, checkpoints = self.run, self._checkpoints
        self._state.interrupted = interrupted
        try:
            checkpoints.settle()
            if not interrupted:
                checkpoints.at_end()
        finally:
            # Whatever failed before: this may be the state that matters.
            due = checkpoints.is_due(run.last_step, interrupted=interrupted)
            if interrupted and checkpoints.numbers_itself:
                run.remark(_unnumbered(run.last_step))
            outdated = checkpoints.outdated if due else ""
            if outdated:
                run.remark(f"step {run.last_step} has no checkpoint: {outdated}")
            elif due:
                run.checkpoint()

    def tell_built(self) -> None:
        """Record what inputs received, as far as everything is built."""
        run, injected = self.run, self._builder.injected
        # What was received is what counts, whatever the body makes of it.
        if len(injected) > self._told:
            self._told = len(injected)
            run.injected.update(injected)
            facts = injected_facts(injected, self._plan.config)
            self._dispatcher.send(Noted("injected", facts))
        self._dispatcher.send(Noted("seeds", dict(self._seeds)))
        for note in self._builder.notes:
            if note not in run.notes:
                run.remark(note)

    def let_go(self) -> None:
        """Hold nothing any more that was built.

        Whoever keeps the run, or starts the next one, has the memory of its model back.
        """
        self._builder.let_go()
        self._checkpoints.let_go()
        plain = {p: i for p, i in self.run.injected.items() if is_plain_scalar(i.value)}
        self.run.injected = plain

    def _call(self) -> Any:
        """Build what the experiment or its command needs, and call it."""
        plan, builder = self._plan, self._builder
        root = plan.config.tree.root
        if plan.command is not None:
            scope = plan.config.tree.scopes[plan.command.name]
        else:
            scope = root
            builder.datasets(root)
        values = builder.arguments(scope, {})
        self._checkpoints.built()
        self.tell_built()
        if plan.dry:
            return None
        if plan.command is not None:
            self._note_fresh()
        for hook in plan.before:
            self.fill(hook, {})
        self._seed(scope.path)
        self._stopping.begun = True
        return call(scope.component, values)

    def _note_fresh(self) -> None:
        """Say which models a command has that were never trained."""
        plan = self._plan
        fresh = [
            path
            for path in stateful(self._builder.built, plan.config)
            if path not in plan.objects
            and plan.config.tree.nodes[path].argument.kind == "model"
        ]
        if fresh and plan.command is not None:
            name = plan.command.name
            how = f"forge.Experiment.load(RUN).call('{name}')"
            if plan.complain is not None:
                how = f"{name} --from RUN"
            self.run.remark(
                f"{name} has fresh weights in {' and '.join(fresh)}; with those of a "
                f"run:  {how}"
            )

    def _call_after(self, error: BaseException | None) -> None:
        """Call every hook; what one raises never hides what the body raised."""
        raised: Exception | None = None
        for hook in () if self._plan.dry else self._plan.after:
            # An input like others, which not each of them has.
            wanted = takes(hook, "result")
            try:
                self.fill(hook, {"result": self.run.result} if wanted else {})
            except Exception as another:  # noqa: BLE001 - the other hooks come too
                first = error or raised
                if first is None:
                    raised = another
                elif str(another) != str(first):
                    first.add_note(f"forge: {hook.name} failed then: {another!r}")
        try:
            if raised is not None:
                raise raised
        finally:
            # It holds this frame, which would hold it.
            raised = None

    def _seed(self, path: str) -> None:
        """Seed everything for what stands at a path."""
        self._seeds[path] = path_seed(self._plan.config["seed"], path)
        seed_all(self._seeds[path])

    def _special(self, path: str, name: str) -> Any:
        """Supply `_run` and the like."""
        plan = self._plan
        if name == "_rng":
            return self._state.generator(path, path_seed(plan.config["seed"], path))
        return special(name, path, plan.config, run=self.run, root=plan.name)


def _unnumbered(step: int) -> str:
    """Say why the last step of an interrupted body is not saved."""
    return (
        f"no final checkpoint: the body numbers its checkpoints otherwise than its "
        f"steps, and step {step} has no number among them"
    )
