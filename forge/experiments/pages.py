"""What the commands of a script print: help, presets, dependencies."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forge._text import aligned, plural
from forge.commandline import OPTIONS
from forge.component import Component
from forge.configuration.shapes import describe
from forge.configuration.show import written
from forge.configuration.tree import Node
from forge.configuration.values import Config
from forge.experiments.definition import Definition
from forge.experiments.layering import Preset
from forge.registry import view_for
from forge.signature import EMPTY, Derived, Role


COMMANDS = (
    ("print_config", "the resolved config, and where each value comes from"),
    ("print_dependencies", "what a run would record: sources, packages, commit"),
    ("print_presets", "the presets, and what each sets"),
    ("save_config FILE", "the resolved config as a file that `with FILE` takes back"),
    ("help [COMMAND]", "this page, or that of a command"),
)


def help_page(experiment: Definition, config: Config | None, script: str) -> str:
    """Write the help of a script.

    Args:
        experiment: The experiment.
        config: Its default config, where it has one: a slot may need a choice.
        script: How the script is called.

    Returns:
        The page, without a final newline.
    """
    doc = (experiment.component.function.__doc__ or "").strip()
    lines = [
        f"usage: {script} [COMMAND] [OPTIONS] [with] [PRESET | FILE | KEY=VALUE]...",
        "",
        f"{experiment.name}: {doc}" if doc else f"{experiment.name}",
    ]
    if config is not None:
        lines += ["", "parameters", *_indented(_parameter_rows(config))]
    lines += _candidates(experiment, config)
    lines += ["", "commands", *_indented(_command_rows(experiment))]
    if experiment.presets:
        lines += ["", "presets", *_indented(_preset_rows(experiment))]
    options = [(option.spelled, option.help) for option in OPTIONS]
    lines += ["", "options", *_indented(options)]
    return "\n".join(lines)


def command_page(component: Component, config: Config) -> str:
    """Write the help of one command.

    Args:
        component: The command.
        config: The default config with its parameters.

    Returns:
        The page, without a final newline.
    """
    doc = (component.function.__doc__ or "").strip()
    lines = [f"{component.name}: {doc}" if doc else component.name]
    scope = config.tree.scopes[component.name]
    rows = [_row(node) for node in scope.names.values() if node.role is not Role.INPUT]
    inputs = [n.name for n in scope.names.values() if n.role is Role.INPUT]
    if rows:
        lines += ["", "parameters", *_indented(rows)]
    if inputs:
        lines += ["", f"from the experiment: {', '.join(inputs)}"]
    return "\n".join(lines)


def presets_page(experiment: Definition) -> str:
    """Write the presets of an experiment and what each sets."""
    if not experiment.presets:
        return (
            f"{experiment.name} has no presets. Add one with @{experiment.name}.preset"
        )
    lines = []
    for name, preset in sorted(experiment.presets.items()):
        doc = _first_line(preset.__doc__)
        lines.append(f"{name}  {doc}".rstrip())
        sets, wrong = _sets(preset)
        lines += [f"  {wrong}"] if wrong else []
        lines += _indented([(k, f"= {written(v)}") for k, v in sets])
    return "\n".join(lines)


def dependencies_page(experiment: Definition, main_file: Path | None) -> str:
    """Write what a run would record of code and environment.

    Args:
        experiment: The experiment.
        main_file: The script.

    Returns:
        The page, without a final newline.
    """
    from forge.run.provenance import packages  # noqa: PLC0415
    from forge.run.repository import git_facts  # noqa: PLC0415
    from forge.run.sources import collect, project_root  # noqa: PLC0415
    from forge.run.uncommitted import uncommitted  # noqa: PLC0415

    root = project_root(main_file)
    sources = collect(root, main_file, extra=experiment.sources)
    git, _ = git_facts(root)
    installed = packages()
    lines = [f"project {sources.root}"]
    if git is None:
        lines.append("git     no repository")
    else:
        state = {True: "uncommitted changes", False: "clean", None: "state unknown"}
        commit = git.commit or "no commit yet"
        lines.append(f"git     {commit} {git.branch or ''} ({state[git.dirty]})")
        changed = uncommitted(root) if git.commit and git.dirty else []
        lines += [f"        changed: {name}" for name in changed]
    lines += ["", plural(len(sources.files), "source")]
    lines += [f"  {copy.path}  {copy.sha256[:12]}" for copy in sources.files]
    lines += ["", plural(len(installed), "package"), *(f"  {p}" for p in installed)]
    return "\n".join([*lines, *sources.warnings])


def _parameter_rows(config: Config) -> Iterator[tuple[str, ...]]:
    """A row for everything that can be set."""
    for node in config.tree.nodes.values():
        if node.role in (Role.PARAMETER, Role.SLOT, Role.SLOTS):
            yield _row(node)


def _row(node: Node) -> tuple[str, ...]:
    """Path, type, default and help of one parameter or slot."""
    if node.is_slot:
        kind = node.argument.kind or ""
        kind = f"{kind}s" if node.role is Role.SLOTS else kind
        spelled = getattr(node.choice, "spelled", None) or ""
        if isinstance(node.choice, tuple):
            spelled = ",".join(str(choice.spelled) for choice in node.choice)
        return node.path, kind, f"= {spelled}", _help(node)
    default = node.default
    shown = "derived" if isinstance(default, Derived) else written(default)
    return node.path, describe(node.type), f"= {shown}", _help(node)


def _help(node: Node) -> str:
    """What the annotation or the docstring says of a parameter."""
    return node.argument.help or node.scope.component.help_for(node.name)


def _candidates(experiment: Definition, config: Config | None) -> list[str]:
    """Every component that could fill a slot, with its parameters."""
    view = view_for(experiment.component)
    kinds = {
        argument.kind: None
        for argument in experiment.component.signature.arguments
        if argument.kind
    }
    if config is not None:
        nodes = config.tree.nodes.values()
        kinds |= {n.argument.kind: None for n in nodes if n.argument.kind}
    lines = []
    for kind in kinds:
        rows = [
            (component.name, _keys(component), _first_line(component.function.__doc__))
            for component in view.of_kind(str(kind))
        ]
        if rows:
            lines += ["", f"{kind}s", *_indented(rows)]
    return lines


def _keys(component: Component) -> str:
    """The signature of a component in one line."""
    keys = []
    for argument in component.signature.arguments:
        if argument.role is Role.SPECIAL:
            continue
        if argument.default is EMPTY:
            keys.append(argument.name)
        elif argument.role in (Role.SLOT, Role.SLOTS):
            keys.append(f"{argument.name}=...")
        else:
            derived = isinstance(argument.default, Derived)
            value = "derived" if derived else written(argument.default)
            keys.append(f"{argument.name}={value}")
    return f"({', '.join(keys)})"


def _command_rows(experiment: Definition) -> Iterator[tuple[str, str]]:
    """The user's commands first, then those of every script."""
    for name, component in sorted(experiment.commands.items()):
        yield name, _first_line(component.function.__doc__)
    yield from COMMANDS


def _preset_rows(experiment: Definition) -> Iterator[tuple[str, str]]:
    """Each preset with its docstring, or what it sets."""
    for name, preset in sorted(experiment.presets.items()):
        values, wrong = _sets(preset)
        sets = wrong or ", ".join(f"{key}={written(value)}" for key, value in values)
        doc = _first_line(preset.__doc__)
        yield name, f"{doc} ({wrong})" if doc and wrong else doc or sets


def _sets(preset: Preset) -> tuple[list[tuple[str, Any]], str]:
    """What a preset sets, and what is wrong with it, in a few words."""
    from forge.run.tracebacks import message_of  # noqa: PLC0415 - broken ones only

    try:
        values: Any = preset()  # a preset is any function, whatever it returns
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the others are shown
        said = f"{type(error).__name__}: {_first_line(message_of(error))}"
        return [], f"raises {said.removesuffix(': ')}"
    if not isinstance(values, Mapping):
        return [], f"returns {type(values).__name__}, not a dict of values"
    return list(_flat(values)), ""


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Full keys of nested values."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _first_line(doc: str | None) -> str:
    """The first line of a docstring."""
    return (doc or "").strip().partition("\n")[0]


def _indented(rows: Any) -> list[str]:
    """The lines of an aligned table, set in."""
    return [f"  {line}" for line in aligned(list(rows))]
