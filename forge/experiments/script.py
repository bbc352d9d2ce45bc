"""A script's command line carried out: `train.main()`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import Any, Final, NoReturn

from forge._text import did_you_mean
from forge.commandline import Invocation, read
from forge.configuration.show import show
from forge.configuration.values import Config
from forge.errors import ForgeError, block, together
from forge.experiments.answers import coloured, say
from forge.experiments.definition import Definition


USER_MISTAKE: Final = 2
FAILURE: Final = 1
CTRL_C: Final = 130
_started: list[str] = []


def main(experiment: Definition, argv: Sequence[str] | None) -> Any:
    """Do what a script's command line says.

    Args:
        experiment: The experiment.
        argv: The words after the script's name; by default those of the process.

    Returns:
        The run, when one was made and completed; None after any other command.

    Raises:
        SystemExit: With 2 after a mistake, 1 after a failure, 128 and the signal's
            number after an interruption.
    """
    if _is_stored(experiment):
        return None  # the sources of a run, imported to be rebuilt
    words = sys.argv[1:] if argv is None else list(argv)
    script = Script(experiment, words, called=_script_name(), begin=_start)
    return answered(script, claim=argv is None)


def answered(script: "Script", *, claim: bool = False) -> Any:
    """Carry out a command line, and tell a mistake as a command line does.

    Args:
        script: The call of the script.
        claim: Whether it reads the command line of the process.

    Returns:
        The run, when one was made and completed; None after any other command.

    Raises:
        SystemExit: As for `main`.
    """
    try:
        if claim:
            _claim(script.experiment.name)
        return script.carry_out()
    except ForgeError as error:
        if script.complained is error:
            sys.exit(USER_MISTAKE)
        if script.invocation.has("debug"):
            raise
        print(block(error, typed=True), file=sys.stderr)  # noqa: T201 - the answer
        sys.exit(USER_MISTAKE)


class Script:
    """One call of a script: its words, and what they ask for.

    Args:
        experiment: The experiment.
        argv: The words after the script.
        called: How the script is called, for messages and the record.
        begin: Starts a run: takes the request and the call.
    """

    def __init__(
        self,
        experiment: Definition,
        argv: Sequence[str],
        *,
        called: str,
        begin: "Callable[[Any, Script], Any]",
    ) -> None:
        self.experiment = experiment
        self.argv = argv
        self.called = called
        self._begin = begin
        self.invocation: Invocation = read(argv, called)
        self.complained: BaseException | None = None

    def carry_out(self) -> Any:
        """Do what the words ask for."""
        invocation = self.invocation
        if invocation.has("version"):
            return say(f"forge {_version()}")
        if invocation.has("help") or invocation.command == "help":
            return self._ended(self._help)
        actions: Mapping[str, Callable[[], Any]] = {
            "print_config": self._print_config,
            "print_dependencies": self._print_dependencies,
            "print_presets": self._print_presets,
            "save_config": self._save_config,
        }
        action = actions.get(invocation.command or "")
        if action is not None:
            return self._ended(action)
        return self._run()

    def _help(self) -> None:
        """Show the page of the script, or of one command."""
        from forge.experiments import pages  # noqa: PLC0415 - this command only

        invocation, experiment = self.invocation, self.experiment
        name = invocation.command
        if name == "help":
            name = invocation.arguments[0] if invocation.arguments else None
        words = invocation.words
        if name in experiment.commands:
            component = experiment.command_named(str(name))
            filled = experiment.configure(words=words, command=name)
            say(pages.command_page(component, filled))
            return
        self._check_command(name)
        config: Config | None = None
        try:
            config = experiment.configure(words=words)
        except ForgeError as error:
            if error.code != "slot-empty":
                raise
        say(pages.help_page(experiment, config, self.called))

    def _print_config(self) -> None:
        """Show the resolved config; nothing is built."""
        config = self._config()
        if self.invocation.has("json"):
            import json  # noqa: PLC0415 - this option only

            say(json.dumps(config.flags, indent=2))
            return
        say(coloured(show(config)))

    def _print_presets(self) -> None:
        """Show the presets and what each sets."""
        from forge.experiments.pages import presets_page  # noqa: PLC0415

        self._refuse_mistakes()
        say(presets_page(self.experiment))

    def _print_dependencies(self) -> None:
        """Show what a run would record of code and environment."""
        from forge.experiments.pages import dependencies_page  # noqa: PLC0415
        from forge.experiments.running import main_file_of  # noqa: PLC0415

        self._refuse_mistakes()
        say(dependencies_page(self.experiment, main_file_of(self.experiment)))

    def _save_config(self) -> None:
        """Write the resolved config as a file that `with` takes back."""
        from forge.configuration.files import write_config_file  # noqa: PLC0415

        if not self.invocation.arguments:
            raise ForgeError(
                "no-argument",
                "save_config needs a file to write:  "
                f"{self.called} save_config FILE.json with ...",
            )
        file = self.invocation.arguments[0]
        write_config_file(file, self._config().flags)
        say(f"{file} written; use it with:  {self.called} with {file}")

    def _config(self, command: str | None = None) -> Config:
        """Resolve the config; mistakes in options and words are reported together."""
        errors = list(self.invocation.errors)
        try:
            self._check_arguments(self.invocation.command)
            config = self._resolved(command)
        except ForgeError as error:
            raise together([*errors, error]) from None
        if errors:
            raise together(errors)
        self.tell(config.notes)
        return config

    def _resolved(self, command: str | None) -> Config:
        """Resolve the config, upon that of a recorded run where one is named."""
        if self.invocation.has("resume") or self.invocation.has("from"):
            from forge.experiments.starting import (  # noqa: PLC0415 - such runs only
                config_upon,
            )

            return config_upon(self.experiment, self.invocation)
        return self.experiment.configure(words=self.invocation.words, command=command)

    def _refuse_mistakes(self) -> None:
        """Stop where the options themselves are wrong."""
        self._check_arguments(self.invocation.command)
        if self.invocation.errors:
            raise together(self.invocation.errors)

    def _check_command(self, name: str | None) -> None:
        """Refuse a bare word that is no command, or say what it is instead."""
        known = {
            *self.experiment.commands,
            "print_config",
            "print_dependencies",
            "print_presets",
            "save_config",
            "help",
        }
        if name is None or name in known:
            self._check_arguments(name)
            return
        presets = self.experiment.presets
        hint = did_you_mean(name, {*known, "with"})
        if self.invocation.get("resume") == "":
            hint = f" If that is the run to go on with:  --resume={name}"
        if name in presets:
            hint = f" '{name}' is a preset:  {self.called} with {name}"
        raise ForgeError(
            "unknown-command",
            f"no command is called '{name}'.{hint}\n  commands: "
            f"{', '.join(sorted(known))}",
            name=name,
            options=sorted(known),
        )

    def _check_arguments(self, name: str | None) -> None:
        """Refuse words that stand before `with` and would be passed over."""
        taken = 1 if name in ("save_config", "help") else 0
        extra = self.invocation.arguments[taken:]
        if extra:
            word = extra[0]
            raise ForgeError(
                "unknown-command",
                f"'{word}' stands before `with`, where only a command can. For a "
                f"preset or file:  {self.called} {name} with {word}",
                name=word,
            )

    def _run(self) -> Any:
        """Run the experiment or one of its commands."""
        from forge.experiments.running import Request  # noqa: PLC0415 - runs only

        invocation = self.invocation
        errors = list(invocation.errors)
        try:
            self._check_command(invocation.command)
        except ForgeError as error:
            errors.append(error)
        if errors:
            # Whatever else is wrong is reported with it.
            try:
                self._config()
            except ForgeError as error:
                errors.append(error)
            raise together(errors)
        self._prepare()
        get = invocation.get
        record = self.experiment.is_recorded(invocation.command)
        request = Request(
            words=invocation.words,
            command=invocation.command,
            results_dir=get("results-dir"),
            record=record and not invocation.has("no-record"),
            resume=self._resumed(),
            code=get("code"),
            tags=get("tag", ()),
            label=get("label"),
            note=get("note"),
            capture=get("capture", "fd"),
            quiet=invocation.has("quiet"),
            argv=(self.called, *self.argv),
            dry=invocation.has("dry-run"),
            complain=self._complain,
        )
        return self._ended(partial(self._start, request))

    def _start(self, request: Any) -> Any:
        """Start the run."""
        run = self._begin(request, self)
        if request.dry:
            say("dry run: everything was built; nothing was run or recorded")
        return run

    def _resumed(self) -> Any:
        """Which run to go on with: a reference, True for the newest, or None."""
        if not self.invocation.has("resume"):
            return None
        return self.invocation.get("resume") or True

    def _prepare(self) -> None:
        """Set up what the options ask for before anything runs."""
        from forge.experiments.loglines import show_lines  # noqa: PLC0415 - runs only

        show_lines(self.experiment.name, self.invocation.get("loglevel", "info"))

    def _ended(self, start: Callable[[], Any]) -> Any:
        """Turn the way a run ended into the exit status of the process."""
        try:
            return start()
        except KeyboardInterrupt:
            sys.exit(CTRL_C)
        except ForgeError:
            raise
        except SystemExit as error:
            if not _is_text(error.code):
                raise
            self._fail(error)
        except BaseException as error:  # noqa: BLE001 - told, and the process ends
            self._fail(error)

    def _fail(self, error: BaseException) -> NoReturn:
        """End the process; what went wrong is told once."""
        if self.complained is not error:
            self._complain(error)
        sys.exit(FAILURE)

    def _complain(self, error: BaseException) -> None:
        """Show what the body raised, while output is still captured."""
        self.complained = error
        if isinstance(error, ForgeError) and not self.invocation.has("debug"):
            from forge.run.tracebacks import user_line  # noqa: PLC0415

            line = user_line(error)
            print(block(error, typed=not line) + line, file=sys.stderr)  # noqa: T201
        elif isinstance(error, SystemExit):
            if _is_text(error.code):
                print(error.code, file=sys.stderr)  # noqa: T201
        elif not isinstance(error, KeyboardInterrupt):
            from forge.run.tracebacks import user_traceback  # noqa: PLC0415

            text = user_traceback(error, full=self.invocation.has("debug"))
            sys.stderr.write(text)
        if self.invocation.has("pdb") and isinstance(error, Exception):
            import pdb  # noqa: PLC0415, T100 - what --pdb asks for

            pdb.post_mortem(error.__traceback__)
        sys.stderr.flush()

    def tell(self, notes: Sequence[str]) -> None:
        """Show notes, unless silence was asked for.

        Args:
            notes: The notes.
        """
        for note in () if self.invocation.has("quiet") else notes:
            print(f"note: {note}", file=sys.stderr)  # noqa: T201


def _start(request: Any, script: Script) -> Any:
    """Start a run of a script; the machinery of runs is imported only here."""
    from forge.experiments.starting import start  # noqa: PLC0415 - runs only

    return start(script.experiment, request, script.invocation, tell=script.tell)


def _claim(name: str) -> None:
    """Refuse a second experiment that would read the same command line."""
    if _started:
        raise ForgeError(
            "two-experiments",
            f"{_started[0]}.main() has read the command line of this script already, "
            f"so {name}.main() would run with words meant for it. Call main() of one; "
            f"make the other a command, or call {name}.run().",
            name=name,
        )
    _started.append(name)


def _is_stored(experiment: Definition) -> bool:
    """Whether the experiment belongs to sources that are being rebuilt."""
    importer = sys.modules.get("forge.rebuild.importer")
    stored = "__forge_run__" in experiment.component.function.__globals__
    return stored and importer is not None and bool(importer.is_importing())


def _script_name() -> str:
    """The script as the user calls it, for messages."""
    return PurePath(sys.argv[0]).name if sys.argv and sys.argv[0] else "script.py"


def _is_text(code: object) -> bool:
    """Tell whether `sys.exit(code)` means a text to be shown, as Python sees it."""
    return code is not None and not isinstance(code, int)


def _version() -> str:
    """The version that is installed."""
    # Of the package that runs, installed or not.
    return str(sys.modules["forge"].__version__)
