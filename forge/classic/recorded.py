"""A classic script's run: begun by `init_checkpoint`, ended with the process."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forge.classic import resumed
from forge.classic.configfile import function_of, import_config
from forge.classic.exits import EXITS
from forge.classic.program import flags_here
from forge.classic.space import FlagSpace
from forge.classic.spaces import main_code, main_file
from forge.component import Component
from forge.configuration.tree import Scope, Tree
from forge.configuration.values import Config, Origin
from forge.errors import ForgeError, together
from forge.masking import masked_values
from forge.records.codec import rich
from forge.records.runfile import KIND_SCRIPT
from forge.run.lasting import Lasting
from forge.run.plan import Plan, Resumption, Settings


#: What the two config files build, and how messages call the flags that name them.
ROLES: Final = ("dataset", "model")
_SEED: Final = "seed"
_SEED_BITS: Final = 31


def init_checkpoint(
    checkpoint_dir: str | Path,
    data_config: Any,
    model_config: Any,
    resume: bool = False,  # noqa: FBT001, FBT002 - as in 2018
) -> tuple[str, str | None]:
    """Begin a run, or go on with the newest one.

    The run is an ordinary one: it has a folder and a number, its flags, commit, config
    files and output are in there, and it ends with the process. A second call ends
    the run that the first one began.

    Args:
        checkpoint_dir: The folder of the runs, `results/NAME`.
        data_config: The path of the data config, or None.
        model_config: The path of the model config, or None.
        resume: Whether to go on with the run of the highest number.

    Returns:
        The run folder, and the newest complete checkpoint to restore, if the run is
        resumed and has one.

    Raises:
        ForgeError: A config file that cannot be imported, nothing to resume, or a
            folder that cannot be written; nothing is made then.
    """
    _end(None)
    space = flags_here()
    home = Path(checkpoint_dir).expanduser()
    if not home.name or home.name == "..":
        home = home.resolve()
    going_on = resumed.newest(home, checkpoint_dir) if resume else None
    named: Mapping[str, Any] = dict(
        zip(ROLES, (data_config, model_config), strict=True)
    )
    if going_on is not None:
        named = going_on.restore(space, named)
    configs = _import(space, {role: text for role, text in named.items() if text})
    if going_on is not None:
        going_on.restore(space, {})
    seed = going_on.seed if going_on else _seed(space)
    config = _config(space, configs, name=home.name, seed=seed)
    resumption = going_on.resumption(config) if going_on else None
    plan = _plan(home, config, resumption)
    _begin(plan, space)
    return _answer(plan, going_on, space)


def tell_flags() -> None:
    """Record the flags of the run anew, if more of them are known."""
    if _under_way:
        _under_way[-1].tell_flags()


class _Recorded:
    """The run that is under way, and what was recorded of its flags."""

    def __init__(
        self, lasting: Lasting, space: FlagSpace, told: Mapping[str, Any]
    ) -> None:
        self.lasting = lasting
        self._space = space
        self._told = dict(told)

    def tell_flags(self) -> None:
        """Record the flags anew if they are others; a resumed run keeps its own."""
        if self.lasting.is_fork:
            return
        stored = rich_flags(self._space)
        # What a resumed run has on record stays, and its sessions say what changed.
        is_new = self.lasting.run.config.origin(_SEED).source != "resumed"
        added = {k: v for k, v in stored.items() if is_new or k not in self._told}
        if {**self._told, **added} != self._told:
            self._told |= added
            self.lasting.tell_flags(self._told)


def rich_flags(space: FlagSpace) -> dict[str, Any]:
    """Write the values of flags as `flags.json` holds them."""
    from forge.configuration.stored import to_stored  # noqa: PLC0415

    values = sorted(space.values().items())
    return masked_values(
        {name: to_stored(value, name, rich=rich) for name, value in values}
    )


def _import(space: FlagSpace, named: Mapping[str, Any]) -> dict[str, Component]:
    """Import the config files, so that what is wrong with them costs no run."""
    found, errors = {}, []
    for role, text in named.items():
        try:
            module = import_config(text)
            space.ran(str(module.__file__))
            function_of(module, str(text))
        except ForgeError as error:
            errors.append(error)
            continue
        file = os.path.realpath(str(module.__file__))
        found[role] = Component(
            role, Path(file).stem, dict, module.__name__, "load", file
        )
    if errors:
        raise together(errors)
    return found


def _config(
    space: FlagSpace, configs: Mapping[str, Component], *, name: str, seed: int
) -> Config:
    """Make the config of the run of the flags."""
    script = main_file()
    file = os.path.realpath(script) if script else ""
    module = Path(file).stem if file else "notebook"
    tree = Tree(Scope("", Component(KIND_SCRIPT, name, dict, module, "", file)))
    tree.scopes[""] = tree.root
    for role, component in configs.items():
        tree.scopes[role] = Scope(role, component, tree.root)
    values = {**space.values(), _SEED: seed}
    origins = {name: Origin("command line") for name in space.given}
    return Config(tree, values, origins)


def _plan(home: Path, config: Config, resumption: Resumption | None) -> Plan:
    """Plan the run."""
    script = main_file()
    return Plan(
        name=home.name,
        root=config.tree.root.component,
        config=config,
        settings=Settings(keep_last=None),
        results_dir=home.parent,
        capture="fd" if script else "sys",
        argv=tuple(sys.argv) if script else (),
        main_file=script,
        resumption=resumption,
    )


def _begin(plan: Plan, space: FlagSpace) -> None:
    """Begin the run, and have it ended with the process."""
    # In a notebook the kernel takes care of signals.
    lasting = Lasting(plan, main_code() if main_file() else None)
    _under_way.append(
        _Recorded(lasting, space, masked_values(plan.config.stored(rich)))
    )
    EXITS.watch(_end)


def _end(raised: BaseException | None) -> None:
    """End the run that is under way, if there is one."""
    EXITS.forget()
    while _under_way:
        _under_way.pop().lasting.end(raised)


def _answer(
    plan: Plan, going_on: resumed.GoingOn | None, space: FlagSpace
) -> tuple[str, str | None]:
    """Tell the script where its run is, and what to go on from."""
    run = _under_way[-1].lasting.run
    saved = going_on.saved if going_on else None
    dropped = going_on.dropped(space) if going_on else []
    for note in (*(plan.resumption.notes if plan.resumption else ()), *dropped):
        print(f"note: {note}", file=sys.stderr)  # noqa: T201 - as of --resume
    for note in dropped:
        run.remark(note)
    if saved is not None and saved.form != "forge":
        run.take_up(saved.step)
    # Named as the script names the folder of its runs.
    logdir = plan.results_dir / plan.name / str(run.number)
    if saved is None or run.dir is None:
        return str(logdir), None
    return str(logdir), str(logdir / saved.path.relative_to(run.dir))


def _seed(space: FlagSpace) -> int:
    """The run's seed: that of the flags, else a new one."""
    given = space.values().get(_SEED)
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    from secrets import randbits  # noqa: PLC0415 - runs only

    return randbits(_SEED_BITS)


_under_way: Final[list[_Recorded]] = []
