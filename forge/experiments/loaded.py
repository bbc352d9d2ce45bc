"""Experiments loaded from records: components rebuilt, weights restored."""

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, NoReturn

from forge.building.builder import Builder
from forge.checkpoints.randomness import random_states, set_random_states
from forge.component import Component
from forge.configuration.layers import Layer
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.cards import card
from forge.experiments.decoding import decoded, todays_classes
from forge.experiments.definition import DEFINED, Definition
from forge.experiments.layering import layers_of
from forge.experiments.loading import Components, Loading, altered, injected_values
from forge.experiments.options import check_run
from forge.experiments.predecessor import run_id
from forge.experiments.rebuilding import Stored, note_start
from forge.experiments.weights import Weights
from forge.records.record import Record
from forge.records.sessions import components_at, config_at
from forge.records.store import find_run
from forge.run.lifecycle import Run
from forge.run.seeding import path_seed, seed_all, stop_seeding
from forge.run.specials import special


def load(run: Any, **options: Any) -> "LoadedExperiment":
    """Load a recorded run; none of its code runs yet.

    Args:
        run: A folder or a reference, with a step after `@` if wanted.
        **options: The fields of `Loading`.

    Returns:
        The loaded experiment.

    Raises:
        ForgeError: There is no such run or checkpoint, or an option makes no sense.
    """
    folder, step = find_run(run)
    loading = Loading(**{**options, **({"step": step} if step else {})})
    # Absolute: what is loaded outlives the working directory.
    return LoadedExperiment(Record.read(folder.resolve()), loading)


class LoadedExperiment(Definition):
    """A recorded run, ready to be used: its components are built on first use.

    `exp.model`, `exp.dataset` and `exp["teacher"]` build a component from the run's
    own sources and configuration, and restore its checkpoint into it.

    Args:
        record: The run.
        loading: How it is to be loaded.

    Raises:
        ForgeError: `no-checkpoint` for a step that there is not.
    """

    def __init__(self, record: Record, loading: Loading) -> None:
        # Not the constructor of Experiment: the definition is imported on first use.
        self._record = record
        self._loading = loading
        self._weights = Weights(record, loading.step, verify=loading.verify)
        self._built: dict[str, Any] = {}
        self._restored: set[str] = set()

    def __repr__(self) -> str:
        step = "no checkpoint" if self.step is None else f"step {self.step}"
        return f"<forge.Experiment {run_id(self._record)}, {step}>"

    def _repr_html_(self) -> str:
        """Show in a notebook what is loaded, and what its run recorded."""
        return card(self._record, self.step, self.components, self._restored)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        loading = self._loading
        if "_stored" in self.__dict__:
            # It is trusted, and a worker process has nobody to ask again.
            loading = dataclasses.replace(loading, trust=True)
        return LoadedExperiment, (self._record, loading)

    def __getattr__(self, name: str) -> Any:
        if name in DEFINED:
            return getattr(self.definition, name)
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._slots:
            return self[name]
        raise AttributeError(
            f"{run_id(self._record)} has no component {name!r}; "
            f"it has {', '.join(self._slots) or 'none'}"
        )

    def __getitem__(self, path: str) -> Any:
        """Build what fills a slot, once, and restore its checkpoint.

        Args:
            path: The slot's key.

        Returns:
            The object.

        Raises:
            ForgeError: `no-slot`, or why it cannot be rebuilt or restored.
        """
        if path not in self._slots:
            known = ", ".join(self._slots) or "none"
            raise ForgeError(
                "no-slot",
                f"{run_id(self._record)} has no component '{path}'.\n"
                f"  components: {known}",
                path=path,
            )
        if path not in self._built:
            self._built[path] = self._rebuilt(path)
        return self._built[path]

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a loaded experiment is run with `run`, its commands with `call`."""
        raise ForgeError(
            "plain-call",
            "a loaded experiment cannot be called plainly. Use exp.run(), or "
            "exp.call('command').",
        )

    @property
    def record(self) -> Record:
        """What the run left behind."""
        return self._record

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._record.name

    @property
    def step(self) -> int | None:
        """The checkpoint that is restored; None when there is none."""
        return self._weights.step

    @property
    def loading(self) -> Loading:
        """How the run was loaded."""
        return self._loading

    @property
    def components(self) -> Mapping[str, str]:
        """The name of the component in each slot, by path."""
        facts = components_at(self._record, self._weights.session)
        return {fact.path: fact.name for fact in facts if fact.path}

    @property
    def component(self) -> Component:
        """The description of the experiment's own function."""
        return self.definition.component

    @property
    def config(self) -> Config:
        """The configuration of the run, with what this load changes."""
        return self._config

    @cached_property
    def definition(self) -> Definition:
        """The experiment as its sources define it; imported on first use."""
        if self._loading.code == "current":
            from forge.experiments.today import (  # noqa: PLC0415 - this way only
                current_experiment,
            )

            return current_experiment(self._record, self._loading.trust)
        return self._stored.experiment()

    @cached_property
    def _stored(self) -> Stored:
        """The definition in the run's own sources, opened on first use."""
        loading = self._loading
        return Stored(
            self._record,
            step=self._weights.session,
            leaks=loading.leaks,
            trust=loading.trust,
        )

    @cached_property
    def _slots(self) -> tuple[str, ...]:
        """The keys of all slots, those of lists included."""
        lists = (k for k, v in self._record.config.items() if isinstance(v, list))
        filled = tuple(self.components)
        return (*filled, *(k for k in lists if f"{k}.0" in filled))

    @cached_property
    def _config(self) -> Config:
        """The resolved config, with what this load changes."""
        return self.definition.resolved(self.layers())

    @cached_property
    def _builder(self) -> Builder:
        """Builds with the scalars that the datasets of the run supplied."""
        changes = self._loading.changes(self.stored)
        injected = injected_values(self._record, self._config)
        under = [*self._under(), injected, *changes]
        config = self.definition.resolved(under)
        return Builder(
            config,
            before=lambda path: seed_all(path_seed(config["seed"], path)),
            special=lambda path, name: special(name, path, config),
        )

    def restore(self, step: int | str | None = "latest") -> "LoadedExperiment":
        """Load the same run at another checkpoint.

        Args:
            step: The checkpoint: `latest`, a number, `best`, or `best:metric`.

        Returns:
            Another loaded experiment.

        Raises:
            ForgeError: There is no such checkpoint.
        """
        loading = dataclasses.replace(self._loading, step=step)
        return LoadedExperiment(self._record, loading)

    def call(self, command: str, **overrides: Any) -> Any:
        """Run a command of the stored script on the rebuilt components.

        Args:
            command: Its name.
            **overrides: Values to change, by short name.

        Returns:
            What it returns; nothing is recorded.

        Raises:
            ForgeError: `unknown-command`, or a mistake in the overrides.
        """
        from forge.experiments import repeating, running  # noqa: PLC0415

        request = repeating.to_call(self, command, overrides)
        return running.run(self.definition, request).result

    def run(self, config: Mapping[str, Any] | None = None, **options: Any) -> Run:
        """Start a new run from the same code.

        Args:
            config: Values to change, short names allowed.
            **options: As for `Experiment.run`.

        Returns:
            The run, whose parent is this one.
        """
        from forge.experiments import repeating, running  # noqa: PLC0415

        fields = running.asked(f"{self.name}.run", config, options)
        return running.run(self.definition, repeating.to_run(self, fields))

    def resume(self, config: Mapping[str, Any] | None = None, **options: Any) -> Run:
        """Go on with the run in its own folder, from its newest checkpoint.

        Args:
            config: Values to change, short names allowed.
            **options: As for `Experiment.run`.

        Returns:
            The run.

        Raises:
            ForgeError: The run is alive, or not resumable.
        """
        from forge.experiments import repeating, running  # noqa: PLC0415

        fields = running.asked(f"{self.name}.resume", config, options)
        return running.run(self.definition, repeating.to_resume(self, fields))

    def configure(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        presets: Sequence[str] = (),
        words: Sequence[str] = (),
        command: str | None = None,
    ) -> Config:
        """Resolve the config of the run with other values, without building anything.

        Args:
            config: Values by key, short names allowed.
            presets: Names of presets.
            words: What one types after `with`.
            command: The command whose parameters are to be active.

        Returns:
            The resolved config.

        Raises:
            ForgeError: All mistakes at once.
        """
        options = {"presets": presets, "words": words, "command": command}
        check_run(f"{self.name}.configure", config, options)
        given, _, errors = layers_of(
            self.definition.presets, presets=presets, words=words, config=config
        )
        return self.definition.resolved(
            [*self.layers(), *given], command=command, errors=errors
        )

    def open(self) -> None:
        """Open the run's sources now rather than on first use; none of it runs yet.

        Raises:
            ForgeError: `untrusted`, or what is wrong with the sources.
        """
        if self._loading.code == "stored":
            self._stored  # noqa: B018 - cached from now on

    def activated(self) -> AbstractContextManager[None]:
        """Let the whole process see the run's modules under their plain names.

        For libraries that look modules up by name. One thread at a time.

        Returns:
            A context; when it is left everything is as before.
        """
        stored = self.stored
        return nullcontext() if stored is None else stored.sources.activated()

    def close(self) -> None:
        """Forget the run's modules; objects made of them work on."""
        if "_stored" in self.__dict__:
            self._stored.close()

    def layers(self) -> list[Layer]:
        """The layers that repeat the run's config, with what this load changes."""
        return [*self._under(), *self._loading.changes(self.stored)]

    @property
    def stored(self) -> Stored | None:
        """The stored sources; None when today's code is used."""
        return self._stored if self._loading.code == "stored" else None

    def objects(self, config: Config) -> Mapping[str, Any]:
        """The rebuilt components by path, each built when it is asked for.

        Args:
            config: What they are to be: where it differs from the run's config, they
                are rebuilt with its values.

        Returns:
            The components.
        """
        own, stored = self.config, self.stored
        loading = altered(self._loading, config, own, slots=self._slots, stored=stored)
        if loading is self._loading:
            return Components(self)
        other = LoadedExperiment(self._record, loading)
        # Imported again, the code would have other classes than those of the values.
        for name in vars(self).keys() & {"_stored", "definition"}:
            setattr(other, name, vars(self)[name])
        return Components(other)

    def _under(self) -> list[Layer]:
        """The layers that repeat the run's config."""
        if self._loading.code == "current":
            flags = config_at(self._record, self._weights.session)
            return [self._loading.renamed(decoded(flags, todays_classes))]
        lookup = self.definition.lookup(self._record.layout.folder.parent.parent)
        return [self._stored.layer(lookup)]

    def _rebuilt(self, path: str) -> Any:
        """Build a component under its seed, and restore its weights."""
        states = random_states()
        try:
            built = self._builder.slot(path)
        except FileNotFoundError as error:
            note_start(error, self._record)
            raise
        finally:
            stop_seeding()
            # Building a model must not change the numbers of whoever loads it.
            set_random_states(states)
        # What was built on the way is restored too: a student holds its teacher.
        objects = self._builder.built
        self._weights.restore(objects, objects.keys() - self._restored)
        self._restored |= objects.keys()
        if path not in self.components:  # a list of slots
            return [self[f"{path}.{i}"] for i in range(len(built))]
        if built is not None:
            self._weights.check(path, built, self._config.tree)
        return objects[path]
