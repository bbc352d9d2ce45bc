"""A recorded run's own script, called once more: `forge run train/3 evaluate`.

This is the program of a process of its own, so that what the run's sources do happens
nowhere else, and libraries that look modules up by name find the run's.
"""

import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

from forge.errors import ForgeError, block
from forge.experiments.loaded import load
from forge.experiments.repeating import to_resume, to_run
from forge.experiments.running import Request, plan_for
from forge.experiments.script import USER_MISTAKE, Script, answered
from forge.experiments.starting import carry_out


def call_again(reference: str, called: str, argv: Sequence[str]) -> Any:
    """Carry out a command line with the stored script of a run.

    Args:
        reference: The run's folder, with a step after `@` if wanted.
        called: How the user calls it, for messages and the record.
        argv: The words that would follow the script: a command, options, values.

    Returns:
        The run, when one was made.

    Raises:
        SystemExit: As for a script.
    """
    try:
        exp = load(reference)
        exp.open()
        with exp.activated():
            exp.definition  # noqa: B018 - imported now, so that mistakes come first
            script = Script(exp, argv, called=called, begin=_begin)
            _refuse_others(script)
            return answered(script)
    except ForgeError as error:
        print(block(error, typed=True), file=sys.stderr)  # noqa: T201 - the answer of a command
        sys.exit(USER_MISTAKE)


def _refuse_others(script: Script) -> None:
    """Refuse options that would name another run or other code."""
    invocation = script.invocation
    given = [f"--{name}" for name in ("from", "code") if invocation.has(name)]
    if invocation.get("resume"):
        given.append(f"{invocation.get('resume')} after --resume")
    command = invocation.command
    if command in script.experiment.commands and invocation.has("resume"):
        raise ForgeError(
            "bad-option",
            f"{script.called}: command '{command}' is not resumed; it is called on "
            f"what the run has saved:  {script.called} {command}",
            name="resume",
        )
    if given:
        raise ForgeError(
            "bad-option",
            f"{script.called}: the run and its code are settled already; leave out "
            f"{given[0]}. To let the run go on:  {script.called} --resume",
        )


def _begin(request: Request, script: Script) -> Any:
    """Start a run of the stored code: a new one, a command, or the old one going on."""
    exp: Any = script.experiment
    asked = {f.name: getattr(request, f.name) for f in dataclasses.fields(request)}
    given = {name: value for name, value in asked.items() if value is not None}
    for name in ("config", "under", "stored", "resume", "objects", "parent"):
        given.pop(name, None)
    wanted = to_resume(exp, given) if request.resume else to_run(exp, given)
    if request.command:
        # A command looks at what the run has made.
        wanted = dataclasses.replace(wanted, objects=exp.objects)
    return carry_out(plan_for(exp.definition, wanted), tell=script.tell)


if __name__ == "__main__":
    call_again(sys.argv[1], sys.argv[2], sys.argv[3:])
