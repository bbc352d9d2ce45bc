"""Experiments loaded from records: components rebuilt, weights restored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

from forge.building.builder import Builder
from forge.checkpoints.adapters import has_state
from forge.checkpoints.manager import Checkpoints
from forge.checkpoints.randomness import random_states, set_random_states
from forge.component import Component
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.values import Config
from forge.errors import ForgeError
from forge.experiments.definition import Definition
from forge.experiments.rebuilding import Stored, current_experiment, stored_values
from forge.experiments.resuming import run_id
from forge.records.record import Record
from forge.records.runfile import Parent
from forge.records.store import find_run
from forge.run.lifecycle import Run
from forge.run.plan import goal_of
from forge.run.seeding import path_seed, seed_all, stop_seeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How a run is to be loaded; the arguments of `Experiment.load`."""

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
    for name, value, known in (
        ("code", loading.code, ("stored", "current")),
        ("leaks", loading.leaks, ("error", "warn")),
    ):
        if value not in known:
            raise ForgeError(
                "bad-option",
                f"load(..., {name}={value!r}): expected one of {', '.join(known)}.",
                name=name,
            )
    return LoadedExperiment(Record.read(folder), loading)


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
        self._checkpoints = _checkpoints(record, loading.step)
        self._step = self._select(loading.step)
        self._built: dict[str, Any] = {}

    def __repr__(self) -> str:
        step = "no checkpoint" if self._step is None else f"step {self._step}"
        return f"<forge.Experiment {run_id(self._record)}, {step}>"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return LoadedExperiment, (self._record, self._loading)

    def __getattr__(self, name: str) -> Any:
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
        return self._step

    @property
    def components(self) -> Mapping[str, str]:
        """The name of the component in each slot, by path."""
        return {f.path: f.name for f in self._record.run.components if f.path}

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
            return current_experiment(self._record)
        return self._stored.experiment()

    @cached_property
    def _stored(self) -> Stored:
        return Stored(self._record, step=self._step, leaks=self._loading.leaks)

    @cached_property
    def _slots(self) -> tuple[str, ...]:
        lists = (k for k, v in self._record.config.items() if isinstance(v, list))
        filled = tuple(self.components)
        return (*filled, *(k for k in lists if f"{k}.0" in filled))

    @cached_property
    def _config(self) -> Config:
        return self.definition.resolved(self.layers())

    @cached_property
    def _builder(self) -> Builder:
        under = [*self._under(), self._injected_layer(), *self._changes()]
        config = self.definition.resolved(under)
        return Builder(
            config,
            before=lambda path: seed_all(path_seed(config["seed"], path)),
            special=self._special,
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
        from dataclasses import replace  # noqa: PLC0415

        return LoadedExperiment(self._record, replace(self._loading, step=step))

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
        from forge.experiments.running import Request, run  # noqa: PLC0415

        request = Request(
            config=overrides,
            command=command,
            record=False,
            capture="no",
            quiet=True,
            under=self.layers(),
            objects=self.objects(),
        )
        return run(self.definition, request).result

    def run(self, config: Mapping[str, Any] | None = None, **options: Any) -> Run:  # type: ignore[override]
        """Start a new run from the same code.

        Args:
            config: Values to change, short names allowed.
            **options: As for `Experiment.run`.

        Returns:
            The run, whose parent is this one.
        """
        from forge.experiments.running import Request, run  # noqa: PLC0415

        options.setdefault("results_dir", self._record.layout.folder.parent.parent)
        parent = Parent(
            kind="loaded", run=str(self._record.layout.folder), step=self._step
        )
        request = Request(
            config=dict(config or {}),
            under=self.layers(),
            parent=parent,
            stored=self.stored,
            **options,
        )
        return run(self.definition, request)

    def resume(self, **options: Any) -> Run:
        """Go on with the run in its own folder, from its newest checkpoint.

        Args:
            **options: As for `Experiment.run`.

        Returns:
            The run.

        Raises:
            ForgeError: The run is alive, or not resumable.
        """
        from forge.experiments.running import Request, run  # noqa: PLC0415

        request = Request(
            resume=self._record.layout.folder,
            results_dir=self._record.layout.folder.parent.parent,
            under=self.layers(),
            stored=self.stored,
            **options,
        )
        return run(self.definition, request)

    def close(self) -> None:
        """Forget the run's modules; objects made of them work on."""
        if "_stored" in self.__dict__:
            self._stored.close()

    def layers(self) -> list[Layer]:
        """The layers that repeat the run's config, with what this load changes."""
        return [*self._under(), *self._changes()]

    @property
    def stored(self) -> Stored | None:
        """The stored sources; None when today's code is used."""
        return self._stored if self._loading.code == "stored" else None

    def objects(self) -> Mapping[str, Any]:
        """The rebuilt components by path, each built when it is asked for."""
        return _Objects(self)

    def _select(self, step: int | str | None) -> int | None:
        if step == "latest" and not self._checkpoints.steps():
            return None  # a run without checkpoints still has its record and datasets
        return self._checkpoints.select(step)

    def _under(self) -> list[Layer]:
        """The layers that repeat the run's config."""
        loading = self._loading
        if loading.code == "stored":
            return [stored_values(self._record, self._stored.choices())]
        flags = {
            loading.rename.get(key, key): value
            for key, value in self._record.config.items()
            if key not in loading.ignore and key != "git_commit"
        }
        return [mapping_layer("stored config", flags, stored=True)]

    def _changes(self) -> list[Layer]:
        given = self._loading.config
        return [mapping_layer("load(config=)", given, short=True)] if given else []

    def _injected_layer(self) -> Layer:
        """Scalars that datasets supplied: with them, most models need no dataset."""
        flags = self._record.config
        values = {
            path: fact.value
            for path, fact in self._record.run.injected.items()
            if fact.origin not in flags and self._is_of_dataset(fact.origin)
        }
        return mapping_layer("recorded injection", values, stored=True)

    def _is_of_dataset(self, origin: str) -> bool:
        """Whether a value came from a dataset that this load does not change."""
        slot = origin.rpartition(".")[0]
        kinds = {f.path: f.kind for f in self._record.run.components}
        changed = any(
            key == slot or key.startswith(f"{slot}.") for key in self._loading.config
        )
        return kinds.get(slot) == "dataset" and not changed

    def _rebuilt(self, path: str) -> Any:
        states = random_states()
        try:
            built = self._builder.slot(path)
        except FileNotFoundError as error:
            error.add_note(
                f"forge: relative paths of {run_id(self._record)} start in "
                f"{self._record.run.cwd}; to read from elsewhere: "
                f'load(..., config={{"dataset.path": ...}})'
            )
            raise
        finally:
            stop_seeding()
            # Building a model must not change the numbers of whoever loads it.
            set_random_states(states)
        return self._restored(path, built)

    def _restored(self, path: str, built: Any) -> Any:
        if isinstance(built, list):
            return [self[f"{path}.{i}"] for i in range(len(built))]
        if self._loading.step is None or built is None:
            return built
        entry = self._entry(path)
        if entry is not None:
            found = self._checkpoints.restored(
                {path: built},
                step=self._step,
                names={path: entry},
                random_states=False,
            )
            self._builder.built[path] = found.objects[path]
            return found.objects[path]
        node = self._config.tree.nodes[path]
        if node.argument.kind != "dataset" and has_state(built):
            raise self._not_in_checkpoint(path)
        return built

    def _entry(self, path: str) -> str | None:
        """The name under which a slot's object was saved."""
        if self._step is None:
            return None
        objects = self._checkpoints.manifest(self._step).objects
        named = (name for name, fact in objects.items() if fact.slot == path)
        return next(named, path if path in objects else None)

    def _not_in_checkpoint(self, path: str) -> ForgeError:
        if self._step is None:
            return ForgeError(
                "no-checkpoint",
                f"{run_id(self._record)} has no checkpoint, so there are no weights "
                f"for '{path}'.\n"
                f"  To have it with fresh ones: load(..., step=None).",
                path=path,
            )
        names = ", ".join(self._checkpoints.manifest(self._step).objects)
        return ForgeError(
            "not-in-checkpoint",
            f"'{path}' is not in checkpoint {self._step} of {run_id(self._record)}, "
            f"which holds {names or 'nothing'}.\n"
            f"  To have it with fresh weights: load(..., step=None).",
            path=path,
        )

    def _special(self, path: str, name: str) -> Any:
        from forge.experiments.single import special  # noqa: PLC0415

        return special(self._config, path, name)


def _checkpoints(record: Record, step: int | str | None) -> Checkpoints:
    """Open the checkpoints of a run, best by its goal or by the metric asked for."""
    metric, mode = goal_of(record.run.goal)
    wanted = str(step).removeprefix("best:") if step != "best" else metric
    if wanted != metric:
        metric, mode = goal_of(wanted)
    return Checkpoints(record.layout.checkpoints, best_metric=metric, best_mode=mode)


class _Objects(Mapping[str, Any]):
    def __init__(self, loaded: LoadedExperiment) -> None:
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

    def __iter__(self) -> Any:
        return iter(self._loaded.components)

    def __len__(self) -> int:
        return len(self._loaded.components)
